package paint

import (
	"flag"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/draw"

	"stylecam/filter"
	"stylecam/frame"
	"stylecam/style"
)

var update = flag.Bool("update", false, "paint testdata/*.png anew; then look at each")

// The networks of the golden pictures are drawn: what is tested is what becomes of
// their work, not what they were trained to.

// sitter knows where the person of the portrait is: head, neck and shoulders.
type sitter struct{}

func (sitter) Reset() {}

func (sitter) Mask(dst []float32, _ []byte, h, w int) error {
	for y := range h {
		for x := range w {
			u, v := (float64(x)+0.5)/float64(w), (float64(y)+0.5)/float64(h)
			head := 1 - math.Hypot((u-0.445)/0.135, (v-0.24)/0.215)
			body := 1 - math.Hypot((u-0.37)/0.34, (v-1.05)/0.6)
			dst[y*w+x] = float32(min(max(8*max(head, body)+0.5, 0), 1))
		}
	}
	return nil
}

// poster paints in five tones of the style's colour.
type poster struct{}

func (poster) Paint(dst, image []byte, h, w int, styles []*style.Tensors, share, alpha []float32) error {
	places := h / 4 * (w / 4)
	for y := range h {
		for x := range w {
			at, i := y/4*(w/4)+x/4, 3*(y*w+x)
			a := (alpha[at] + alpha[places+at]) / 2
			tone := float32(int(image[i+1])/51) / 5
			for c := range 3 {
				var paint float32
				for s, tensors := range styles {
					paint += share[s*places+at] * min(tone*tensors.LowKeys[c], 255)
				}
				dst[i+c] = byte(float32(image[i+c]) + a*(paint-float32(image[i+c])))
			}
		}
	}
	return nil
}

var inks = map[string]*style.Tensors{
	"blue": {LowKeys: []float32{400, 220, 90}}, "red": {LowKeys: []float32{80, 150, 420}},
}

func TestGolden(t *testing.T) {
	photo := readPortrait(t, 200, 150)
	room := frame.New(40, 30)
	for i := range room.Pix {
		room.Pix[i] = byte(i / 3 % 40 * 6)
	}
	for name, change := range map[string]func(*filter.Params){
		"usual":           func(*filter.Params) {},
		"paper":           func(p *filter.Params) { p.Compose = filter.Paper },
		"two-styles":      func(p *filter.Params) { p.PersonStyle = filter.Mix{{Name: "red", Weight: 1}} },
		"no-detail":       func(p *filter.Params) { p.Detail = 0 },
		"person-original": func(p *filter.Params) { p.Person = filter.Alpha{} },
		"blur":            layersOf(filter.Fill{Kind: filter.FillBlur}, filter.FillOriginal),
		"key":             layersOf(filter.Fill{Kind: filter.FillColour, Colour: [3]byte{0, 255, 0}}, filter.FillOriginal),
		"painted-on-room": layersOf(filter.Fill{Kind: filter.FillPicture, Picture: room}, filter.FillPaint),
		"mask":            func(p *filter.Params) { p.View = filter.MaskOverlay },
		"side":            func(p *filter.Params) { p.View = filter.SideBySide },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStudio(t, func(c *Config) {
				c.SegNet, c.SANet = sitter{}, poster{}
				c.Style = func(name string) (*style.Tensors, error) { return inks[name], nil }
			})
			p := filter.Defaults("blue")
			p.Quality = filter.Fast
			change(&p)
			compare(t, filepath.Join("testdata", name+".png"), s.apply(t, photo, p))
		})
	}
}

func layersOf(background filter.Fill, person filter.FillKind) func(*filter.Params) {
	return func(p *filter.Params) { p.BackgroundFill, p.PersonFill.Kind = background, person }
}

// compare allows what OpenCV's vector units may round differently.
func compare(t *testing.T, path string, got *frame.Frame) {
	t.Helper()
	if *update {
		write(t, path, got)
		return
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	golden, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	want := fromImage(golden, got.Width, got.Height)
	sum := 0
	for i := range want.Pix {
		sum += abs(int(want.Pix[i]) - int(got.Pix[i]))
	}
	if mean := float64(sum) / float64(len(want.Pix)); mean > 0.5 || far(want, got) > 24 {
		other := filepath.Join(t.ArtifactDir(), filepath.Base(path))
		write(t, other, got)
		t.Errorf("differs from %s by %.2f in the mean and up to %d; painted now: %s (go test -artifacts keeps it)", path, mean, far(want, got), other)
	}
}

func write(t *testing.T, path string, f *frame.Frame) {
	t.Helper()
	out := image.NewRGBA(image.Rect(0, 0, f.Width, f.Height))
	for y := range f.Height {
		for x := range f.Width {
			bgr := f.Row(y)[3*x:]
			out.SetRGBA(x, y, color.RGBA{bgr[2], bgr[1], bgr[0], 255})
		}
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := png.Encode(file, out); err != nil {
		t.Fatal(err)
	}
}

// readPortrait returns the demo's photograph, the part of it that a webcam would see.
func readPortrait(t *testing.T, w, h int) *frame.Frame {
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
	b := photo.Bounds()
	part := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dx()*h/w))
	draw.Copy(part, image.Point{}, photo, part.Bounds(), draw.Src, nil)
	return fromImage(part, w, h)
}

func fromImage(m image.Image, w, h int) *frame.Frame {
	scaled := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.BiLinear.Scale(scaled, scaled.Bounds(), m, m.Bounds(), draw.Src, nil)
	f := frame.New(w, h)
	for i := range w * h {
		rgb := scaled.Pix[4*i:]
		copy(f.Pix[3*i:], []byte{rgb[2], rgb[1], rgb[0]})
	}
	return f
}
