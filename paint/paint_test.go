package paint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"stylecam/blend"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/style"
)

// fakeSegNet finds the person where the picture is bright.
type fakeSegNet struct {
	runs  int
	scene int // images since the last Reset
	most  int // of them in any scene
	err   error
	after int // runs until err comes
}

func (n *fakeSegNet) Reset() { n.scene = 0 }

func (n *fakeSegNet) Mask(dst []float32, image []byte, h, w int) error {
	n.runs++
	n.scene++
	n.most = max(n.most, n.scene)
	if len(dst) != h*w || len(image) != 3*h*w || h%16 != 0 || w%16 != 0 {
		return fmt.Errorf("%d values and %d bytes for %dx%d", len(dst), len(image), w, h)
	}
	for i := range dst {
		dst[i] = min(max((float32(image[3*i])-100)/50, 0), 1)
	}
	if n.runs <= n.after {
		return nil
	}
	return n.err
}

// fakeSANet gives every pixel its style's colour (the first of its low keys), as
// much as alpha says.
type fakeSANet struct {
	runs, styles int
	err          error
}

func (n *fakeSANet) Paint(dst, image []byte, h, w int, styles []*style.Tensors, share, alpha []float32) error {
	n.runs++
	n.styles = len(styles)
	places := h / 4 * (w / 4)
	if len(dst) != 3*h*w || len(image) != 3*h*w || len(share) != len(styles)*places || len(alpha) != 2*places {
		return fmt.Errorf("%d, %d bytes, %d shares, %d alphas for %dx%d and %d styles", len(dst), len(image), len(share), len(alpha), w, h, len(styles))
	}
	for y := range h {
		for x := range w {
			at := y/4*(w/4) + x/4
			var colour, whole float32
			for s, tensors := range styles {
				colour += share[s*places+at] * tensors.LowKeys[0]
				whole += share[s*places+at]
			}
			if whole < 0.999 || whole > 1.001 {
				return fmt.Errorf("shares add up to %g", whole)
			}
			a := (alpha[at] + alpha[places+at]) / 2
			for c := range 3 {
				i := 3*(y*w+x) + c
				dst[i] = byte(float32(image[i]) + a*(colour-float32(image[i])))
			}
		}
	}
	return n.err
}

var gallery = map[string]*style.Tensors{
	"dark": {LowKeys: []float32{20}}, "mid": {LowKeys: []float32{120}}, "light": {LowKeys: []float32{220}},
}

func find(name string) (*style.Tensors, error) {
	if s := gallery[name]; s != nil {
		return s, nil
	}
	return nil, errors.New("not in the gallery")
}

type studio struct {
	*Painter
	segnet fakeSegNet
	sanet  fakeSANet
	pool   frame.Pool
}

func newStudio(t testing.TB, change func(*Config)) *studio {
	t.Helper()
	s := &studio{}
	c := Config{SegNet: &s.segnet, SANet: &s.sanet, Style: find, Pool: &s.pool}
	if change != nil {
		change(&c)
	}
	var err error
	if s.Painter, err = New(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.Close()
		if n := s.pool.InUse(); n != 0 {
			t.Errorf("%d frames left behind", n)
		}
	})
	return s
}

func (s *studio) apply(t testing.TB, f *frame.Frame, p filter.Params) *frame.Frame {
	t.Helper()
	picture, err := s.Apply(context.Background(), f, &p, &filter.Trace{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(picture.Release)
	return picture
}

// portrait is a bright square in a dim, noisy room.
func portrait(w, h int) *frame.Frame {
	f := frame.New(w, h)
	rng := rand.New(rand.NewPCG(3, 4))
	f.Seq, f.Captured = 7, time.Unix(100, 0)
	for y := range h {
		for x := range w {
			v := 40
			if abs(2*x-w) < h/2 && abs(2*y-h) < h/2 {
				v = 180
			}
			for c := range 3 {
				f.Row(y)[3*x+c] = byte(v + rng.IntN(20))
			}
		}
	}
	return f
}

func abs(x int) int { return max(x, -x) }

func far(a, b *frame.Frame) int {
	most := 0
	for i := range a.Pix {
		most = max(most, abs(int(a.Pix[i])-int(b.Pix[i])))
	}
	return most
}

func TestNetworksRunOnlyWhereThePictureNeedsThem(t *testing.T) {
	f := portrait(320, 240)
	for _, c := range []struct {
		name          string
		change        func(*filter.Params)
		segnet, sanet int
		styles        int
	}{
		{"the usual", func(*filter.Params) {}, 1, 1, 1},
		{"unfiltered", func(p *filter.Params) { p.View = filter.Unfiltered }, 0, 0, 0},
		{"mask overlay", func(p *filter.Params) { p.View = filter.MaskOverlay }, 1, 0, 0},
		{"side by side", func(p *filter.Params) { p.View = filter.SideBySide }, 1, 1, 1},
		{"everything alike", func(p *filter.Params) { p.Person = p.Background }, 0, 1, 1},
		{"nothing painted", func(p *filter.Params) { p.Person, p.Background = filter.Alpha{}, filter.Alpha{} }, 0, 0, 0},
		{"alike but in style", func(p *filter.Params) {
			p.Person = p.Background
			p.PersonStyle = filter.Mix{{Name: "light", Weight: 1}}
		}, 1, 1, 2},
		{"a blend for each", func(p *filter.Params) {
			p.Style = filter.Mix{{Name: "dark", Weight: 0.5}, {Name: "mid", Weight: 0.5}}
			p.PersonStyle = filter.Mix{{Name: "mid", Weight: 0.2}, {Name: "light", Weight: 0.8}}
		}, 1, 1, 3},
		{"paper", func(p *filter.Params) { p.Compose = filter.Paper }, 1, 2, 1},
		{"background blurred, person painted", func(p *filter.Params) { p.BackgroundFill.Kind = filter.FillBlur }, 1, 1, 1},
		{"background blurred, person original", func(p *filter.Params) {
			p.BackgroundFill.Kind, p.PersonFill.Kind = filter.FillBlur, filter.FillOriginal
		}, 1, 0, 0},
		{"background a colour, person at alpha 0", func(p *filter.Params) {
			p.BackgroundFill, p.Person = filter.Fill{Kind: filter.FillColour}, filter.Alpha{}
		}, 1, 0, 0},
		{"both original", func(p *filter.Params) {
			p.BackgroundFill.Kind, p.PersonFill.Kind = filter.FillOriginal, filter.FillOriginal
		}, 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStudio(t, nil)
			p := filter.Defaults("dark")
			c.change(&p)
			picture := s.apply(t, f, p)
			if s.segnet.runs != c.segnet || s.sanet.runs != c.sanet || s.sanet.styles != c.styles {
				t.Errorf("SegNet ran %d times, SANet %d, on %d styles; want %d, %d, %d",
					s.segnet.runs, s.sanet.runs, s.sanet.styles, c.segnet, c.sanet, c.styles)
			}
			if picture.Seq != f.Seq || !picture.Captured.Equal(f.Captured) {
				t.Errorf("picture is frame %d of %v, not %d of %v", picture.Seq, picture.Captured, f.Seq, f.Captured)
			}
		})
	}
}

func TestLayersGetTheirStylesAndAlphas(t *testing.T) {
	f := portrait(640, 480)
	for _, compose := range []filter.Compose{filter.Fused, filter.Paper} {
		t.Run(compose.String(), func(t *testing.T) {
			s := newStudio(t, nil)
			p := filter.Defaults("dark")
			p.PersonStyle = filter.Mix{{Name: "light", Weight: 1}}
			p.Person, p.Detail, p.Compose = filter.Alpha{Low: 1, High: 1}, 0, compose
			picture := s.apply(t, f, p)
			if got := picture.Row(240)[3*320]; abs(int(got)-220) > 2 {
				t.Errorf("the person is %d, want 220", got)
			}
			if got := picture.Row(10)[30]; abs(int(got)-20) > 2 {
				t.Errorf("the background is %d, want 20", got)
			}
		})
	}
}

func TestFusedAndPaperAgreeAwayFromTheEdge(t *testing.T) {
	f := portrait(640, 480)
	p := filter.Defaults("dark")
	fused := newStudio(t, nil).apply(t, f, p)
	p.Compose = filter.Paper
	paper := newStudio(t, nil).apply(t, f, p)
	for y := range f.Height {
		for x := range f.Width {
			edge := min(abs(abs(2*x-f.Width)-f.Height/2), abs(abs(2*y-f.Height)-f.Height/2))
			if edge < 80 {
				continue
			}
			a, b := fused.Row(y)[3*x], paper.Row(y)[3*x]
			if abs(int(a)-int(b)) > 2 {
				t.Fatalf("(%d,%d) is %d in one pass, %d in two", x, y, a, b)
			}
		}
	}
}

func TestPictureOfAlphaZeroIsTheFrame(t *testing.T) {
	for _, wh := range [][2]int{{1, 1}, {17, 9}, {641, 479}, {1920, 1080}} {
		f := portrait(wh[0], wh[1])
		for _, style := range []string{"", "light"} {
			p := filter.Defaults("dark")
			p.Background, p.Person = filter.Alpha{}, filter.Alpha{}
			if style != "" {
				p.PersonStyle = filter.Mix{{Name: style, Weight: 1}}
			}
			if d := far(f, newStudio(t, nil).apply(t, f, p)); d > 2 {
				t.Errorf("%v: (0,0) differs by up to %d", wh, d)
			}
		}
	}
}

func TestMirrorTurnsWhateverIsShown(t *testing.T) {
	f := portrait(64, 48)
	s := newStudio(t, nil)
	for _, view := range []filter.View{filter.Unfiltered, filter.Painted, filter.MaskOverlay} {
		p := filter.Defaults("dark")
		p.View, p.Smoothing = view, 0
		straight := s.apply(t, f, p)
		p.Mirror = true
		turned := s.apply(t, f, p)
		for x := range f.Width {
			if straight.Row(3)[3*x] != turned.Row(3)[3*(f.Width-1-x)] {
				t.Fatalf("%s: pixel %d is not mirrored", view, x)
			}
		}
	}
}

func TestStillHasNoHistory(t *testing.T) {
	a, b := portrait(320, 240), frame.New(320, 240)
	p := filter.Defaults("dark")
	p.Smoothing = filter.Steady
	alone := newStudio(t, func(c *Config) { c.Still = true }).apply(t, a, p)
	s := newStudio(t, func(c *Config) { c.Still = true })
	other := p
	other.Style = filter.Mix{{Name: "light", Weight: 1}}
	s.apply(t, b, other)
	if d := far(alone, s.apply(t, a, p)); d != 0 {
		t.Errorf("a still differs by up to %d after another", d)
	}
	if s.segnet.most != 1 {
		t.Errorf("SegNet takes %d looks at stills for one scene", s.segnet.most)
	}
}

func TestPaintingsAreUsedAgainWhileNothingMoves(t *testing.T) {
	s := newStudio(t, func(c *Config) { c.Reuse = true })
	show := func(f *frame.Frame, p *filter.Params) {
		t.Helper()
		picture, err := s.Apply(context.Background(), f, p, &filter.Trace{})
		if err != nil {
			t.Fatal(err)
		}
		picture.Release()
	}
	f, p := portrait(320, 240), filter.Defaults("dark")
	show(f, &p)
	show(f, &p)
	show(f, &p)
	if s.sanet.runs != 1 || s.segnet.runs != 3 {
		t.Errorf("at rest SANet ran %d times for 3 frames, SegNet %d; want 1 and 3", s.sanet.runs, s.segnet.runs)
	}
	changed := p
	changed.Background = filter.Alpha{Low: 0.5, High: 0.5}
	show(f, &changed)
	if s.sanet.runs != 2 {
		t.Errorf("after a change of the settings SANet had run %d times, want 2", s.sanet.runs)
	}
	moved := portrait(320, 240)
	for y := range 20 {
		copy(moved.Row(100 + y)[300:], make([]byte, 60))
	}
	show(moved, &changed)
	if s.sanet.runs != 3 {
		t.Errorf("after a movement SANet had run %d times, want 3", s.sanet.runs)
	}
}

func TestFailuresNameTheFrameAndLeaveNothing(t *testing.T) {
	broken := errors.New("out of memory")
	for name, c := range map[string]struct {
		change func(*studio, *filter.Params)
		want   string
	}{
		"segnet": {func(s *studio, _ *filter.Params) { s.segnet.err = broken }, "paint frame 7 of 64x48: mask: out of memory"},
		"sanet":  {func(s *studio, _ *filter.Params) { s.sanet.err = broken }, "paint frame 7 of 64x48: paint: out of memory"},
		"style": {func(_ *studio, p *filter.Params) { p.Style = filter.Mix{{Name: "none", Weight: 1}} },
			`paint frame 7 of 64x48: style "none": not in the gallery`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStudio(t, nil)
			p := filter.Defaults("dark")
			c.change(s, &p)
			_, err := s.Apply(context.Background(), portrait(64, 48), &p, &filter.Trace{})
			if err == nil || err.Error() != c.want {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		s := newStudio(t, nil)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		p := filter.Defaults("dark")
		if _, err := s.Apply(ctx, portrait(64, 48), &p, &filter.Trace{}); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want canceled", err)
		}
	})
}

func TestStagesAreTimed(t *testing.T) {
	s := newStudio(t, nil)
	p := filter.Defaults("dark")
	var trace filter.Trace
	picture, err := s.Apply(context.Background(), portrait(64, 48), &p, &trace)
	if err != nil {
		t.Fatal(err)
	}
	picture.Release()
	for _, stage := range []filter.Stage{filter.StageMask, filter.StageRefine, filter.StagePaint, filter.StageCompose} {
		if trace.Took(stage) <= 0 {
			t.Errorf("stage %s took %v", stage, trace.Took(stage))
		}
	}
}

func TestMaskAndCutOut(t *testing.T) {
	f := portrait(641, 479)
	s := newStudio(t, func(c *Config) { c.Still = true })
	p := filter.Defaults("dark")
	mask, err := s.Mask(context.Background(), f, &p, &filter.Trace{})
	if err != nil {
		t.Fatal(err)
	}
	if len(mask) != 641*479 || mask[240*641+320] != 255 || mask[0] != 0 {
		t.Errorf("mask of %d bytes, %d on the person, %d beside", len(mask), mask[240*641+320], mask[0])
	}
	cut, err := s.CutOut(context.Background(), f, &p, &filter.Trace{})
	if err != nil {
		t.Fatal(err)
	}
	if cut.NRGBAAt(320, 240).A != 255 || cut.NRGBAAt(0, 0).A != 0 {
		t.Error("the cut-out's opacity is not the mask")
	}
}

// A film's masks lean on those before, unless nothing is to be smoothed.
func TestSmoothingIsAllThatIsRemembered(t *testing.T) {
	for smoothing, scene := range map[float32]int{0: 1, filter.Quick: 3} {
		s := newStudio(t, nil)
		p := filter.Defaults("dark")
		p.Smoothing = smoothing
		for range 3 {
			if _, err := s.Mask(context.Background(), portrait(320, 240), &p, &filter.Trace{}); err != nil {
				t.Fatal(err)
			}
		}
		if s.segnet.scene != scene {
			t.Errorf("smoothing %v: the third frame is number %d of its scene, want %d", smoothing, s.segnet.scene, scene)
		}
	}
}

// What was seen of frames of another size lies elsewhere, though SegNet works at one size, and the mask's
// refinement at one.
func TestFramesOfAnotherSizeAreAnotherScene(t *testing.T) {
	s := newStudio(t, nil)
	p := filter.Defaults("dark")
	if a, b := s.pace.size(640, 480, p.Quality).mask, s.pace.size(641, 481, p.Quality).mask; a != b || blend.GuideSize(640, 480) != blend.GuideSize(641, 481) {
		t.Fatal("the test is of frames that are worked on at one size")
	}
	for i, f := range []*frame.Frame{portrait(640, 480), portrait(640, 480), portrait(641, 481)} {
		if _, err := s.Mask(context.Background(), f, &p, &filter.Trace{}); err != nil {
			t.Fatal(err)
		}
		first := i != 1
		if s.refiner.Moved() != first || (s.segnet.scene == 1) != first {
			t.Errorf("frame %d, %dx%d: SegNet's number %d of its scene, moved: %v", i+1, f.Width, f.Height, s.segnet.scene, s.refiner.Moved())
		}
	}
}

// Picture and mask of one frame are made of one look at it: the refiner would take a
// second for the next frame, at which nothing moved.
func TestPictureAndMaskAreOfOneLook(t *testing.T) {
	s := newStudio(t, nil)
	p := filter.Defaults("dark")
	p.Smoothing = filter.Steady
	alone := newStudio(t, nil)
	for n := range 3 {
		f := portrait(320, 240)
		for y := range f.Height { // somebody walks in
			copy(f.Row(y)[3*40*n:], f.Row(y)[3*120:3*200])
		}
		want, err := alone.Mask(context.Background(), f, &p, &filter.Trace{})
		if err != nil {
			t.Fatal(err)
		}
		picture, mask, err := s.ApplyMasked(context.Background(), f, &p, &filter.Trace{})
		if err != nil {
			t.Fatal(err)
		}
		picture.Release()
		if s.segnet.runs != n+1 {
			t.Errorf("SegNet ran %d times for %d frames", s.segnet.runs, n+1)
		}
		if !bytes.Equal(mask, want) {
			t.Errorf("the mask of frame %d is not that of the frame alone", n)
		}
	}
}

func TestFramesInARowAllocateNextToNothing(t *testing.T) {
	s := newStudio(t, nil)
	f := portrait(640, 480)
	p := filter.Defaults("dark")
	var trace filter.Trace
	if n := testing.AllocsPerRun(20, func() {
		picture, err := s.Apply(context.Background(), f, &p, &trace)
		if err != nil {
			t.Fatal(err)
		}
		picture.Release()
	}); n > 8 {
		t.Errorf("%.0f allocations a frame, want at most 8 (the headers of Mats)", n)
	}
}
