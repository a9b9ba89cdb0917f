package capture

import (
	"bytes"
	"errors"
	"testing"

	"gocv.io/x/gocv"

	"stylecam/blend"
	"stylecam/capture/camera"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/v4l2"
)

func TestCameraOf(t *testing.T) {
	for input, want := range map[string]string{
		"camera": "", "camera:": "", "camera:2": "2", "camera:/dev/video2": "/dev/video2", "camera:HD Pro: C920": "HD Pro: C920",
		"/dev/video2": "/dev/video2", "/dev/v4l/by-id/usb-x": "/dev/v4l/by-id/usb-x",
	} {
		if which, ok := cameraOf(input); !ok || which != want {
			t.Errorf("%q: %q, %v", input, which, ok)
		}
	}
	for _, input := range []string{"demo", "card", "camera.mp4", "/dev/stdin", "cameras:1"} {
		if which, ok := cameraOf(input); ok {
			t.Errorf("%q is taken for camera %q", input, which)
		}
	}
}

func TestDecoder(t *testing.T) {
	red := bytes.Repeat([]byte{81, 90, 81, 240}, 4*2) // YUYV, BT.601: 8x2 pixels
	padded := append(append(bytes.Clone(red[:16]), 1, 2, 3, 4), append(bytes.Clone(red[16:]), 1, 2, 3, 4)...)
	planes := append(bytes.Repeat([]byte{81}, 16), append(bytes.Repeat([]byte{90}, 4), bytes.Repeat([]byte{240}, 4)...)...)
	picture := frame.New(8, 2)
	for i := range 16 {
		picture.Pix[3*i+2] = 255
	}
	m, err := blend.Wrap(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	jpeg, err := gocv.IMEncode(gocv.JPEGFileExt, m)
	if err != nil {
		t.Fatal(err)
	}
	defer jpeg.Close()
	for _, c := range []struct {
		fourcc v4l2.Fourcc
		stride int
		data   []byte
		whole  bool
	}{
		{v4l2.YUYV, 16, red, true},
		{v4l2.YUYV, 20, padded, true},
		{v4l2.YUYV, 16, red[:31], false},
		{v4l2.I420, 8, planes, true},
		{v4l2.I420, 8, planes[:10], false},
		{v4l2.MJPEG, 0, jpeg.GetBytes(), true},
		{v4l2.MJPEG, 0, []byte("no jpeg"), false},
	} {
		d, err := newDecoder(v4l2.Format{Width: 8, Height: 2, Fourcc: c.fourcc, Stride: c.stride})
		if err != nil {
			t.Fatal(err)
		}
		f := frame.New(8, 2)
		whole, err := d.Decode(f, c.data)
		if err != nil || whole != c.whole {
			t.Errorf("%v in %d bytes: %v, %v", c.fourcc, len(c.data), whole, err)
		}
		for i := 0; whole && i < len(f.Pix); i += 3 {
			if p := f.Pix[i:]; p[0] > 8 || p[1] > 8 || p[2] < 247 {
				t.Errorf("%v, stride %d: pixel %d is %v, not red", c.fourcc, c.stride, i/3, p[:3])
				break
			}
		}
		if err := errors.Join(d.Close(), d.Close()); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []v4l2.Format{
		{}, {Width: 7, Height: 2, Fourcc: v4l2.YUYV, Stride: 16}, {Width: 8, Height: 2, Fourcc: v4l2.YUYV, Stride: 8},
		{Width: 8, Height: 2, Fourcc: v4l2.I420, Stride: 32}, {Width: 8, Height: 2, Fourcc: 1}, {Width: 1 << 20, Height: 2, Fourcc: v4l2.MJPEG},
	} {
		if _, err := newDecoder(bad); !errors.Is(err, camera.ErrUnreadable) || !errors.Is(err, filter.ErrMissing) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
