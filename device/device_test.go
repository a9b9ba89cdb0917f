package device_test

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/draw"

	"stylecam/device"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/infer"
	"stylecam/models"
	"stylecam/paint"
	"stylecam/style"
)

// studio is two painters with the same networks: one paints by blend, the other
// by the chain of graphs.
type studio struct {
	host, chain *paint.Painter
	pool        frame.Pool
}

// Both cut out by the SegNet that a GPU runs. Their SANets are those of two models.
func newStudio(t *testing.T, host, chain string) *studio {
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
	m, err := models.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	s := &studio{}
	s.host = s.painter(t, r, m, host, false)
	s.chain = s.painter(t, r, m, chain, true)
	t.Cleanup(func() {
		if n := s.pool.InUse(); n != 0 {
			t.Errorf("%d frames left behind", n)
		}
	})
	return s
}

func (s *studio) painter(t *testing.T, r *infer.Runtime, m *models.Manifest, model string, chained bool) *paint.Painter {
	t.Helper()
	var segnet *infer.SegNet
	var sanet *infer.SANet
	g, err := m.Graph(models.Full, models.SegNet)
	if err == nil {
		segnet, err = r.SegNet(g)
	}
	if err == nil {
		g, err = m.Graph(model, models.SANetPaint)
	}
	if err == nil {
		sanet, err = r.SANet(g)
	}
	if err != nil {
		t.Fatal(err)
	}
	c := paint.Config{SegNet: segnet, SANet: sanet, Style: builtin(t, m), Pool: &s.pool}
	if chained {
		p, err := device.New(r, m, segnet, sanet)
		if err != nil {
			t.Fatal(err)
		}
		c.Device = p
		t.Cleanup(func() {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	p, err := paint.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// foreign names a style of another model's encoder.
const foreign = "foreign"

// builtin finds the styles that come with the program, and the foreign one.
func builtin(t *testing.T, m *models.Manifest) func(string) (*style.Tensors, error) {
	t.Helper()
	encoder, err := m.Graph(models.Lite, models.SANetStyle)
	if err != nil {
		t.Fatal(err)
	}
	collection := style.NewCollection(models.Styles(), t.TempDir())
	found := make(map[string]*style.Tensors)
	return func(name string) (*style.Tensors, error) {
		if name == foreign {
			return style.New(style.Widths{Tokens: 256, KeyDim: 64, LowDim: 96, HighDim: 192, ToneDim: 300}), nil
		}
		if found[name] == nil {
			s, err := collection.Get(name)
			if err != nil {
				return nil, err
			}
			if found[name], err = s.For(encoder.Name, encoder.SHA256); err != nil {
				return nil, err
			}
		}
		return found[name], nil
	}
}

// film is a portrait that moves a little, with a camera's noise.
func film(t *testing.T, w, h, frames int) []*frame.Frame {
	t.Helper()
	file, err := os.Open("../capture/portrait/collins.jpg")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	photo, err := jpeg.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	b := photo.Bounds()
	var all []*frame.Frame
	for i := range frames {
		view := image.Rect(0, 0, b.Dx()-20, (b.Dx()-20)*h/w).Add(image.Pt(min(3*i, 20), i))
		scaled := image.NewRGBA(image.Rect(0, 0, w, h))
		draw.BiLinear.Scale(scaled, scaled.Bounds(), photo, view.Intersect(b), draw.Src, nil)
		f := frame.New(w, h)
		f.Seq, f.Captured = uint64(i+1), time.Unix(100, int64(i)*int64(33*time.Millisecond))
		for k := range w * h {
			for c := range 3 {
				f.Pix[3*k+c] = byte(min(max(float64(scaled.Pix[4*k+2-c])+rng.NormFloat64()*2, 0), 255))
			}
		}
		all = append(all, f)
	}
	return all
}

// defaults are of a size that does not depend on how long frames take.
func defaults(style string) filter.Params {
	p := filter.Defaults(style)
	p.Quality = filter.Balanced
	return p
}

func apply(t *testing.T, p *paint.Painter, f *frame.Frame, params *filter.Params) *frame.Frame {
	t.Helper()
	picture, err := p.Apply(context.Background(), f, params, new(filter.Trace))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

// apart tells which part of two pictures' bytes differs by more than 2, and their PSNR.
func apart(a, b *frame.Frame) (far, psnr float64) {
	var n, squares float64
	for i := range a.Pix {
		d := float64(a.Pix[i]) - float64(b.Pix[i])
		squares += d * d
		if math.Abs(d) > 2 {
			n++
		}
	}
	all := float64(len(a.Pix))
	return n / all, 10 * math.Log10(255*255/max(squares/all, 1e-9))
}

// One network, one picture: whether the host puts it together by OpenCV or the graphs
// do, on the device.
func TestChainPaintsWhatTheHostPaints(t *testing.T) {
	s := newStudio(t, models.Lite, models.Lite)
	for name, c := range map[string]struct {
		size   image.Point
		change func(*filter.Params)
	}{
		"the usual":        {image.Pt(640, 480), func(*filter.Params) {}},
		"wide":             {image.Pt(1280, 720), func(*filter.Params) {}},
		"of no round size": {image.Pt(427, 321), func(*filter.Params) {}},
		"fine masks":       {image.Pt(640, 480), func(p *filter.Params) { p.Quality = filter.Best }},
		"its own size":     {image.Pt(320, 240), func(p *filter.Params) { p.Quality, p.Smoothing = filter.Best, filter.Steady }},
		"all at once":      {image.Pt(640, 480), func(p *filter.Params) { p.Smoothing, p.Feather, p.Detail = 0, 0, 0 }},
		"a broad feather":  {image.Pt(640, 480), func(p *filter.Params) { p.Feather = 24 }},
		"one layer":        {image.Pt(640, 480), func(p *filter.Params) { p.Person = p.Background }},
		"near alpha 0":     {image.Pt(640, 480), func(p *filter.Params) { p.Person = filter.Alpha{Low: 0.1, High: 0.05} }},
		"two styles": {image.Pt(640, 480), func(p *filter.Params) {
			p.Mirror, p.PersonStyle = true, filter.Mix{{Name: "scream", Weight: 0.5}, {Name: "udnie", Weight: 0.5}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			params := defaults("starry-night")
			c.change(&params)
			frames := 2 // the first, and one that remembers
			if name == "the usual" {
				frames = 5
			}
			for i, f := range film(t, c.size.X, c.size.Y, frames) {
				want, got := apply(t, s.host, f, &params), apply(t, s.chain, f, &params)
				far, psnr := apart(want, got)
				want.Release()
				got.Release()
				if far > 0.001 {
					t.Errorf("frame %d: %.4f %% of bytes differ by more than 2, PSNR %.1f dB", i+1, 100*far, psnr)
				}
			}
		})
	}
}

// SANet in half precision paints the same picture to the eye. Should this fail
// after a training, python -m training.half was forgotten.
func TestHalfPrecisionPaintsTheSame(t *testing.T) {
	for _, model := range []string{models.Lite, models.Full} {
		t.Run(model, func(t *testing.T) {
			s := newStudio(t, model, models.Half(model))
			params := defaults("starry-night")
			for i, f := range film(t, 640, 480, 2) {
				want, got := apply(t, s.host, f, &params), apply(t, s.chain, f, &params)
				_, psnr := apart(want, got)
				want.Release()
				got.Release()
				t.Logf("frame %d: PSNR %.1f dB", i+1, psnr)
				if psnr < 40 {
					t.Errorf("frame %d: PSNR %.1f dB, want 40", i+1, psnr)
				}
			}
		})
	}
}

// Whatever changes from frame to frame, the chain goes on as the host does: working
// size, number of styles, mask or none, frame size; and pictures that blend makes in
// between start the memory anew.
func TestChainFollowsChanges(t *testing.T) {
	s := newStudio(t, models.Lite, models.Lite)
	params := defaults("starry-night")
	params.Smoothing = 0 // the two remember differently what they did not paint
	frames := film(t, 320, 240, 2)
	frames = append(frames, film(t, 352, 288, 1)...)
	for i, change := range []func(*filter.Params){
		func(*filter.Params) {},
		func(p *filter.Params) { p.Quality = filter.Fast },
		func(p *filter.Params) { p.PersonStyle = filter.Mix{{Name: "scream", Weight: 1}} },
		func(p *filter.Params) { p.View = filter.MaskOverlay },
		func(p *filter.Params) { p.View = filter.Painted },
		func(p *filter.Params) { p.PersonStyle, p.Person = nil, p.Background },
		func(p *filter.Params) { p.Person, p.Feather = filter.Alpha{Low: 0.5, High: 0.3}, 9 },
	} {
		change(&params)
		settings := params
		for _, f := range frames {
			f.Captured = f.Captured.Add(time.Second) // styles have changed by then
			want, got := apply(t, s.host, f, &settings), apply(t, s.chain, f, &settings)
			if far, psnr := apart(want, got); far > 0.001 {
				t.Errorf("change %d at %dx%d: %.4f %% of bytes differ by more than 2, PSNR %.1f dB", i, f.Width, f.Height, 100*far, psnr)
			}
			want.Release()
			got.Release()
		}
	}
}

// A style of another encoder is refused, also beside one that suits.
func TestStylesOfAnotherEncoder(t *testing.T) {
	f := film(t, 320, 240, 1)[0]
	for _, mix := range []filter.Mix{
		{{Name: foreign, Weight: 1}},
		{{Name: "scream", Weight: 0.5}, {Name: foreign, Weight: 0.5}},
	} {
		s := newStudio(t, models.Lite, models.Lite) // one that has painted fades from the style before, which has been refused
		params := defaults("scream")
		params.Style = mix
		_, err := s.chain.Apply(context.Background(), f, &params, new(filter.Trace))
		if err == nil || !strings.Contains(err.Error(), "this model paints") {
			t.Errorf("%v: error is %v", mix, err)
		}
	}
}

// brighten makes a frame so much brighter that a mask that was remembered is told from
// a fresh one.
func brighten(f *frame.Frame) {
	for i, v := range f.Pix {
		f.Pix[i] = byte(min(int(v)+60, 255))
	}
}

// One layer needs no mask; what is remembered of it waits meanwhile, as on the host.
func TestMemoryOutlastsPicturesWithoutAMask(t *testing.T) {
	s := newStudio(t, models.Lite, models.Lite)
	params := defaults("starry-night")
	params.Smoothing = filter.Steady
	one := params
	one.Person = one.Background
	settings := []*filter.Params{&params, &params, &one, &params}
	frames := film(t, 320, 240, len(settings))
	brighten(frames[3])
	for i, f := range frames {
		want, got := apply(t, s.host, f, settings[i]), apply(t, s.chain, f, settings[i])
		if far, psnr := apart(want, got); far > 0.001 {
			t.Errorf("frame %d: %.4f %% of bytes differ by more than 2, PSNR %.1f dB", i+1, 100*far, psnr)
		}
		want.Release()
		got.Release()
	}
}

// What blend remembers of masks ends where the device goes on.
func TestBlendForgetsWhatTheDevicePaintedSince(t *testing.T) {
	s := newStudio(t, models.Lite, models.Lite)
	params := defaults("starry-night")
	params.Smoothing = filter.Steady
	masks := params
	masks.View = filter.MaskOverlay
	frames := film(t, 320, 240, 3)
	last := frames[2]
	brighten(last)
	apply(t, s.chain, frames[0], &masks).Release()
	apply(t, s.chain, frames[1], &params).Release()
	want, got := apply(t, s.host, last, &masks), apply(t, s.chain, last, &masks)
	if !bytes.Equal(want.Pix, got.Pix) {
		t.Error("the mask is not a first one")
	}
	want.Release()
	got.Release()
}
