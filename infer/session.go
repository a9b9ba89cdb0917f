package infer

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	ort "github.com/yalue/onnxruntime_go"

	"stylecam/filter"
	"stylecam/models"
)

// session is one graph made ready to run, with the tensors of the last shapes it
// ran at. T holds a network's tensors as slices, by name.
//
// Shapes are few: a rung of the quality's ladder, times one style or two. The newest
// stands first, so that the shape of the last frame is found at once.
type session[T any] struct {
	name    string // for errors: model and graph
	runtime *Runtime
	ort     *ort.DynamicAdvancedSession
	bind    func(*binding, shape) T
	recent  []*bound[T]
}

// shape is all that differs between two runs of one graph.
type shape struct{ height, width, styles int }

// keep bounds how many shapes stay bound: an image of an odd size now and then must
// not add up.
const keep = 8

// bound are the tensors of one shape.
type bound[T any] struct {
	shape   shape
	tensors T
	binding *binding
}

// newSession loads a graph, having checked that it keeps the contract: the tensors
// that ports names, of the right types and shapes, and no others. The second result
// is the graph's own account of its tensors.
func newSession[T any](r *Runtime, g models.Graph, ports []port, bind func(*binding, shape) T) (*session[T], described, error) {
	name := g.Name + "/" + g.Graph
	fail := func(err error) (*session[T], described, error) {
		return nil, nil, fmt.Errorf("network %s: %w: %s", name, filter.ErrInput, inWords(err))
	}
	inputs, outputs, err := ort.GetInputOutputInfoWithONNXData(g.Bytes)
	if err != nil {
		return fail(err)
	}
	tensors, err := check(ports, inputs, outputs)
	if err != nil {
		return fail(err)
	}
	loaded, err := r.load(g, inputs)
	if err != nil {
		return fail(err)
	}
	s := &session[T]{name: name, runtime: r, ort: loaded, bind: bind}
	if err := checkContract(loaded); err != nil {
		return fail(errors.Join(err, loaded.Destroy()))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open[s] = struct{}{}
	return s, tensors, nil
}

// load makes a session.
func (r *Runtime) load(g models.Graph, inputs []ort.InputOutputInfo) (loaded *ort.DynamicAdvancedSession, err error) {
	e := r.engine(g, inputs)
	options, err := r.options(e)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, options.Destroy()) }()
	open := func() (err error) {
		loaded, err = ort.NewDynamicAdvancedSessionWithONNXData(g.Bytes, nil, nil, options)
		return err
	}
	tell := func(so time.Duration) {
		if r.building != nil {
			r.building(g.Name+"/"+g.Graph, so)
		}
	}
	if err = e.compile(open, tell); err != nil && loaded != nil {
		err = errors.Join(err, loaded.Destroy())
	}
	return loaded, err
}

// at returns the tensors of a shape, bound now or earlier.
func (s *session[T]) at(at shape) (*bound[T], error) {
	for i, b := range s.recent {
		if b.shape == at {
			copy(s.recent[1:i+1], s.recent[:i])
			s.recent[0] = b
			return b, nil
		}
	}
	if s.ort == nil {
		return nil, fmt.Errorf("network %s: is closed", s.name)
	}
	binding, err := newBinding(s.ort)
	if err != nil {
		return nil, s.failure(at, err)
	}
	b := &bound[T]{at, s.bind(binding, at), binding}
	if binding.err != nil {
		return nil, s.failure(at, errors.Join(binding.err, binding.close()))
	}
	s.recent = slices.Insert(s.recent, 0, b)
	if len(s.recent) > keep {
		err = s.recent[keep].binding.close()
		s.recent = slices.Delete(s.recent, keep, keep+1)
	}
	return b, err
}

// run computes a shape's outputs from its inputs.
func (s *session[T]) run(b *bound[T]) error {
	if s.runtime.provider != CPU {
		// A GPU's inputs were copied to it when they were bound: show it the new ones.
		if err := b.binding.bindInputs(); err != nil {
			return s.failure(b.shape, err)
		}
	}
	if err := s.ort.RunWithBinding(b.binding.io); err != nil {
		return s.failure(b.shape, err)
	}
	return nil
}

func (s *session[T]) failure(at shape, err error) error {
	return &Failure{fmt.Sprintf("network %s at %dx%d", s.name, at.width, at.height), s.runtime.provider, inWords(err)}
}

// Failure is a graph that failed while it ran, or found no room to. On a GPU it is most
// often the GPU that did.
type Failure struct {
	Graph    string
	Provider Provider
	Words    string // the library's
}

func (f *Failure) Error() string {
	text := f.Graph + ": " + f.Words
	if f.Provider != CPU {
		text += ": " + advice(f.Words)
	}
	return text
}

// refuse closes a session whose graph turned out not to serve, and says why.
func (s *session[T]) refuse(why error) error {
	return errors.Join(fmt.Errorf("network %s: %w: %w", s.name, filter.ErrInput, why), s.Close())
}

// Close frees the network; it must not be at work. Closing twice is fine.
func (s *session[T]) Close() error {
	if s.ort == nil {
		return nil
	}
	s.runtime.mu.Lock()
	delete(s.runtime.open, s)
	s.runtime.mu.Unlock()
	var errs []error
	for _, b := range s.recent {
		errs = append(errs, b.binding.close())
	}
	errs = append(errs, s.ort.Destroy())
	s.recent, s.ort = nil, nil
	return errors.Join(errs...)
}

// checkContract compares the version that the graph carries with the program's.
func checkContract(s *ort.DynamicAdvancedSession) error {
	metadata, err := s.GetModelMetadata()
	if err != nil {
		return err
	}
	defer metadata.Destroy()
	version, _, err := metadata.LookupCustomMetadataMap("contract")
	if err != nil {
		return err
	}
	if version != strconv.Itoa(models.Contract) {
		return fmt.Errorf("is of contract version %q, this program keeps %d", version, models.Contract)
	}
	return nil
}
