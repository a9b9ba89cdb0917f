package capture

import (
	"image"

	"gocv.io/x/gocv"

	"stylecam/blend"
	"stylecam/frame"
)

// cover scales src, 8 bits in three channels, to fill dst; what then sticks out
// at two sides is cut off.
func cover(dst *frame.Frame, src gocv.Mat) error {
	out, err := blend.Wrap(dst)
	if err != nil {
		return err
	}
	defer out.Close()
	return blend.Cover(&out, src, image.Pt(dst.Width, dst.Height))
}

// covering returns a copy of src that fills a size.
func covering(src *frame.Frame, width, height int) (*frame.Frame, error) {
	in, err := blend.Wrap(src)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	dst := frame.New(width, height)
	return dst, cover(dst, in)
}
