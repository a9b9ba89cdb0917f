// Package infer runs the networks: tensors in, tensors out. SegNet makes a mask of
// a picture, a StyleEncoder makes a style of a painting, and SANet paints a picture
// in styles. It is the only package that knows ONNX Runtime.
//
//	Open ──> Runtime ──┬──> SegNet.Mask(picture) ─────────────────────────> mask
//	          library,  ├──> StyleEncoder.Encode(painting) ────────────────> style
//	          provider  └──> SANet.Paint(picture, styles, shares, alphas) ─> painting
//
// Each network is one session of ONNX Runtime (session.go), which keeps its tensors
// bound for every size it worked at: a frame is copied in, computed and copied out,
// and nothing is allocated. A network is used by one goroutine at a time; different
// networks by as many as one likes, though on two cores one after the other is
// faster than both at once.
//
// The library is loaded while the program runs, so that the program starts, and can
// say what is missing, without it (library.go).
package infer

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	ort "github.com/yalue/onnxruntime_go"

	"stylecam/filter"
)

// Options say what to run the networks on. The zero value serves.
type Options struct {
	// Library is the path of ONNX Runtime's library. By default it is
	// $ONNXRUNTIME_LIB, else the GPU's build in ~/.cache/stylecam where a GPU is to
	// compute, else the first fitting one in the dynamic linker's folders, else the
	// one in ~/.cache/stylecam.
	Library string
	// Provider computes. It defaults to Auto. Any other is used or refused.
	Provider Provider
	// Precision is what the networks compute in. It defaults to AutoPrecision.
	Precision Precision
	// Memory bounds what each graph takes of a GPU's memory, in bytes: ONNX Runtime gives
	// each session an arena of its own. 0 is no bound.
	Memory int64
	// Building hears of a graph that TensorRT compiles, which takes minutes the first
	// time: when it begins, and every ten seconds. It defaults to nobody.
	Building func(graph string, so time.Duration)
	// Threads is how many each network computes with on the CPU. It defaults to two,
	// or one on a machine of one core.
	Threads int
}

// Runtime is ONNX Runtime with a provider that was seen to work.
type Runtime struct {
	path     string
	provider Provider
	fallback string
	threads  int
	fp16     bool
	memory   int64
	building func(graph string, so time.Duration)

	mu   sync.Mutex
	open map[closer]struct{} // the networks not closed yet
}

type closer interface{ Close() error }

// ProviderError says that the library is there, and the provider asked for is not.
type ProviderError struct{ Err error }

func (e *ProviderError) Error() string { return e.Err.Error() }
func (e *ProviderError) Unwrap() error { return e.Err }

// Open loads the library and tries the provider. The error wraps
// [filter.ErrMissing] and tells how to get what is missing; it is a [*ProviderError]
// where the library is there.
func Open(o Options) (*Runtime, error) {
	path, err := load(o.Library, o.Provider)
	if err != nil {
		return nil, err
	}
	r := &Runtime{path: path, provider: o.Provider, threads: o.Threads, open: make(map[closer]struct{})}
	if r.threads <= 0 {
		r.threads = min(2, runtime.NumCPU())
	}
	if o.Provider == Auto {
		r.provider = CUDA
	}
	if r.provider == CPU {
		r.fp16 = o.Precision == FP16
		return r, nil
	}
	r.fp16, r.memory, r.building = o.Precision != FP32, o.Memory, o.Building
	if err := r.prove(); err != nil {
		if o.Provider != Auto {
			return nil, &ProviderError{fmt.Errorf("provider %s: %w: %s; or take --provider auto", o.Provider, filter.ErrMissing, reason(err))}
		}
		r.provider, r.fallback, r.fp16 = CPU, reason(err), o.Precision == FP16
	}
	return r, nil
}

// Provider names the one in use.
func (r *Runtime) Provider() string { return r.provider.String() }

// OnGPU tells whether a GPU computes.
func (r *Runtime) OnGPU() bool { return r.provider != CPU }

// WantsHalf tells whether the network to load for painting is the one that computes in
// half precision. TensorRT makes its own of the other.
func (r *Runtime) WantsHalf() bool { return r.fp16 && r.provider != TensorRT }

// Fallback is the library's own reason for which Auto took the CPU, and what mends it,
// "" if it did not.
func (r *Runtime) Fallback() string { return r.fallback }

// Version is ONNX Runtime's.
func (r *Runtime) Version() string { return ort.GetVersion() }

// LibraryPath is the file that was loaded.
func (r *Runtime) LibraryPath() string { return r.path }

// Threads is how many each network computes with on the CPU.
func (r *Runtime) Threads() int { return r.threads }

// Close closes the networks that are still open; none may be at work. The library
// stays loaded.
func (r *Runtime) Close() error {
	r.mu.Lock()
	networks := make([]closer, 0, len(r.open))
	for n := range r.open {
		networks = append(networks, n)
	}
	r.mu.Unlock()
	var errs []error
	for _, n := range networks {
		errs = append(errs, n.Close())
	}
	return errors.Join(errs...)
}

// options are those of a session whose graph TensorRT, if it computes, makes an engine
// of; nil: it leaves the graph to CUDA. The caller destroys them.
func (r *Runtime) options(e *engine) (*ort.SessionOptions, error) {
	o, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		o.SetIntraOpNumThreads(r.threads),
		o.SetInterOpNumThreads(1),
		o.SetExecutionMode(ort.ExecutionModeSequential),
		o.SetGraphOptimizationLevel(ort.GraphOptimizationLevelEnableAll),
		o.SetCpuMemArena(true),
		o.SetMemPattern(true),
		o.SetLogSeverityLevel(ort.LoggingLevelFatal),
		// Threads that spin while they wait eat the core that capture and encoding need:
		// a painting that took 16 ms instead of 17 on idle cores took 108 instead of 62
		// on busy ones.
		o.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"),
		// Work is dealt out in smaller pieces, so that one thread need not wait for the
		// other whose core was taken: fewer late frames, as fast on idle cores.
		o.AddSessionConfigEntry("session.dynamic_block_base", "4"),
	)
	if err == nil {
		err = r.append(o, e)
	}
	if err != nil {
		return nil, errors.Join(err, o.Destroy())
	}
	return o, nil
}
