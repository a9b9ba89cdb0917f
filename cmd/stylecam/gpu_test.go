package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stylecam/infer"
	"stylecam/native"
)

func TestDoctorTellsWhatTheGPULacks(t *testing.T) {
	for name, c := range map[string]struct {
		driver string
		says   []string // a finding each, as it is printed
	}{
		"no driver":     {"", []string{"!! nvidia driver missing", "apt-get install nvidia-driver, of version 580", "!! onnxruntime-gpu", "!! cuda 13", "!! cudnn 9", "-- tensorrt 10", "libnvinfer10", "stylecam runtime install --gpu"}},
		"a new driver":  {"580.65.06", []string{"ok nvidia driver 580.65.06, NVIDIA GeForce RTX 3060", "!! cuda 13"}},
		"an old driver": {"535.183.01", []string{"ok nvidia driver 535.183.01", "!! cuda 12", "-- note driver 535.183.01 is older than 580, so CUDA 12 with ONNX Runtime 1.24.4"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			write := func(name, text string) {
				t.Helper()
				path := filepath.Join(root, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if c.driver != "" {
				write("proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  "+c.driver+"  Sun Jul 27\n")
				write("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t NVIDIA GeForce RTX 3060\nIRQ: 1\n")
				write("usr/lib/libcuda.so.1", "")
			}
			var out strings.Builder
			p := newProgram("stylecam", nil, &out, &out, func(string) string { return "" })
			p.printFindings(examineGPU(native.System{Root: root, Cache: filepath.Join(root, "cache"), Variables: func(string) string { return "" }}))
			text := strings.Join(strings.Fields(out.String()), " ")
			for _, want := range c.says {
				if !strings.Contains(text, want) {
					t.Errorf("does not say %q:\n%s", want, out.String())
				}
			}
		})
	}
}

// A provider that lacks something is another matter than a library that is not there.
func TestDoctorNamesWhatMendsTheRuntime(t *testing.T) {
	lacks := fmt.Errorf("open: %w", &infer.ProviderError{Err: errors.New("provider cuda: libcuda.so.1 is missing")})
	for err, want := range map[error]string{lacks: "stylecam doctor --gpu", errors.New("no libonnxruntime.so"): "stylecam runtime install"} {
		if got := mendRuntime(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}
