package card

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"strings"
	"testing"

	"golang.org/x/image/draw"
	"golang.org/x/image/font/gofont/goregular"

	"stylecam/frame"
)

var sizes = []image.Point{{160, 120}, {320, 240}, {640, 480}, {641, 481}, {1280, 720}, {480, 854}}

func TestCodeReadsBack(t *testing.T) {
	for _, size := range sizes {
		f := frame.New(size.X, size.Y)
		for _, seq := range []uint64{0, 1, 29, 0x55555555, 0xaaaaaaaa, math.MaxUint32} {
			Test(f, seq)
			if got, ok := ReadCode(f); !ok || got != seq {
				t.Errorf("%v: read %d, %v; want %d", size, got, ok, seq)
			}
		}
	}
}

func TestCodeIsModulo32Bits(t *testing.T) {
	f := frame.New(640, 480)
	Test(f, 1<<32+7)
	if got, ok := ReadCode(f); !ok || got != 7 {
		t.Errorf("read %d, %v; want 7", got, ok)
	}
}

func TestCodeSurvivesScalingCompressionAndLevels(t *testing.T) {
	const seq = 123456789
	f := frame.New(640, 480)
	Test(f, seq)
	for _, to := range []image.Point{{1280, 720}, {333, 250}, {160, 120}} {
		for _, quality := range []int{90, 30, 10} {
			t.Run(fmt.Sprintf("%v at quality %d", to, quality), func(t *testing.T) {
				scaled := image.NewRGBA(image.Rectangle{Max: to})
				src := toImage(f)
				draw.BiLinear.Scale(scaled, scaled.Bounds(), src, src.Bounds(), draw.Src, nil)
				for i := range scaled.Pix { // washed out, as limited range taken for full
					scaled.Pix[i] = scaled.Pix[i]/2 + 60
				}
				var file bytes.Buffer
				if err := jpeg.Encode(&file, scaled, &jpeg.Options{Quality: quality}); err != nil {
					t.Fatal(err)
				}
				back, err := jpeg.Decode(&file)
				if err != nil {
					t.Fatal(err)
				}
				if got, ok := ReadCode(toFrame(back)); !ok || got != seq {
					t.Errorf("read %d, %v", got, ok)
				}
			})
		}
	}
}

func TestNoCodeIsNotRead(t *testing.T) {
	grey := frame.New(640, 480)
	for i := range grey.Pix {
		grey.Pix[i] = 128
	}
	mirrored, damaged := frame.New(640, 480), frame.New(640, 480)
	Test(damaged, 5)
	for y := range mirrored.Height {
		for x := range mirrored.Width {
			copy(mirrored.Row(y)[3*x:3*x+3], damaged.Row(y)[3*(mirrored.Width-1-x):])
		}
	}
	fill(damaged, codeBlock(damaged, 3, 0), colour{128, 128, 128})
	fill(damaged, codeBlock(damaged, 4, 0), white)
	notice := frame.New(640, 480)
	Notice(notice, "Camera lost", "waiting")
	for name, f := range map[string]*frame.Frame{
		"black": frame.New(640, 480), "grey": grey, "mirrored": mirrored,
		"damaged": damaged, "notice": notice, "1x1": frame.New(1, 1),
	} {
		if seq, ok := ReadCode(f); ok {
			t.Errorf("%s: read %d where there is no code", name, seq)
		}
	}
}

func TestTestCardMovesAndRepeats(t *testing.T) {
	a, b := frame.New(320, 240), frame.New(320, 240)
	Test(a, 10)
	Test(b, 10)
	if !bytes.Equal(a.Pix, b.Pix) {
		t.Error("the same frame number gave two pictures")
	}
	Test(b, 11)
	track := 3 * 320 * (240*10/20 + 5)
	if bytes.Equal(a.Pix[track:track+960], b.Pix[track:track+960]) {
		t.Error("the square does not move")
	}
	if got := a.Pix[:3]; !bytes.Equal(got, []byte{191, 191, 191}) {
		t.Errorf("first bar is %v", got)
	}
	if red := a.Row(0)[3*(320*5/8+10):][:3]; !bytes.Equal(red, []byte{0, 0, 191}) {
		t.Errorf("sixth bar is %v, want red in the order blue, green, red", red)
	}
}

// Everything is drawn at any size, and with a stride wider than the row.
func TestEverySizeIsDrawn(t *testing.T) {
	for _, size := range append(sizes, image.Pt(1, 1), image.Pt(7, 3), image.Pt(3, 50), image.Pt(64, 48), image.Pt(3840, 2160)) {
		const slack = 5
		f := frame.New(size.X, size.Y)
		f.Stride += slack
		f.Pix = bytes.Repeat([]byte{1}, f.Stride*f.Height)
		for name, draw := range map[string]func(){
			"notice": func() { Notice(f, "Camera lost", strings.Repeat("The camera went away; waiting for it. ", 20)) },
			"test":   func() { Test(f, math.MaxUint64) },
		} {
			draw()
			for y := range f.Height {
				if got := f.Pix[y*f.Stride+3*f.Width : (y+1)*f.Stride]; !bytes.Equal(got, bytes.Repeat([]byte{1}, slack)) {
					t.Fatalf("%s %v: drawn past the end of row %d", name, size, y)
				}
			}
		}
	}
}

func TestNoticeHoldsText(t *testing.T) {
	for _, size := range sizes {
		empty, full := frame.New(size.X, size.Y), frame.New(size.X, size.Y)
		Notice(empty, "", "")
		Notice(full, "Camera lost", "Waiting for it to come back.")
		changed := 0
		for i := range full.Pix {
			if full.Pix[i] != empty.Pix[i] {
				changed++
			}
		}
		if share := float64(changed) / float64(len(full.Pix)); share < 0.01 {
			t.Errorf("%v: text covers %.2f %% of the card", size, 100*share)
		}
	}
}

func TestWrap(t *testing.T) {
	face := newFace(goregular.TTF, 20)
	const width = 150
	for _, text := range []string{
		"", "word", "some words that go on for longer than a line",
		"Donaudampfschifffahrtselektrizitätenhauptbetriebswerk", "a\nb", "a\n\nb", "\xff\xfe broken\xff utf8", "日本語の長い文字列日本語の長い文字列",
	} {
		lines := wrap(face, text, width)
		for _, line := range lines {
			if got := measure(face, line); got > width {
				t.Errorf("%q: line %q is %d wide", text, line, got)
			}
		}
		letters := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if got := letters(strings.Join(lines, " ")); got != letters(text) {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func BenchmarkTest(b *testing.B) {
	f := frame.New(640, 480)
	b.ReportAllocs()
	for n := range uint64(b.N) {
		Test(f, n)
	}
}

func toImage(f *frame.Frame) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, f.Width, f.Height))
	for y := range f.Height {
		row := f.Row(y)
		for x := range f.Width {
			m.SetRGBA(x, y, color.RGBA{row[3*x+2], row[3*x+1], row[3*x], 255})
		}
	}
	return m
}

func toFrame(m image.Image) *frame.Frame {
	f := frame.New(m.Bounds().Dx(), m.Bounds().Dy())
	for y := range f.Height {
		row := f.Row(y)
		for x := range f.Width {
			c := color.RGBAModel.Convert(m.At(x, y)).(color.RGBA)
			row[3*x], row[3*x+1], row[3*x+2] = c.B, c.G, c.R
		}
	}
	return f
}
