# stylecam: `make run` to see it, `make test` to check it, `make help` for the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# OpenCV by gocv, its five modules alone (docs/dependencies.md says why not the
# whole of it). Set here and nowhere else: changing any of them rebuilds gocv.
export GOFLAGS      := -tags=customenv,gocv_specific_modules,gocv_videoio,gocv_highgui
export CGO_CPPFLAGS := -I/usr/include/opencv4
export CGO_CXXFLAGS := --std=c++11 -O2
export CGO_LDFLAGS  := -Wl,--as-needed -lopencv_core -lopencv_imgproc -lopencv_imgcodecs -lopencv_videoio -lopencv_highgui

# ONNX Runtime's own reporting; the program switches it off itself (infer/library.go).
export ORT_DISABLE_TELEMETRY := 1

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
PREFIX  ?= /usr/local

# Packages that stand behind OpenCV or ONNX Runtime, or whose test builds the program;
# all others build and test without cgo.
CGO_PACKAGES := blend|capture|cmd/stylecam|device|infer|output|output/window|packaging|paint|webrtc/h264|webrtc/vp8
PURE = $(shell go list ./... | grep -vE '^stylecam/($(CGO_PACKAGES))$$')
MATS = $(shell go list ./... | grep -E '^stylecam/(blend|capture|output|output/window|paint)$$')

# How long the tests of one package may take: a busy machine is no failure.
PATIENCE := 45m

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: setup runtime build ## install what is missing, build, and paint: the camera into a window, or the demo into out/demo.mp4
	bin/stylecam run $(ARGS)

.PHONY: build
build: ## bin/stylecam
	@[ -e bin/stylecam ] || echo "the first build takes some minutes: OpenCV's binding is compiled"
	@go build -ldflags "-X main.version=$(VERSION)" -o bin/stylecam ./cmd/stylecam || \
	  { echo 'stylecam: the build failed (above); if packages are missing, this installs them: make setup' >&2; exit 1; }

.PHONY: install
install: build ## program, manual page, completions, systemd user unit and desktop entry into PREFIX (/usr/local)
	install -D bin/stylecam $(DESTDIR)$(PREFIX)/bin/stylecam
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,lib/systemd/user share/applications share/man/man1 $(dir $(COMPLETIONS)))
	sed 's|@PREFIX@|$(PREFIX)|' packaging/stylecam.service > $(DESTDIR)$(PREFIX)/lib/systemd/user/stylecam.service
	install -m 644 packaging/stylecam.desktop $(DESTDIR)$(PREFIX)/share/applications/
	install -D -m 644 models/NOTICE $(DESTDIR)$(PREFIX)/share/doc/stylecam/NOTICE
	bin/stylecam man > $(DESTDIR)$(PREFIX)/share/man/man1/stylecam.1
	bin/stylecam completion bash > $(DESTDIR)$(PREFIX)/$(word 1,$(COMPLETIONS))
	bin/stylecam completion zsh > $(DESTDIR)$(PREFIX)/$(word 2,$(COMPLETIONS))
	bin/stylecam completion fish > $(DESTDIR)$(PREFIX)/$(word 3,$(COMPLETIONS))

COMPLETIONS = share/bash-completion/completions/stylecam share/zsh/site-functions/_stylecam share/fish/vendor_completions.d/stylecam.fish

.PHONY: setup
setup: ## the distribution's packages that building and running need
	@scripts/setup.sh run

.PHONY: runtime
runtime: ## ONNX Runtime into ~/.cache/stylecam, checked by its sha256
	@scripts/onnxruntime.sh

.PHONY: gpu
gpu: build ## ONNX Runtime for NVIDIA's GPUs, CUDA and cuDNN into ~/.cache/stylecam: a good gigabyte
	bin/stylecam runtime install --gpu
	bin/stylecam doctor --gpu

.PHONY: test
test: ## set up as `run` does, then every test
	@scripts/setup.sh test
	@NEED_RUNTIME=1 $(MAKE) --no-print-directory runtime lint pure build test-go test-mats test-training test-browser test-vm

.PHONY: test-go
test-go: ## every Go test, with the race detector; a display of its own for the window
	@mkdir -p out; echo 'go test -race ./...   (whole output: out/test.log)'
	@xvfb-run -a -s "-screen 0 1280x1024x24" go test -race -timeout $(PATIENCE) -v ./... >out/test.log 2>&1; status=$$?; \
	  grep -aE '^(ok|FAIL)' out/test.log; \
	  awk -f scripts/skipped.awk out/test.log; \
	  [ $$status = 0 ] || { cat out/test.log; exit $$status; }

.PHONY: test-mats
test-mats: ## the packages that use OpenCV, with every Mat counted
	xvfb-run -a -s "-screen 0 1280x1024x24" go test -timeout $(PATIENCE) -tags=$(patsubst -tags=%,%,$(GOFLAGS)),matprofile $(MATS)

.PHONY: test-browser
test-browser: build ## the page, and our peers, in Chromium; screenshots into out/e2e
	@scripts/setup.sh browser
	cd webrtc/e2e && npm ci --silent --no-audit --no-fund && timeout 30m node --test --test-concurrency=1 --test-reporter=spec

LOOPBACKS ?= 0.12.7 0.13.2 0.15.0
.PHONY: test-vm
test-vm: build runtime ## stylecam from and to V4L2 devices, in a virtual machine for each version of v4l2loopback
ifeq ($(shell uname -m),x86_64)
	@scripts/setup.sh vm
	CGO_ENABLED=0 go test -c -o bin/testbed.test ./testbed
	@for v in $(LOOPBACKS); do echo "testbed, v4l2loopback $$v   (whole output: out/vm-$$v.log)"; mkdir -p out; \
	  testbed/v4l2-vm -t 2400 -l $$v bin/testbed.test -test.v -test.timeout 38m >out/vm-$$v.log 2>&1; status=$$?; \
	  grep -aE '^(--- PASS|--- FAIL|PASS|FAIL)' out/vm-$$v.log; awk -f scripts/skipped.awk out/vm-$$v.log; \
	  [ $$status = 0 ] || { cat out/vm-$$v.log; exit $$status; }; done
else
	@echo 'skipped: test-vm: the virtual machine runs programs of x86-64 alone'
endif

.PHONY: pure
pure: ## what needs no cgo, vetted and tested without it
	CGO_ENABLED=0 go vet $(PURE)
	CGO_ENABLED=0 go test -timeout $(PATIENCE) $(PURE)

.PHONY: lint
lint: ## gofmt, vet, staticcheck
	@test -z "$$(gofmt -l . | tee /dev/stderr)" || { echo 'run: gofmt -w .' >&2; exit 1; }
	go vet ./...
	go tool staticcheck ./...

.PHONY: race
race: test-go ## the same as test-go

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (20s) each
	@for p in $$(go list ./...); do \
	  for f in $$(go test -list '^Fuzz' $$p | grep ^Fuzz); do \
	    echo "$$p $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(or $(FUZZTIME),20s) $$p || exit 1; \
	  done; done

.PHONY: styles
styles: build ## make the built-in styles again from the paintings in PAINTINGS (after every training of SANet)
	bin/stylecam styles build models/styles.csv $(or $(PAINTINGS),$(DATA)/famous)

# Training: docs in training/README.md. DATA is the folder of pictures, RUN the run's folder.
DATA ?= data
PYTHON := .venv/bin/python
TRAIN = OMP_NUM_THREADS=1 nice $(PYTHON) -m training
SIZE ?= lite
SANET_FROM = $(if $(filter full,$(SIZE)),--grow training/weights/sanet-lite.pt)

.venv/ready: training/requirements.txt
	@scripts/setup.sh train
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.PHONY: train-segnet
train-segnet: .venv/ready ## train SegNet on DATA, or go on where it was stopped; SIZE=full for the larger one
	$(TRAIN).train_segnet --size $(SIZE) --people $(or $(wildcard $(DATA)/fine),$(DATA)/people) --scenes $(DATA)/contents --encoder $(DATA)/encoder --out $(or $(RUN),work/segnet-$(SIZE)) $(ARGS)

.PHONY: train-sanet
train-sanet: .venv/ready ## train SANet on DATA, or go on where it was stopped; SIZE=full for the larger one, which grows out of lite
	$(TRAIN).train_sanet --size $(SIZE) --contents $(DATA)/contents $(DATA)/people --paintings $(DATA)/paintings --vgg $(DATA)/vgg $(SANET_FROM) --out $(or $(RUN),work/sanet-$(SIZE)) $(ARGS)

.PHONY: export
export: .venv/ready ## the weights in training/weights to ONNX in models/, compared with PyTorch
	$(PYTHON) -m training.export $(foreach net,segnet sanet,--$(net) training/weights/$(net)-lite.pt --$(net)-full training/weights/$(net)-full.pt)
	$(PYTHON) -m training.half
	$(PYTHON) -m training.device

.PHONY: evaluate
evaluate: .venv/ready ## measure the networks in models/ on DATA, into docs/results; ARGS="--peers DIR" for others' beside them
	$(PYTHON) -m training.evaluate --people-eval $(DATA)/people-eval --style-eval $(DATA)/style-eval --vgg $(DATA)/vgg $(ARGS)

.PHONY: test-training
test-training: .venv/ready ## a few steps of each network, resuming, export, parity with ONNX Runtime
	$(PYTHON) -m pytest -q training/tests

.PHONY: bench
bench: build ## per stage and end to end, on this machine
	bin/stylecam bench

.PHONY: env
env: ## print the build settings, for editors and plain go commands: eval "$$(make -s env)"
	@for v in GOFLAGS CGO_CPPFLAGS CGO_CXXFLAGS CGO_LDFLAGS; do printf 'export %s=%q\n' $$v "$${!v}"; done
