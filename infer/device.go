package infer

import (
	"errors"
	"fmt"
	"slices"
	"unsafe"

	ort "github.com/yalue/onnxruntime_go"

	"stylecam/models"
)

// A Device is the memory that a runtime's provider computes in. Graphs are chained
// there: what one writes to a Tensor the next reads, and nothing of it passes through
// the host.
//
//	host ──In──> Call of a Kernel ──Out──> Tensor ──From──> Call of the next ──Result──> host
//
// On the CPU it is the host's own memory, and all works the same: so chains are tested
// where there is no GPU.
type Device struct {
	runtime *Runtime
	memory  memory
	anchor  *Kernel // the session through which the memory is had
}

// Device opens the provider's memory.
func (r *Runtime) Device() (*Device, error) {
	fail := func(err error) (*Device, error) {
		return nil, fmt.Errorf("memory of %s: %s", r.provider, inWords(err))
	}
	anchor, err := r.kernel(models.Graph{Entry: models.Entry{Name: "memory", Graph: "probe"}, Bytes: probe})
	if err != nil {
		return fail(err)
	}
	m, err := r.memoryOf(anchor.ort)
	if err != nil {
		return fail(errors.Join(err, anchor.Close()))
	}
	return &Device{r, m, anchor}, nil
}

// Close gives the memory back. Its tensors are freed before, one by one.
func (d *Device) Close() error {
	if d.anchor.ort == nil {
		return nil
	}
	d.memory.close()
	return d.anchor.Close()
}

// Element is what tensors are made of.
type Element interface{ uint8 | int32 | float32 }

// Tensor is a tensor in a device's memory.
type Tensor struct {
	device  *Device
	pointer unsafe.Pointer
	dims    []int64
}

// NewTensor makes a tensor, of undefined content.
func NewTensor[E Element](d *Device, dims ...int) (*Tensor, error) {
	shape := make([]int64, len(dims))
	for i, n := range dims {
		shape[i] = int64(n)
	}
	pointer, err := d.memory.tensor(ort.TensorElementDataType(ort.GetTensorElementDataType[E]()), shape)
	if err != nil {
		return nil, &Failure{fmt.Sprintf("room for %v", dims), d.runtime.provider, inWords(err)}
	}
	return &Tensor{d, pointer, shape}, nil
}

// Has tells whether the tensor has these dimensions.
func (t *Tensor) Has(dims ...int) bool {
	return slices.EqualFunc(t.dims, dims, func(a int64, b int) bool { return a == int64(b) })
}

// Free frees the tensor, which no Call may use any more.
func (t *Tensor) Free() { t.device.memory.release(t.pointer) }

// A Kernel is a graph that is called in chains.
type Kernel struct {
	name    string
	runtime *Runtime
	ort     *ort.DynamicAdvancedSession
	owned   bool // closed by us, not by the network that it is
}

// Kernel loads a graph of the model "device".
func (r *Runtime) Kernel(g models.Graph) (*Kernel, error) {
	k, err := r.kernel(g)
	if err != nil {
		return nil, err
	}
	if err := checkContract(k.ort); err != nil {
		return nil, errors.Join(fmt.Errorf("graph %s: %w", k.name, err), k.Close())
	}
	return k, nil
}

func (r *Runtime) kernel(g models.Graph) (*Kernel, error) {
	k := &Kernel{name: g.Name + "/" + g.Graph, runtime: r, owned: true}
	options, err := r.options(nil)
	if err != nil {
		return nil, fmt.Errorf("graph %s: %s", k.name, inWords(err))
	}
	k.ort, err = ort.NewDynamicAdvancedSessionWithONNXData(g.Bytes, nil, nil, options)
	if err := errors.Join(err, options.Destroy()); err != nil {
		return nil, fmt.Errorf("graph %s: %s", k.name, inWords(err))
	}
	return k, nil
}

// Kernel is the network as part of a chain; the network stays its owner.
func (n *SegNet) Kernel() *Kernel { return n.session.kernel() }

// Kernel is the network as part of a chain; the network stays its owner.
func (n *SANet) Kernel() *Kernel { return n.session.kernel() }

// Remembers tells whether the graph takes its own last mask.
func (n *SegNet) Remembers() bool { return n.remembers }

func (s *session[T]) kernel() *Kernel { return &Kernel{name: s.name, runtime: s.runtime, ort: s.ort} }

// Close frees the graph, unless it is a network's; its Calls were closed before.
func (k *Kernel) Close() error {
	if !k.owned || k.ort == nil {
		return nil
	}
	defer func() { k.ort = nil }()
	return k.ort.Destroy()
}

// A Call is a Kernel with all its tensors, to be run as often as one likes. The first
// error of putting it together is kept for Run.
type Call struct {
	kernel *Kernel
	binding
}

// Call begins one.
func (k *Kernel) Call() *Call {
	io, err := k.ort.CreateIoBinding()
	return &Call{k, binding{io: io, err: err}}
}

// From reads an input from the device. A nil tensor, one that could not be made, is an
// error of the call's.
func (c *Call) From(name string, t *Tensor) { c.bind(c.io.BindInput, name, t) }

// To writes an output on the device, as From.
func (c *Call) To(name string, t *Tensor) { c.bind(c.io.BindOutput, name, t) }

func (c *Call) bind(to func(string, ort.Value) error, name string, t *Tensor) {
	switch {
	case c.err != nil:
	case t == nil:
		c.err = fmt.Errorf("there is no tensor for %s", name)
	default:
		c.err = to(name, handleOnly{pointer: t.pointer})
	}
}

// Err tells what failed when the call was put together: a *[Failure], as Run returns it.
func (c *Call) Err() error { return c.failure(c.err) }

func (c *Call) failure(err error) error {
	if err == nil {
		return nil
	}
	return &Failure{"graph " + c.kernel.name, c.kernel.runtime.provider, inWords(err)}
}

// In is an input of the host's memory. Whoever changes it calls Renew then: a GPU has
// a copy.
func In[E Element](c *Call, name string, dims ...int) []E {
	return newInput[E](&c.binding, name, dims...)
}

// Out is an output in the host's memory.
func Out[E Element](c *Call, name string, dims ...int) []E {
	return newOutput[E](&c.binding, name, dims...)
}

// Renew says that host inputs have changed: those named, or all.
func (c *Call) Renew(names ...string) {
	for i := range c.inputs {
		if len(names) == 0 || slices.Contains(names, c.inputs[i].name) {
			c.inputs[i].stale = true
		}
	}
}

// Run uploads what has changed, and computes.
func (c *Call) Run() error {
	err := c.err
	for i := range c.inputs {
		if in := &c.inputs[i]; err == nil && in.stale {
			err = c.io.BindInput(in.name, in.value)
			in.stale = false
		}
	}
	if err == nil {
		err = c.kernel.ort.RunWithBinding(c.io)
	}
	return c.failure(err)
}

// Close frees the call and what it has in the host's memory.
func (c *Call) Close() error {
	if c.io == nil {
		return nil
	}
	return c.close()
}
