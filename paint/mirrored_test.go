package paint

import (
	"context"
	"errors"
	"image"
	"testing"

	"stylecam/filter"
)

// oneSided sees somebody in the blue of a picture, and in its left half alone.
type oneSided struct{ fakeSegNet }

func (n *oneSided) Mask(dst []float32, image []byte, h, w int) error {
	if err := n.fakeSegNet.Mask(dst, image, h, w); err != nil {
		return err
	}
	for i := range dst {
		dst[i] = 0
		if i%w < w/2 {
			dst[i] = float32(image[3*i]) / 255
		}
	}
	return nil
}

func TestAMirroredLookSeesBothSidesAlike(t *testing.T) {
	const h, w = 16, 32
	picture := make([]byte, 3*h*w)
	for i := range picture {
		picture[i] = byte(i * 7)
	}
	n := &oneSided{}
	mask := make([]float32, h*w)
	m := &mirrored{SegNet: n}
	for range 2 { // with new buffers, and with used ones
		if err := m.Mask(mask, picture, h, w); err != nil {
			t.Fatal(err)
		}
		for i, got := range mask {
			if want := float32(picture[3*i]) / 255 / 2; got != want {
				t.Fatalf("place %d is %v, want %v", i, got, want)
			}
		}
	}
}

func TestStillsAreLookedAtTwiceAndFilmsOnce(t *testing.T) {
	for still, want := range map[bool]int{true: 2, false: 1} {
		s := newStudio(t, func(c *Config) { c.Still = still })
		s.apply(t, portrait(64, 48), filter.Defaults("dark"))
		if s.segnet.runs != want || s.segnet.most != 1 {
			t.Errorf("still: %v: SegNet looks %d times, want %d, at up to %d pictures as of one scene", still, s.segnet.runs, want, s.segnet.most)
		}
	}
}

func TestStillsOnAGPUAreAsLargeAsTheFrame(t *testing.T) {
	s := newStudio(t, func(c *Config) { c.Still, c.OnGPU = true, true })
	p := filter.Defaults("dark")
	want := sizes{paint: image.Pt(640, 480), mask: image.Pt(384, 288)}
	if got := s.sizes(portrait(640, 480), &p); got != want {
		t.Errorf("worked on at %v, want %v", got, want)
	}
}

func TestADeviceMakesNoStills(t *testing.T) {
	s := newStudio(t, nil)
	c := s.Config
	c.Still, c.Device = true, struct{ Device }{}
	if _, err := New(c); err == nil {
		t.Error("a device that looks once is taken for stills")
	}
}

func TestAFailureOfEitherLookIsTold(t *testing.T) {
	broken := errors.New("out of memory")
	for runs := range 2 {
		s := newStudio(t, func(c *Config) { c.Still = true })
		s.segnet.after, s.segnet.err = runs, broken
		p := filter.Defaults("dark")
		if _, err := s.Apply(context.Background(), portrait(64, 48), &p, &filter.Trace{}); !errors.Is(err, broken) {
			t.Errorf("after %d looks: %v", runs, err)
		}
	}
}
