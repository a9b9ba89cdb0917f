package infer

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	_ "embed"

	ort "github.com/yalue/onnxruntime_go"

	"stylecam/models"
)

// Provider is the part of ONNX Runtime that computes.
type Provider uint8

const (
	// Auto takes CUDA where it works, else the CPU.
	Auto Provider = iota
	// CPU works everywhere.
	CPU
	// CUDA needs an NVIDIA GPU, and the GPU build of ONNX Runtime with CUDA and cuDNN.
	CUDA
	// TensorRT needs what CUDA needs and TensorRT. It compiles each graph for the
	// GPU, which takes minutes once; what it made is kept in the cache.
	TensorRT
)

var providerNames = [...]string{"auto", "cpu", "cuda", "tensorrt"}

func (p Provider) String() string { return providerNames[p] }

// ParseProvider reads "auto", "cpu", "cuda" or "tensorrt".
func ParseProvider(s string) (Provider, error) {
	for i, name := range providerNames {
		if s == name {
			return Provider(i), nil
		}
	}
	return Auto, fmt.Errorf("provider %q is none of %s", s, strings.Join(providerNames[:], ", "))
}

// Precision is what the networks that paint compute in; masks are always FP32.
type Precision uint8

const (
	// AutoPrecision is FP16 on a GPU, FP32 on the CPU.
	AutoPrecision Precision = iota
	// FP32 is single precision.
	FP32
	// FP16 is half precision: for GPUs; a CPU converts to and fro, and is slower.
	FP16
)

var precisionNames = [...]string{"auto", "fp32", "fp16"}

func (p Precision) String() string { return precisionNames[p] }

// ParsePrecision reads "auto", "fp32" or "fp16".
func ParsePrecision(s string) (Precision, error) {
	for i, name := range precisionNames {
		if s == name {
			return Precision(i), nil
		}
	}
	return AutoPrecision, fmt.Errorf("precision %q is none of %s", s, strings.Join(precisionNames[:], ", "))
}

//go:embed probe.onnx
var probe []byte // y = x + 1

// prove runs the smallest of graphs on the provider: a GPU's libraries may be there
// and the driver not, which shows when a session is made, or not before it runs.
func (r *Runtime) prove() (err error) {
	e := r.engine(models.Graph{Entry: models.Entry{Name: "probe"}, Bytes: probe}, nil)
	options, err := r.options(e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, options.Destroy()) }()
	x, err := ort.NewTensor(ort.NewShape(1), []float32{1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.Destroy()) }()
	y, err := ort.NewEmptyTensor[float32](ort.NewShape(1))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, y.Destroy()) }()
	var s *ort.AdvancedSession
	err = e.compile(func() (err error) {
		s, err = ort.NewAdvancedSessionWithONNXData(probe, []string{"x"}, []string{"y"}, []ort.Value{x}, []ort.Value{y}, options)
		return err
	}, func(time.Duration) {}) // which takes seconds
	if s != nil {
		defer func() { err = errors.Join(err, s.Destroy()) }()
	}
	if err != nil {
		return err
	}
	if err := s.Run(); err != nil {
		return err
	}
	if got := y.GetData()[0]; got != 2 {
		return fmt.Errorf("computes 1 + 1 = %g", got)
	}
	return nil
}

// append adds the provider to a session's options. What a provider cannot compute
// goes to the next: TensorRT's to CUDA, CUDA's to the CPU. With no engine to build,
// TensorRT is left out.
func (r *Runtime) append(o *ort.SessionOptions, e *engine) error {
	if r.provider == TensorRT && e != nil {
		if err := r.appendTensorRT(o, e); err != nil {
			return err
		}
	}
	if r.OnGPU() {
		return r.appendCUDA(o)
	}
	return nil
}

func (r *Runtime) appendCUDA(o *ort.SessionOptions) error {
	cuda, err := ort.NewCUDAProviderOptions()
	if err != nil {
		return err
	}
	defer cuda.Destroy()
	// Update loads the provider's library, and its error tells which part is missing;
	// Append's does not.
	if err := cuda.Update(cudaOptions(r.memory)); err != nil {
		return err
	}
	return o.AppendExecutionProviderCUDA(cuda)
}

func (r *Runtime) appendTensorRT(o *ort.SessionOptions, e *engine) error {
	rt, err := ort.NewTensorRTProviderOptions()
	if err != nil {
		return err
	}
	defer rt.Destroy()
	if err := rt.Update(e.options(r.memory)); err != nil { // as CUDA's
		return err
	}
	if err := os.MkdirAll(e.folder, 0o755); err != nil {
		return err
	}
	return o.AppendExecutionProviderTensorRT(rt)
}
