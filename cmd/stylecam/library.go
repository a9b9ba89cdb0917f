package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"stylecam/infer"
	"stylecam/native"
)

// openRuntime opens the library. A saved provider or library that is not to be had
// must not keep the program from starting.
func (p *program) openRuntime() (*infer.Runtime, error) {
	runtime, err := infer.Open(p.runtimeOptions())
	for err != nil && p.forget(blameRuntime(err)) {
		runtime, err = infer.Open(p.runtimeOptions())
	}
	if err != nil {
		return nil, err
	}
	p.log.Info("ONNX Runtime", "version", runtime.Version(), "library", runtime.LibraryPath(), "provider", runtime.Provider())
	if reason := runtime.Fallback(); reason != "" {
		level := slog.LevelInfo // no GPU, no surprise
		if native.Here().Driver().Present() {
			level = slog.LevelWarn
		}
		p.log.Log(context.Background(), level, "computing on the CPU", "because", reason)
	}
	return runtime, nil
}

// blameRuntime tells a library that is at fault from a provider that it lacks.
func blameRuntime(err error) error {
	var provider *infer.ProviderError
	if errors.As(err, &provider) {
		return blame("provider", err)
	}
	return blame("onnxruntime", err)
}

// mendRuntime is what brings the library, or the provider that it lacks.
func mendRuntime(err error) string {
	var provider *infer.ProviderError
	var chosen *infer.ChosenError
	switch {
	case errors.As(err, &provider):
		return "stylecam doctor --gpu"
	case errors.As(err, &chosen):
		return chosen.Mend
	}
	return "stylecam runtime install"
}

// tellBuilding says why nothing seems to happen.
func (p *program) tellBuilding(graph string, so time.Duration) {
	if so == 0 {
		p.tell("TensorRT compiles %s for this GPU: it takes minutes, once", graph)
		return
	}
	p.tell("TensorRT compiles %s: %d s so far", graph, int(so.Seconds()))
}

func (p *program) runtimeOptions() infer.Options {
	return infer.Options{
		Library: p.settings.library, Provider: p.settings.provider, Threads: p.settings.threads,
		Precision: p.settings.precision, Memory: int64(p.settings.gpuMemory) << 20, Building: p.tellBuilding,
	}
}
