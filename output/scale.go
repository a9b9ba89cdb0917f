package output

import (
	"image"

	"gocv.io/x/gocv"

	"stylecam/blend"
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
	in, err := blend.Wrap(f)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	out, err := blend.Wrap(s.out)
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
