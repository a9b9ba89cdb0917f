package i420

import (
	"fmt"
	"testing"

	"stylecam/card"
	"stylecam/frame"
)

// The values are those of ITU-R BT.601 for full-strength colours, limited range.
func TestColoursAreBT601Limited(t *testing.T) {
	for name, c := range map[string]struct {
		bgr [3]byte
		yuv [3]byte
	}{
		"black":   {[3]byte{0, 0, 0}, [3]byte{16, 128, 128}},
		"white":   {[3]byte{255, 255, 255}, [3]byte{235, 128, 128}},
		"grey":    {[3]byte{128, 128, 128}, [3]byte{126, 128, 128}},
		"red":     {[3]byte{0, 0, 255}, [3]byte{81, 90, 240}},
		"green":   {[3]byte{0, 255, 0}, [3]byte{145, 54, 34}},
		"blue":    {[3]byte{255, 0, 0}, [3]byte{41, 240, 110}},
		"yellow":  {[3]byte{0, 255, 255}, [3]byte{210, 16, 146}},
		"cyan":    {[3]byte{255, 255, 0}, [3]byte{170, 166, 16}},
		"magenta": {[3]byte{255, 0, 255}, [3]byte{106, 202, 222}},
	} {
		f := frame.New(2, 2)
		for i := range f.Pix {
			f.Pix[i] = c.bgr[i%3]
		}
		var p Picture
		p.FromBGR(f)
		y, u, v := p.Planes()
		if got := [3]byte{y[3], u[0], v[0]}; got != c.yuv {
			t.Errorf("%s is %v, want %v", name, got, c.yuv)
		}
		p.ToBGR(f)
		for i, want := range c.bgr {
			if diff := int(f.Pix[i]) - int(want); diff < -2 || diff > 2 {
				t.Errorf("%s came back as %v", name, f.Pix[:3])
				break
			}
		}
	}
}

func TestGreyRampStaysGreyAndEven(t *testing.T) {
	f := frame.New(256, 2)
	for y := range 2 {
		for x := range 256 {
			copy(f.Row(y)[3*x:], []byte{byte(x), byte(x), byte(x)})
		}
	}
	var p Picture
	p.FromBGR(f)
	luma, u, v := p.Planes()
	for x := range 256 {
		if want := byte(16 + (219*x+127)/255); luma[x] != want || u[x/2] != 128 || v[x/2] != 128 {
			t.Fatalf("grey %d is %d %d %d, want %d 128 128", x, luma[x], u[x/2], v[x/2], want)
		}
	}
	back := frame.New(256, 2)
	p.ToBGR(back)
	for i := range f.Pix {
		if diff := int(f.Pix[i]) - int(back.Pix[i]); diff < -1 || diff > 1 {
			t.Fatalf("grey %d came back as %d", f.Pix[i], back.Pix[i])
		}
	}
}

func TestEverySizeIsConverted(t *testing.T) {
	var p Picture // one for all: it is reused from size to size
	for _, size := range [][2]int{{640, 480}, {1, 1}, {3, 5}, {641, 481}, {2, 1}, {16, 16}} {
		f := frame.New(size[0], size[1])
		f.Stride += 4
		f.Pix = make([]byte, f.Stride*f.Height)
		for i := range f.Pix {
			f.Pix[i] = 255
		}
		p.FromBGR(f)
		if want := even(size[0]) * even(size[1]) * 3 / 2; len(p.Pix) != want {
			t.Fatalf("%v has %d bytes, want %d", size, len(p.Pix), want)
		}
		y, _, _ := p.Planes()
		for i, l := range y {
			if l != 235 {
				t.Fatalf("%v: luma %d is %d", size, i, l)
			}
		}
		back := frame.New(size[0], size[1])
		p.ToBGR(back)
		for i, b := range back.Pix {
			if b != 255 {
				t.Fatalf("%v: byte %d came back as %d", size, i, b)
			}
		}
	}
}

func TestNothingIsAllocatedPerPicture(t *testing.T) {
	f, back := frame.New(64, 48), frame.New(64, 48)
	var p Picture
	p.FromBGR(f)
	if n := testing.AllocsPerRun(10, func() { p.FromBGR(f); p.ToBGR(back) }); n != 0 {
		t.Errorf("%g allocations a picture", n)
	}
}

func BenchmarkConvert(b *testing.B) {
	for _, size := range [][2]int{{640, 480}, {1280, 720}} {
		f := frame.New(size[0], size[1])
		card.Test(f, 1)
		var p Picture
		b.Run(fmt.Sprintf("from/%dx%d", size[0], size[1]), func(b *testing.B) {
			for range b.N {
				p.FromBGR(f)
			}
		})
		b.Run(fmt.Sprintf("to/%dx%d", size[0], size[1]), func(b *testing.B) {
			for range b.N {
				p.ToBGR(f)
			}
		})
	}
}
