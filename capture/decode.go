package capture

import (
	"fmt"
	"image"
	"slices"

	"gocv.io/x/gocv"

	"stylecam/filter"
	"stylecam/frame"
	"stylecam/v4l2"
)

// layouts that can be read, in the order of preference: what is not compressed
// looks better and costs less, but fills the cable at large sizes.
var layouts = []v4l2.Fourcc{v4l2.YUYV, v4l2.I420, v4l2.MJPEG, v4l2.JPEG}

// lister is what is asked of a device in order to choose a layout.
type lister interface {
	Formats(v4l2.Queue) []v4l2.Fourcc
	Sizes(v4l2.Fourcc) []v4l2.Size
	Rates(f v4l2.Fourcc, width, height int) []float64
}

// chooseLayout returns the first layout in which the device gives the wanted size
// at the wanted rate, else the first that it gives at all, compressed ones before
// the others since they reach further.
func chooseLayout(d lister, want mode) (v4l2.Fourcc, error) {
	given := d.Formats(v4l2.Capture)
	for _, f := range layouts {
		if slices.Contains(given, f) && reaches(d, f, want) {
			return f, nil
		}
	}
	for _, f := range slices.Backward(layouts) {
		if slices.Contains(given, f) {
			return f, nil
		}
	}
	return 0, fmt.Errorf("gives pictures as %v, of which none can be read (%v can): %w", given, layouts, filter.ErrMissing)
}

func reaches(d lister, f v4l2.Fourcc, want mode) bool {
	fits := func(s v4l2.Size) bool {
		return s.MinWidth <= want.width && want.width <= s.Width && s.MinHeight <= want.height && want.height <= s.Height
	}
	if sizes := d.Sizes(f); len(sizes) > 0 && !slices.ContainsFunc(sizes, fits) {
		return false
	}
	rates := d.Rates(f, want.width, want.height)
	return len(rates) == 0 || slices.Max(rates) > want.fps-0.5
}

// decoder turns what a camera sends into frames. YUV is read as BT.601 in limited
// range, which is what webcams send.
type decoder struct {
	format v4l2.Format
	mat    gocv.Mat // of compressed pictures
	open   bool
}

func newDecoder(f v4l2.Format) (decoder, error) {
	readable := map[v4l2.Fourcc]bool{
		v4l2.MJPEG: true,
		v4l2.JPEG:  true,
		v4l2.YUYV:  f.Width%2 == 0 && f.Stride >= 2*f.Width && f.Stride%2 == 0,
		v4l2.I420:  f.Width%2 == 0 && f.Height%2 == 0 && f.Stride == f.Width,
	}
	if f.Width < 1 || f.Height < 1 || f.Width > maxSide || f.Height > maxSide || !readable[f.Fourcc] {
		return decoder{}, fmt.Errorf("gives pictures of %dx%d as %s in rows of %d bytes, which cannot be read: %w", f.Width, f.Height, f.Fourcc, f.Stride, filter.ErrMissing)
	}
	return decoder{format: f, mat: gocv.NewMat(), open: true}, nil
}

// decode fills dst, of the format's size, and tells whether data held a picture.
func (d *decoder) decode(dst *frame.Frame, data []byte) (whole bool, err error) {
	w, h, stride := d.format.Width, d.format.Height, d.format.Stride
	switch d.format.Fourcc {
	case v4l2.YUYV:
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
	out, err := matOf(dst)
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
