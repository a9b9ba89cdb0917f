package infer

import (
	"errors"
	"runtime"

	ort "github.com/yalue/onnxruntime_go"
)

// binding ties the tensors of one shape to a session, for every run at that shape.
type binding struct {
	io     *ort.IoBinding
	inputs []input
	values []ort.Value // all tensors, to be destroyed
	pins   runtime.Pinner
	err    error // the first, of input and output
}

type input struct {
	name  string
	value ort.Value
	stale bool // in a Call: to be uploaded before it runs
}

func newBinding(s *ort.DynamicAdvancedSession) (*binding, error) {
	io, err := s.CreateIoBinding()
	return &binding{io: io}, err
}

// newInput makes and binds an input; a run reads what the slice holds by then.
func newInput[E Element](b *binding, name string, dims ...int) []E {
	data, value := newTensor[E](b, dims)
	if b.err == nil {
		b.inputs = append(b.inputs, input{name, value, true})
		b.err = b.io.BindInput(name, value)
	}
	return data
}

// newOutput makes and binds an output; a run writes into the slice.
func newOutput[E Element](b *binding, name string, dims ...int) []E {
	data, value := newTensor[E](b, dims)
	if b.err == nil {
		b.err = b.io.BindOutput(name, value)
	}
	return data
}

// newTensor makes a tensor over memory of Go's, which is pinned since ONNX Runtime
// keeps the pointer for as long as the tensor lives.
func newTensor[E Element](b *binding, dims []int) ([]E, ort.Value) {
	if b.err != nil {
		return nil, nil
	}
	shape := make(ort.Shape, len(dims))
	n := 1
	for i, d := range dims {
		shape[i] = int64(d)
		n *= d
	}
	data := make([]E, n)
	b.pins.Pin(&data[0])
	tensor, err := ort.NewTensor(shape, data)
	if err != nil {
		b.err = err
		return nil, nil
	}
	b.values = append(b.values, tensor)
	return data, tensor
}

func (b *binding) bindInputs() error {
	for _, in := range b.inputs {
		if err := b.io.BindInput(in.name, in.value); err != nil {
			return err
		}
	}
	return nil
}

func (b *binding) close() error {
	errs := []error{b.io.Destroy()}
	for _, v := range b.values {
		errs = append(errs, v.Destroy())
	}
	b.pins.Unpin()
	return errors.Join(errs...)
}
