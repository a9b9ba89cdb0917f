# stylecam: `make run` to see it, `make test` to check it, `make help` for the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# OpenCV by gocv, its five modules alone (docs/dependencies.md says why not the
# whole of it). Set here and nowhere else: changing any of them rebuilds gocv.
export GOFLAGS      := -tags=customenv,gocv_specific_modules,gocv_videoio,gocv_highgui
export CGO_CPPFLAGS := -I/usr/include/opencv4
export CGO_CXXFLAGS := --std=c++11 -O2
export CGO_LDFLAGS  := -Wl,--as-needed -lopencv_core -lopencv_imgproc -lopencv_imgcodecs -lopencv_videoio -lopencv_highgui

# Packages that need no cgo at all; `make test` builds and tests them without it.
PURE := ./frame ./filter

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: env
env: ## print the build settings, for editors and plain go commands: eval "$$(make -s env)"
	@for v in GOFLAGS CGO_CPPFLAGS CGO_CXXFLAGS CGO_LDFLAGS; do printf 'export %s=%q\n' $$v "$${!v}"; done

.PHONY: build
build: ## bin/stylecam
	go build -ldflags "-X main.version=$(VERSION)" -o bin/stylecam ./cmd/stylecam
