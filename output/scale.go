package output

import (
	"image"

	"gocv.io/x/gocv"

	"stylecam/frame"
)

// scaler brings pictures to the size that the first one fixed. Nearly always there
// is nothing to do.
type scaler struct{ out *frame.Frame }

// fit returns f itself, or a copy of the wanted size that holds until the next call.
func (s *scaler) fit(f *frame.Frame, width, height int) (*frame.Frame, error) {
	if f.Width == width && f.Height == height {
		return f, nil
	}
	if s.out == nil {
		s.out = frame.New(width, height)
	}
	in, err := matOf(f)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	out, err := matOf(s.out)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	method := gocv.InterpolationLinear
	if f.Width > width {
		method = gocv.InterpolationArea
	}
	if err := gocv.Resize(in, &out, image.Pt(width, height), 0, 0, method); err != nil {
		return nil, err
	}
	s.out.Seq, s.out.Captured = f.Seq, f.Captured
	return s.out, nil
}

// matOf lends a frame's pixels to OpenCV; the frame, whose rows follow each other
// without a gap, must outlive the Mat.
func matOf(f *frame.Frame) (gocv.Mat, error) {
	return gocv.NewMatFromBytes(f.Height, f.Width, gocv.MatTypeCV8UC3, f.Pix)
}
