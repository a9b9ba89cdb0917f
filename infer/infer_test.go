package infer

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stylecam/filter"
	"stylecam/models"
	"stylecam/style"
)

// The small graphs of testdata (make.py there says what each computes) stand in for
// the networks: what they make of a picture can be written down.

func openRuntime(t testing.TB, o Options) *Runtime {
	t.Helper()
	r, err := Open(o)
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

func onCPU(t testing.TB) *Runtime { return openRuntime(t, Options{Provider: CPU}) }

func graph(t testing.TB, name string) models.Graph {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".onnx"))
	if err != nil {
		t.Fatal(err)
	}
	return models.Graph{Entry: models.Entry{Name: "test", Graph: name}, Bytes: data}
}

// picture is height rows of width pixels, each different from its neighbours.
func picture(height, width, seed int) []byte {
	p := make([]byte, height*width*3)
	for i := range p {
		p[i] = byte((i*31 + seed*97) % 251)
	}
	return p
}

func filled(n int, v float32) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = v
	}
	return s
}

func TestSegNetMasks(t *testing.T) {
	n, err := onCPU(t).SegNet(graph(t, "segnet"))
	if err != nil {
		t.Fatal(err)
	}
	// Back to a size seen before, and over more sizes than are kept.
	for i, size := range [][2]int{{16, 32}, {32, 16}, {16, 32}, {16, 16}, {16, 48}, {16, 64}, {16, 80}, {16, 96}, {16, 112}, {16, 128}, {16, 32}} {
		height, width := size[0], size[1]
		image := picture(height, width, i)
		mask := make([]float32, height*width)
		if err := n.Mask(mask, image, height, width); err != nil {
			t.Fatal(err)
		}
		for at, got := range mask {
			sum := int(image[3*at]) + int(image[3*at+1]) + int(image[3*at+2])
			if want := float32(sum) / 3 / 255; math.Abs(float64(got-want)) > 1e-5 {
				t.Fatalf("%dx%d: mask is %g at %d, want %g", width, height, got, at, want)
			}
		}
	}
	if len(n.session.recent) != keep {
		t.Errorf("%d shapes are kept, not %d", len(n.session.recent), keep)
	}
}

func TestSegNetRemembersItsLastMask(t *testing.T) {
	n, err := onCPU(t).SegNet(graph(t, "segnet-previous"))
	if err != nil {
		t.Fatal(err)
	}
	white := func(height, width int) float32 {
		t.Helper()
		image := make([]byte, height*width*3)
		for i := range image {
			image[i] = 255
		}
		mask := make([]float32, height*width)
		if err := n.Mask(mask, image, height, width); err != nil {
			t.Fatal(err)
		}
		clear(image) // neither is the network's to keep
		last := mask[len(mask)-1]
		clear(mask)
		return last
	}
	var got []float32
	got = append(got, white(16, 16), white(16, 16), white(16, 16))
	n.Reset()
	got = append(got, white(16, 16), white(16, 16))
	got = append(got, white(32, 16), white(32, 16)) // another size: another scene
	got = append(got, white(16, 16))
	want := []float32{0.5, 0.75, 0.875, 0.5, 0.75, 0.5, 0.75, 0.5}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// widths are the test graphs'.
var widths = style.Widths{Tokens: 4, KeyDim: 2, LowDim: 3, HighDim: 3, ToneDim: 5}

// flat returns a style whose values are all the same.
func flat(low, high float32) *style.Tensors {
	s := style.New(widths)
	copy(s.LowValues, filled(len(s.LowValues), low))
	copy(s.HighValues, filled(len(s.HighValues), high))
	copy(s.Tone, filled(len(s.Tone), 1))
	return s
}

func TestSANetPaints(t *testing.T) {
	n, err := onCPU(t).SANet(graph(t, "sanet-paint"))
	if err != nil {
		t.Fatal(err)
	}
	const height, width = 32, 48
	const places = height / 4 * width / 4
	black, white, grey, dim := flat(0, 0), flat(1, 1), flat(0.2, 0.6), flat(1, 0.5)
	copy(dim.Tone, []float32{0, 0.5, 1, 0.25, 0.75})
	tests := map[string]struct {
		styles    []*style.Tensors
		share     []float32
		low, high float32
		want      float64 // of every byte; -1: the picture's own
	}{
		"the photograph":       {[]*style.Tensors{black}, filled(places, 1), 0, 0, -1},
		"the low level alone":  {[]*style.Tensors{grey}, filled(places, 1), 1, 0, 0.2 * 255},
		"the high level alone": {[]*style.Tensors{grey}, filled(places, 1), 0, 1, 0.6 * 255},
		"a tone":               {[]*style.Tensors{dim}, filled(places, 1), 1, 0, 0.5 * 255},
		"two tones":            {[]*style.Tensors{white, dim}, append(filled(places, 0.25), filled(places, 0.75)...), 0, 1, (0.25 + 0.75*0.25) * 255},
		"two styles":           {[]*style.Tensors{black, white}, append(filled(places, 0.25), filled(places, 0.75)...), 1, 0, 0.75 * 255},
		"three styles": {[]*style.Tensors{white, grey, black},
			append(filled(places, 0.5), append(filled(places, 0.5), filled(places, 0)...)...), 0, 1, 0.8 * 255},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			image, dst := picture(height, width, 1), make([]byte, height*width*3)
			alpha := append(filled(places, test.low), filled(places, test.high)...)
			if err := n.Paint(dst, image, height, width, test.styles, test.share, alpha); err != nil {
				t.Fatal(err)
			}
			for i, got := range dst {
				want := test.want
				if want < 0 {
					want = float64(image[i])
				}
				if math.Abs(float64(got)-want) > 1 {
					t.Fatalf("byte %d is %d, want %g", i, got, want)
				}
			}
		})
	}
}

func TestEncodedStylePaints(t *testing.T) {
	r := onCPU(t)
	encoder, err := r.StyleEncoder(graph(t, "sanet-style"))
	if err != nil {
		t.Fatal(err)
	}
	painting := make([]byte, encoder.Side()*encoder.Side()*3)
	for i := range painting {
		painting[i] = []byte{51, 102, 204}[i%3]
	}
	first, err := encoder.Encode(painting)
	if err != nil {
		t.Fatal(err)
	}
	clear(painting)
	second, err := encoder.Encode(painting)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float32{0.2, 0.4, 0.8} {
		if math.Abs(float64(first.LowValues[i]-want)) > 1e-5 || math.Abs(float64(first.HighValues[i]-(1-want))) > 1e-5 {
			t.Errorf("values are %v and %v, want %g at %d", first.LowValues[:3], first.HighValues[:3], want, i)
		}
	}
	if second.LowValues[0] != 0 {
		t.Errorf("of a black painting the first value is %g", second.LowValues[0])
	}
	if _, err := encoder.Encode(painting[1:]); err == nil {
		t.Error("a painting that is too small was taken")
	}

	n, err := r.SANet(graph(t, "sanet-paint"))
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]byte, 16*16*3)
	if err := n.Paint(dst, picture(16, 16, 1), 16, 16, []*style.Tensors{first}, filled(16, 1), append(filled(16, 1), filled(16, 0)...)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]byte{51, 102, 204}, dst[:3]); diff != "" {
		t.Error(diff)
	}
}

func TestClosedNetworkSaysSo(t *testing.T) {
	r := onCPU(t)
	n, err := r.SegNet(graph(t, "segnet"))
	if err != nil {
		t.Fatal(err)
	}
	mask, image := make([]float32, 256), picture(16, 16, 1)
	if err := n.Mask(mask, image, 16, 16); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Mask(mask, image, 16, 16); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("error is %v", err)
	}
	if len(r.open) != 0 {
		t.Error("the runtime still thinks it open")
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	r := onCPU(t)
	segnet, err := r.SegNet(graph(t, "segnet-previous"))
	if err != nil {
		t.Fatal(err)
	}
	sanet, err := r.SANet(graph(t, "sanet-paint"))
	if err != nil {
		t.Fatal(err)
	}
	small, large := picture(16, 16, 1), picture(32, 32, 1)
	mask, dst := make([]float32, 256), make([]byte, 32*32*3)
	styles := []*style.Tensors{flat(0, 1), flat(1, 0)}
	share, alpha := filled(128, 0.5), filled(128, 1)
	frame := func() {
		if err := segnet.Mask(mask, small, 16, 16); err != nil {
			t.Fatal(err)
		}
		// Sizes and numbers of styles that alternate, all seen before.
		if err := sanet.Paint(dst, large, 32, 32, styles, share, alpha); err != nil {
			t.Fatal(err)
		}
		if err := sanet.Paint(dst, large, 32, 32, styles[:1], share[:64], alpha); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(50, frame); n != 0 {
		t.Errorf("%g allocations a frame", n)
	}
}

func TestNetworksRunSideBySide(t *testing.T) {
	r := onCPU(t)
	var wg sync.WaitGroup
	for i := range 4 {
		n, err := r.SegNet(graph(t, "segnet-previous"))
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			mask, image := make([]float32, 32*32), picture(32, 32, i)
			for range 50 {
				if err := n.Mask(mask, image, 32, 32); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestTheProgramsOwnModels(t *testing.T) {
	r := onCPU(t)
	segnet, encoder, sanet := load3(t, r)
	const height, width, places = 144, 192, 36 * 48
	mask := make([]float32, height*width)
	if err := segnet.Mask(mask, picture(height, width, 1), height, width); err != nil {
		t.Fatal(err)
	}
	for i, v := range mask {
		if !(v >= 0 && v <= 1) {
			t.Fatalf("mask is %g at %d", v, i)
		}
	}
	s, err := encoder.Encode(picture(encoder.Side(), encoder.Side(), 2))
	if err != nil {
		t.Fatal(err)
	}
	image, dst := picture(height, width, 1), make([]byte, height*width*3)
	for n := 1; n <= filter.MaxParts; n++ {
		styles := make([]*style.Tensors, n)
		for i := range styles {
			styles[i] = s
		}
		err := sanet.Paint(dst, image, height, width, styles, filled(n*places, 1/float32(n)), filled(2*places, 1))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(dst, image) {
			t.Errorf("in %d styles the picture was not painted", n)
		}
	}
}

// On a GPU inputs are bound again before each run. The CPU does not mind, so that
// the path can be walked without one.
func TestNewInputsAreShownToAGPU(t *testing.T) {
	r := onCPU(t)
	n, err := r.SegNet(graph(t, "segnet-previous"))
	if err != nil {
		t.Fatal(err)
	}
	r.provider = CUDA
	mask := make([]float32, 256)
	for i, want := range []float32{0.5, 0.25, 0.625} {
		image := make([]byte, 768)
		if i != 1 {
			image = bytes.Repeat([]byte{255}, 768)
		}
		if err := n.Mask(mask, image, 16, 16); err != nil {
			t.Fatal(err)
		}
		if mask[0] != want {
			t.Errorf("frame %d: mask is %g, want %g", i, mask[0], want)
		}
	}
}

// A tensor that could not be made is refused before the library sees it.
func TestACallWithoutItsTensorsFails(t *testing.T) {
	k, err := onCPU(t).Kernel(graph(t, "segnet"))
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	for name, put := range map[string]func(*Call){
		"image": func(c *Call) { c.From("image", nil) },
		"mask":  func(c *Call) { c.To("mask", nil) },
	} {
		c := k.Call()
		put(c)
		var failure *Failure
		for _, err := range []error{c.Err(), c.Run()} {
			if !errors.As(err, &failure) || !strings.Contains(err.Error(), "no tensor for "+name) {
				t.Errorf("error is %v", err)
			}
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}
