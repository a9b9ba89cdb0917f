package blend

import (
	"fmt"
	"testing"

	"stylecam/frame"
)

// sizesToBear are frames that no camera sends and files may hold.
var sizesToBear = [][2]int{{1, 1}, {1, 300}, {300, 1}, {17, 9}, {641, 479}, {640, 480}, {1280, 720}}

// stage is everything that one picture takes.
type stage struct {
	*Scene
	*Refiner
	*Composer
	mask  *Mask
	dst   *frame.Frame
	paint Painting
}

func newStage(t *testing.T, f *frame.Frame) *stage {
	t.Helper()
	g := &stage{Scene: NewScene(), Refiner: NewRefiner(), Composer: NewComposer(), dst: frame.New(f.Width, f.Height)}
	t.Cleanup(func() { g.Scene.Close(); g.Refiner.Close(); g.Composer.Close() })
	if err := g.Load(f); err != nil {
		t.Fatal(err)
	}
	var err error
	g.mask, err = g.Refine(g.Scene, oval(segH, segW, 0.5, 0.5, 0.3), segH, segW, Refinement{Feather: 4, Smoothing: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	// A painting that has nothing to do with the frame.
	g.paint = Painting{noisy(paintW, paintH).Pix, paintH, paintW}
	return g
}

// far is the largest difference of two pictures.
func far(a, b *frame.Frame) int {
	most := 0
	for y := range a.Height {
		for i, v := range a.Row(y) {
			most = max(most, int(v)-int(b.Row(y)[i]), int(b.Row(y)[i])-int(v))
		}
	}
	return most
}

func TestAlphaZeroIsTheFrame(t *testing.T) {
	for _, wh := range sizesToBear {
		t.Run(fmt.Sprint(wh), func(t *testing.T) {
			f := noisy(wh[0], wh[1])
			g := newStage(t, f)
			bare := FinishOf(0, 0, 1)
			if err := g.Fused(g.dst, g.Scene, g.mask, g.paint, bare, bare); err != nil {
				t.Fatal(err)
			}
			if d := far(f, g.dst); d > 0 {
				t.Errorf("(0,0) differs from the frame by up to %d", d)
			}
		})
	}
}

func TestAlphaZeroOfThePersonIsThePerson(t *testing.T) {
	f := noisy(640, 480)
	g := newStage(t, f)
	if err := g.Fused(g.dst, g.Scene, g.mask, g.paint, FinishOf(0, 0, 1), FinishOf(1, 1, 1)); err != nil {
		t.Fatal(err)
	}
	for i, m := range sure(t, g.mask) {
		for c := range 3 {
			if m == 255 && g.dst.Pix[3*i+c] != f.Pix[3*i+c] {
				t.Fatalf("pixel %d of the person is %d, in the frame %d", i, g.dst.Pix[3*i+c], f.Pix[3*i+c])
			}
		}
	}
}

func TestFourK(t *testing.T) {
	g := newStage(t, noisy(3840, 2160))
	if err := g.Fused(g.dst, g.Scene, g.mask, g.paint, FinishOf(0.5, 0.3, 1), FinishOf(1, 1, 1)); err != nil {
		t.Error(err)
	}
	if err := g.Layers(g.dst, g.Scene, g.mask, Layer{Kind: Original}, Layer{Kind: Blurred}); err != nil {
		t.Error(err)
	}
}

// sure is what of the mask is the person beyond doubt.
func sure(t *testing.T, m *Mask) []byte {
	t.Helper()
	inner, err := m.innerAtFrame()
	if err != nil {
		t.Fatal(err)
	}
	pix, err := inner.DataPtrUint8()
	if err != nil {
		t.Fatal(err)
	}
	return pix
}

// From the photograph to the painting there is no jump.
func TestAlphaIsContinuous(t *testing.T) {
	g := newStage(t, noisy(320, 240))
	last := frame.New(320, 240)
	for i := range 101 {
		a := float32(i) / 100
		finish := FinishOf(a, a, 1)
		if err := g.Fused(g.dst, g.Scene, nil, g.paint, finish, finish); err != nil {
			t.Fatal(err)
		}
		// The photo's weight falls by at most 2/25 of full scale in a step.
		if d := far(last, g.dst); i > 0 && d > 255*2/25+4 {
			t.Errorf("from alpha %.2f to %.2f pixels jump by up to %d", a-0.01, a, d)
		}
		last.CopyFrom(g.dst)
	}
}

func TestDetailBringsBackTheFramesLuminance(t *testing.T) {
	f := noisy(640, 480)
	g := newStage(t, f)
	// Painted as the network that changes nothing would.
	small, err := g.Content(paintH, paintW)
	if err != nil {
		t.Fatal(err)
	}
	copy(g.paint.Pix, small)
	soft, sharp := frame.New(640, 480), frame.New(640, 480)
	for _, c := range []struct {
		dst    *frame.Frame
		detail float32
	}{{soft, 0}, {sharp, 1}} {
		whole := Finish{Detail: c.detail}
		if err := g.Fused(c.dst, g.Scene, nil, g.paint, whole, whole); err != nil {
			t.Fatal(err)
		}
	}
	var before, after int
	for i := 0; i < len(f.Pix); i += 3 {
		before += abs2(luma(f.Pix[i:]) - luma(soft.Pix[i:]))
		after += abs2(luma(f.Pix[i:]) - luma(sharp.Pix[i:]))
	}
	if after*10 > before {
		t.Errorf("luminance is off by %d without detail, by %d with it", before, after)
	}
}

func luma(bgr []byte) int { return (114*int(bgr[0]) + 587*int(bgr[1]) + 299*int(bgr[2])) / 1000 }
func abs2(x int) int      { return max(x, -x) }

// Every kind of layer, at every size.
func TestLayers(t *testing.T) {
	still := frame.New(30, 200)
	for i := range still.Pix {
		still.Pix[i] = byte(i % 3 * 100)
	}
	for _, wh := range sizesToBear {
		g := newStage(t, noisy(wh[0], wh[1]))
		for _, layer := range []Layer{
			{Kind: Painted, Painting: g.paint, Finish: FinishOf(1, 1, 1)},
			{Kind: Original}, {Kind: Blurred},
			{Kind: Plain, Colour: [3]byte{0, 255, 0}},
			{Kind: Picture, Still: still},
		} {
			t.Run(fmt.Sprint(wh, " ", layer.Kind), func(t *testing.T) {
				if err := g.Layers(g.dst, g.Scene, g.mask, Layer{Kind: Original}, layer); err != nil {
					t.Fatal(err)
				}
				full, err := g.mask.Full()
				if err != nil {
					t.Fatal(err)
				}
				inner := sure(t, g.mask)
				for i, m := range full {
					pixel := [3]byte(g.dst.Pix[3*i:])
					if inner[i] == 255 && m == 255 && pixel != [3]byte(g.Frame.Pix[3*i:]) {
						t.Fatalf("pixel %d of the person is %v", i, pixel)
					}
					if m == 0 && layer.Kind == Plain && pixel != layer.Colour {
						t.Fatalf("pixel %d of the background is %v, not %v", i, pixel, layer.Colour)
					}
					if m == 0 && layer.Kind == Picture && pixel != [3]byte(still.Pix) {
						t.Fatalf("pixel %d of the background is %v, not %v", i, pixel, still.Pix[:3])
					}
				}
			})
		}
	}
}

func TestViews(t *testing.T) {
	for _, wh := range sizesToBear {
		t.Run(fmt.Sprint(wh), func(t *testing.T) {
			f := noisy(wh[0], wh[1])
			g := newStage(t, f)
			if err := g.Overlay(g.dst, g.Scene, g.mask); err != nil {
				t.Fatal(err)
			}
			SideBySide(g.dst, g.Scene)
			if wh[0] > 4 && [3]byte(g.dst.Pix) != [3]byte(f.Pix) {
				t.Error("the left half is not the frame")
			}
			g.dst.CopyFrom(f)
			if err := Mirror(g.dst); err != nil {
				t.Fatal(err)
			}
			for x := range f.Width {
				if [3]byte(g.dst.Row(0)[3*x:]) != [3]byte(f.Row(0)[3*(f.Width-1-x):]) {
					t.Fatalf("pixel %d is not mirrored", x)
				}
			}
			cut, err := g.CutOut(g.Scene, g.mask)
			if err != nil {
				t.Fatal(err)
			}
			if cut.Bounds().Dx() != f.Width || cut.Bounds().Dy() != f.Height {
				t.Errorf("cut-out is %v", cut.Bounds())
			}
			for i, m := range sure(t, g.mask) {
				if m == 255 && cut.Pix[4*i+2] != f.Pix[3*i] {
					t.Fatalf("pixel %d of the person is %v", i, cut.Pix[4*i:4*i+4])
				}
			}
		})
	}
}

func TestFramesWithGapsBetweenRowsAreRefused(t *testing.T) {
	f := frame.New(4, 4)
	f.Width, f.Stride = 3, 12
	s := NewScene()
	defer s.Close()
	if err := s.Load(f); err == nil {
		t.Error("a frame with gaps was loaded")
	}
}
