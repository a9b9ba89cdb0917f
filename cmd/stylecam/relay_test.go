package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"stylecam/capture"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/infer"
	"stylecam/models"
	"stylecam/output"
)

// gpu is a filter that makes every picture of one colour, and may fail from some
// frame on.
type gpu struct {
	colour byte
	fails  uint64 // from this frame on; 0: never
	err    error
	pool   *frame.Pool
	frames int
}

func (g *gpu) Apply(_ context.Context, f *frame.Frame, _ *filter.Params, _ *filter.Trace) (*frame.Frame, error) {
	if g.fails > 0 && f.Seq >= g.fails {
		return nil, g.err
	}
	g.frames++
	out := g.pool.Get(f.Width, f.Height)
	out.Seq, out.Captured = f.Seq, f.Captured
	for i := range out.Pix {
		out.Pix[i] = g.colour
	}
	return out, nil
}

var outOfMemory = &infer.Failure{Graph: "graph device/compose", Provider: infer.CUDA, Words: "CUDA failure 2: out of memory"}

type relayTest struct {
	relay
	pool       frame.Pool
	first, cpu gpu
	closed     []string
	log        bytes.Buffer
}

func newRelayTest(t *testing.T) *relayTest {
	t.Helper()
	r := &relayTest{first: gpu{colour: 100}, cpu: gpu{colour: 102}}
	r.first.pool, r.cpu.pool = &r.pool, &r.pool
	r.now = r.named("cuda", &r.first)
	r.spare = func(provider string) (*brush, error) {
		if provider == "tensorrt" {
			return r.named("cuda", &r.first), nil
		}
		return r.named("cpu", &r.cpu), nil
	}
	r.relay.log = slog.New(slog.NewTextHandler(&r.log, nil))
	t.Cleanup(func() {
		if n := r.pool.InUse(); n != 0 {
			t.Errorf("%d frames left behind", n)
		}
	})
	return r
}

func (r *relayTest) named(name string, f filter.Filter) *brush {
	return &brush{Filter: f, provider: name, closers: []func() error{func() error { r.closed = append(r.closed, name); return nil }}}
}

// In the middle of a stream the GPU fails: the picture goes on, no frame is lost, and
// the user is told once.
func TestStreamGoesOnWhereTheGPUFails(t *testing.T) {
	r := newRelayTest(t)
	r.first.fails, r.first.err = 6, outOfMemory
	source, err := capture.Open(t.Context(), capture.Config{Input: "card", Width: 64, Height: 48, FPS: 1000, Frames: 20, Pool: &r.pool})
	if err != nil {
		t.Fatal(err)
	}
	live, err := filter.New(filter.Config{
		Open: func(context.Context) (filter.Source, error) { return source, nil }, Filter: r,
		Params: filter.Defaults("any"), Policy: frame.Every, Pool: &r.pool, Sinks: []filter.NamedSink{{Name: "null", Sink: new(output.Null)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := live.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if s := live.Stats(); s.Frames != 20 || s.Failures != 0 || r.first.frames+r.cpu.frames != 20 || r.cpu.frames < 14 {
		t.Errorf("%d frames, %d failures; the GPU painted %d, the CPU %d", s.Frames, s.Failures, r.first.frames, r.cpu.frames)
	}
	if text := r.log.String(); strings.Count(text, "level=WARN") != 1 || !strings.Contains(text, "out of memory") || !strings.Contains(text, "now=cpu") {
		t.Errorf("told: %q", text)
	}
	if len(r.closed) != 1 || r.closed[0] != "cuda" {
		t.Errorf("closed: %v", r.closed)
	}
}

func TestOnlyAFailureOfTheGPUChangesTheBrush(t *testing.T) {
	f := frame.New(8, 8)
	for name, c := range map[string]struct {
		err    error
		strict bool
	}{
		"a style is gone":     {errors.New("style gone"), false},
		"asked for by name":   {outOfMemory, true},
		"cancelled meanwhile": {context.Canceled, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRelayTest(t)
			r.now.Filter = failing{c.err}
			if c.strict {
				r.spare = nil
			}
			if _, err := r.Apply(t.Context(), f, nil, nil); !errors.Is(err, c.err) {
				t.Errorf("error is %v", err)
			}
			if r.now.provider != "cuda" || r.log.Len() > 0 {
				t.Errorf("%s paints, told: %q", r.now.provider, r.log.String())
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Apply(context.Context, *frame.Frame, *filter.Params, *filter.Trace) (*frame.Frame, error) {
	return nil, f.err
}

// What TensorRT cannot do CUDA does, and the CPU where the GPU is gone altogether: on
// the same frame, each change told once.
func TestSparesTakeOverOneAfterTheOther(t *testing.T) {
	for name, c := range map[string]struct {
		cuda       error
		now, after string // what is told last
		changes    int
	}{
		"a shape that no engine takes": {nil, "cuda", "before=tensorrt now=cuda", 1},
		"the GPU is gone":              {outOfMemory, "cpu", "before=cuda now=cpu", 2},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRelayTest(t)
			r.first.err = c.cuda
			if c.cuda != nil {
				r.first.fails = 1
			}
			r.now = &brush{Filter: failing{&infer.Failure{Graph: "network lite/sanet-paint", Provider: infer.TensorRT, Words: "setInputShape()"}}, provider: "tensorrt"}
			f := frame.New(8, 8)
			f.Seq = 1
			picture, err := r.Apply(t.Context(), f, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			picture.Release()
			if text := r.log.String(); r.now.provider != c.now || strings.Count(text, "level=WARN") != c.changes || !strings.Contains(text, c.after) {
				t.Errorf("%s paints, told: %q", r.now.provider, text)
			}
		})
	}
}

// CUDA fails while TensorRT still compiles, the CPU paints, TensorRT arrives, and fails
// too: there is a spare one for it as well.
func TestWhatArrivesAfterAFailureHasASpareToo(t *testing.T) {
	r := newRelayTest(t)
	r.first.fails, r.first.err = 1, outOfMemory
	compiled := make(chan arrival, 1)
	r.better = compiled
	f := frame.New(8, 8)
	f.Seq = 1
	for i, want := range []string{"cpu", "cpu"} {
		picture, err := r.Apply(t.Context(), f, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		picture.Release()
		if r.now.provider != want {
			t.Errorf("frame %d: %s paints", i+1, r.now.provider)
		}
		if i == 0 {
			compiled <- arrival{brush: r.named("tensorrt", failing{outOfMemory})}
		}
	}
	if got := strings.Join(r.closed, " "); got != "cuda cpu tensorrt cuda" {
		t.Errorf("closed: %s", got)
	}
}

// Live on a CPU the smaller networks work, else the larger ones, unless others are
// asked for.
func TestModelByUse(t *testing.T) {
	for _, c := range []struct {
		asked string
		use   use
		onGPU bool
		want  string
	}{
		{autoModel, use{live: true}, false, models.Lite},
		{autoModel, use{live: true}, true, models.Full},
		{autoModel, use{still: true}, false, models.Full},
		{autoModel, use{}, true, models.Full},
		{models.Full, use{live: true}, false, models.Full},
		{models.Lite, use{}, true, models.Lite},
	} {
		s := settings{model: c.asked}
		if got := s.modelFor(c.use, c.onGPU); got != c.want {
			t.Errorf("%s asked for, %+v, on a GPU: %t: %s", c.asked, c.use, c.onGPU, got)
		}
	}
}

// A GPU that was not asked for by name, and whose networks do not open, is no reason
// not to paint; one that was is.
func TestNetworksThatDoNotOpenOnTheGPU(t *testing.T) {
	for _, strict := range []bool{false, true} {
		r := newRelayTest(t)
		r.now = nil
		if strict {
			r.spare = nil
		}
		err := r.begin("cuda", func() (*brush, error) { return nil, outOfMemory })
		if strict {
			if !errors.Is(err, outOfMemory) || r.log.Len() > 0 {
				t.Errorf("error is %v, told: %q", err, r.log.String())
			}
			continue
		}
		if err != nil || r.now.provider != "cpu" || r.onTrial() || !strings.Contains(r.log.String(), "out of memory") {
			t.Errorf("error is %v, told: %q", err, r.log.String())
		}
	}
}

// A GPU is trusted only if a known frame comes out as the CPU paints it.
func TestAGPUHasToProveItself(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*relayTest)
		now    string
		says   string
		closed string
	}{
		"as the CPU":       {func(*relayTest) {}, "cuda", "", "rival"},
		"paints nonsense":  {func(r *relayTest) { r.first.colour = 0 }, "cpu", "102 of 255 from the CPU's", "rival cuda"},
		"does not compute": {func(r *relayTest) { r.now.Filter = failing{outOfMemory} }, "cpu", "out of memory", "rival cuda"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRelayTest(t)
			c.change(r)
			f := frame.New(8, 8)
			known := func(b *brush) (*frame.Frame, error) { return b.Apply(t.Context(), f, nil, nil) }
			rival := func() (*brush, error) { return r.named("rival", &r.cpu), nil }
			if err := r.prove(t.Context(), rival, known); err != nil {
				t.Fatal(err)
			}
			if r.now.provider != c.now || !strings.Contains(r.log.String(), c.says) {
				t.Errorf("%s paints, told: %q", r.now.provider, r.log.String())
			}
			if got := strings.Join(r.closed, " "); got != c.closed {
				t.Errorf("closed: %s", got)
			}
		})
	}
}

// While TensorRT compiles, CUDA paints; then TensorRT does.
func TestABetterBrushTakesOver(t *testing.T) {
	f := frame.New(8, 8)
	for name, c := range map[string]struct {
		strict    bool
		err       error
		now, says string
		fails     bool
	}{
		"ready":              {false, nil, "tensorrt", "", false},
		"not to be had":      {false, errors.New("libnvinfer.so.10 is missing"), "cuda", "libnvinfer.so.10 is missing", false},
		"asked for, ready":   {true, nil, "tensorrt", "", false},
		"asked for, missing": {true, errors.New("libnvinfer.so.10 is missing"), "cuda", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRelayTest(t)
			compiled := make(chan arrival, 1)
			r.better, r.strict = compiled, c.strict
			apply := func() error {
				picture, err := r.Apply(t.Context(), f, nil, nil)
				if err == nil {
					picture.Release()
				}
				return err
			}
			if err := apply(); err != nil || r.now.provider != "cuda" {
				t.Fatalf("meanwhile %s paints: %v", r.now.provider, err)
			}
			a := arrival{err: c.err}
			if c.err == nil {
				a.brush = &brush{Filter: &gpu{colour: 101, pool: &r.pool}, provider: "tensorrt"}
			}
			compiled <- a
			for range 2 {
				if err := apply(); (err != nil) != c.fails || c.fails && !errors.Is(err, c.err) {
					t.Errorf("error is %v", err)
				}
			}
			if r.now.provider != c.now || !strings.Contains(r.log.String(), c.says) || (c.says == "") == strings.Contains(r.log.String(), "level=WARN") {
				t.Errorf("%s paints, told: %q", r.now.provider, r.log.String())
			}
		})
	}
}
