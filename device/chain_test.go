package device

import (
	"errors"
	"image"
	"testing"

	"stylecam/filter"
	"stylecam/infer"
	"stylecam/models"
	"stylecam/style"
)

func onCPU(t *testing.T) *infer.Runtime {
	t.Helper()
	r, err := infer.Open(infer.Options{Provider: infer.CPU})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// A chain that cannot be put together is an error of its graphs, whatever was to be set
// in it, and the next one is none the worse for it.
func TestWhatCannotBeBoundIsTold(t *testing.T) {
	r := onCPU(t)
	m, err := models.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	graph := func(name string) models.Graph {
		g, err := m.Graph(models.Lite, name)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	segnet, err := r.SegNet(graph(models.SegNet))
	if err != nil {
		t.Fatal(err)
	}
	sanet, err := r.SANet(graph(models.SANetPaint))
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(r, m, segnet, sanet)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	found, err := style.NewCollection(models.Styles(), t.TempDir()).Get("scream")
	if err != nil {
		t.Fatal(err)
	}
	encoder := graph(models.SANetStyle)
	tensors, err := found.For(encoder.Name, encoder.SHA256)
	if err != nil {
		t.Fatal(err)
	}

	size := image.Pt(192, 144)
	coat := Coat{Alpha: filter.Alpha{Low: 1, High: 1}, Share: []float32{0.5, 0.5}}
	job := &Job{Mask: size, Paint: size, Masked: true, Background: coat, Person: coat, Styles: []*style.Tensors{tensors, tensors}}
	frame, picture := make([]byte, 3*192*144), make([]byte, 3*192*144)
	for i := range frame {
		frame[i] = byte(i % 251)
	}
	for _, masked := range []bool{true, false} {
		job.Masked = masked
		for _, name := range []string{models.Load, models.SANetPaint, models.Compose} {
			good := p.kernels[name]
			p.kernels[name] = p.kernels[models.Shrink] // which has other inputs
			var failure *infer.Failure
			if err := p.Picture(picture, frame, size, job, func(filter.Stage) {}); !errors.As(err, &failure) {
				t.Errorf("without %s, masked %t: error is %v", name, masked, err)
			}
			p.kernels[name] = good
		}
		if err := p.Picture(picture, frame, size, job, func(filter.Stage) {}); err != nil {
			t.Errorf("masked %t: %v", masked, err)
		}
	}
}

// Where there is no room for a tensor there is none, and that is told.
func TestTensorsThatDoNotFit(t *testing.T) {
	r := onCPU(t)
	memory, err := r.Device()
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	b := &binder{Pipeline: &Pipeline{device: memory, tensors: make(map[string]*infer.Tensor)}}
	var failure *infer.Failure
	if got := tensor[uint8](b, "frame", 1<<40, 1<<40); got != nil || !errors.As(b.err, &failure) {
		t.Errorf("got %v: %v", got, b.err)
	}
}
