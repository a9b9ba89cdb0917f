package blend

import (
	"image"

	"gocv.io/x/gocv"

	"stylecam/frame"
)

// Overlay shows the frame, with what the mask calls background tinted: half the
// frame and half a strong green.
func (c *Composer) Overlay(dst *frame.Frame, s *Scene, m *Mask) error {
	out, err := Wrap(dst)
	if err != nil {
		return err
	}
	defer out.Close()
	full, err := m.atFrame()
	if err != nil {
		return err
	}
	if err := s.bgr.CopyTo(&out); err != nil {
		return err
	}
	out.SetTo(gocv.NewScalar(60, 200, 40, 0))
	return first(
		gocv.AddWeighted(out, 0.5, s.bgr, 0.5, 0, &out),
		c.over(&out, s.bgr, *full),
	)
}

// SideBySide puts the left half of the scene's frame over the picture's, with a
// white line between them.
func SideBySide(picture *frame.Frame, s *Scene) {
	half := s.Frame.Width / 2
	for y := range picture.Height {
		row := picture.Row(y)
		copy(row[:3*half], s.Frame.Row(y))
		for x := max(half-1, 0); x < min(half+1, picture.Width); x++ {
			row[3*x], row[3*x+1], row[3*x+2] = 255, 255, 255
		}
	}
}

// CutOut returns the scene's frame with the mask as its opacity, and on the soft
// edge the person's colours for the background's.
func (c *Composer) CutOut(s *Scene, m *Mask) (*image.NRGBA, error) {
	if err := first(s.bgr.CopyTo(c.top), c.clean(c.top, s, m)); err != nil {
		return nil, err
	}
	colours, err := c.top.DataPtrUint8()
	if err != nil {
		return nil, err
	}
	mask, err := m.Full()
	if err != nil {
		return nil, err
	}
	out := image.NewNRGBA(image.Rect(0, 0, s.Frame.Width, s.Frame.Height))
	for i, opacity := range mask {
		bgr := colours[3*i:]
		copy(out.Pix[4*i:], []byte{bgr[2], bgr[1], bgr[0], opacity})
	}
	return out, nil
}
