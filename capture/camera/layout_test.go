package camera

import (
	"testing"

	"stylecam/v4l2"
)

// listed is a device by what it lists: rates by layout and size.
type listed map[v4l2.Fourcc]map[v4l2.Size][]float64

func (l listed) Formats(v4l2.Queue) []v4l2.Fourcc {
	var all []v4l2.Fourcc
	for f := range l {
		all = append(all, f)
	}
	return all
}

func (l listed) Sizes(f v4l2.Fourcc) []v4l2.Size {
	var all []v4l2.Size
	for s := range l[f] {
		all = append(all, s)
	}
	return all
}

func (l listed) Rates(f v4l2.Fourcc, width, height int) []float64 {
	for s, rates := range l[f] {
		if s.Width == width && s.Height == height {
			return rates
		}
	}
	return nil
}

func TestChooseLayout(t *testing.T) {
	grey := v4l2.Fourcc('G' | 'R'<<8 | 'E'<<16 | 'Y'<<24)
	for _, c := range []struct {
		d    listed
		want mode
		got  v4l2.Fourcc
	}{
		{webcam, mode{640, 480, 30}, v4l2.YUYV},
		{webcam, mode{1280, 720, 30}, v4l2.MJPEG},
		{webcam, mode{1280, 720, 10}, v4l2.YUYV},
		{webcam, mode{1920, 1080, 30}, v4l2.MJPEG},
		{listed{v4l2.I420: {}}, mode{640, 480, 30}, v4l2.I420},
		{listed{v4l2.YUYV: {{Width: 4096, Height: 2304, MinWidth: 16, MinHeight: 16}: nil}}, mode{1000, 700, 30}, v4l2.YUYV},
		{listed{grey: {vga: {30}}}, mode{640, 480, 30}, 0},
	} {
		got, err := chooseLayout(c.d, c.want)
		if got != c.got || (err != nil) != (c.got == 0) {
			t.Errorf("%v of %v: %v, %v", c.want, c.d, got, err)
		}
	}
}
