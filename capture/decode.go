package capture

import (
	"fmt"
	"image"

	"gocv.io/x/gocv"

	"stylecam/blend"
	"stylecam/capture/camera"
	"stylecam/frame"
	"stylecam/v4l2"
)

// decoder turns what a camera sends into frames. YUV is read as BT.601 in limited
// range, which is what webcams send; YUYV as what the driver says instead.
type decoder struct {
	format v4l2.Format
	mat    gocv.Mat // of compressed pictures
	open   bool
}

func newDecoder(f v4l2.Format) (camera.Decoder, error) {
	readable := map[v4l2.Fourcc]bool{
		v4l2.MJPEG: true,
		v4l2.JPEG:  true,
		v4l2.YUYV:  f.Width%2 == 0 && f.Stride >= 2*f.Width && f.Stride%2 == 0,
		v4l2.I420:  f.Width%2 == 0 && f.Height%2 == 0 && f.Stride == f.Width,
	}
	if f.Width < 1 || f.Height < 1 || f.Width > maxSide || f.Height > maxSide || !readable[f.Fourcc] {
		return nil, fmt.Errorf("gives pictures of %dx%d as %s in rows of %d bytes, which cannot be read: %w", f.Width, f.Height, f.Fourcc, f.Stride, camera.ErrUnreadable)
	}
	return &decoder{format: f, mat: gocv.NewMat(), open: true}, nil
}

// Decode fills dst, of the format's size, and tells whether data held a picture.
func (d *decoder) Decode(dst *frame.Frame, data []byte) (whole bool, err error) {
	w, h, stride := d.format.Width, d.format.Height, d.format.Stride
	switch d.format.Fourcc {
	case v4l2.YUYV:
		if c := d.format.Colours; c.FullRange() || c.BT709() {
			return d.unpack(dst, data), nil
		}
		return convert(dst, data, image.Pt(stride/2, h), image.Pt(w, h), gocv.MatTypeCV8UC2, gocv.ColorYUVToBGRYUY2)
	case v4l2.I420:
		all := image.Pt(w, h*3/2)
		return convert(dst, data, all, all, gocv.MatTypeCV8UC1, gocv.ColorYUVToBGRIYUV)
	}
	if err := gocv.IMDecodeIntoMat(data, gocv.IMReadColor, &d.mat); err != nil || d.mat.Empty() {
		return false, nil
	}
	return true, cover(dst, d.mat)
}

// unpack reads YUYV in colours that OpenCV does not know.
func (d *decoder) unpack(dst *frame.Frame, data []byte) (whole bool) {
	if len(data) < d.format.Stride*d.format.Height {
		return false
	}
	for y := range dst.Height {
		v4l2.UnpackYUYV(dst.Row(y), data[y*d.format.Stride:], d.format.Colours)
	}
	return true
}

// convert reads data as rows of the size stored, of which used are picture.
func convert(dst *frame.Frame, data []byte, stored, used image.Point, kind gocv.MatType, code gocv.ColorConversionCode) (bool, error) {
	pixel := 1
	if kind == gocv.MatTypeCV8UC2 {
		pixel = 2
	}
	if len(data) < stored.X*stored.Y*pixel {
		return false, nil
	}
	raw, err := gocv.NewMatFromBytes(stored.Y, stored.X, kind, data)
	if err != nil {
		return false, err
	}
	defer raw.Close()
	part := raw.Region(image.Rectangle{Max: used})
	defer part.Close()
	out, err := blend.Wrap(dst)
	if err != nil {
		return false, err
	}
	defer out.Close()
	return true, gocv.CvtColor(part, &out, code)
}

// Close frees the decoder, once.
func (d *decoder) Close() error {
	if !d.open {
		return nil
	}
	d.open = false
	return d.mat.Close()
}
