package blend

import (
	"fmt"
	"image"

	"gocv.io/x/gocv"

	"stylecam/frame"
)

// Layer is one of the two, person and background, that make up a picture.
type Layer struct {
	Kind     Kind
	Painting Painting     // of Painted
	Finish   Finish       // of Painted
	Colour   [3]byte      // of Plain: blue, green, red
	Still    *frame.Frame // of Picture: scaled to cover
}

// Kind says what a layer is made of.
type Kind uint8

// The kinds of layer.
const (
	Painted  Kind = iota // SANet's painting
	Original             // the frame
	Blurred              // the frame out of focus
	Plain                // one colour
	Picture              // a still
)

// Layers lays the person over the background by the mask.
func (c *Composer) Layers(dst *frame.Frame, s *Scene, m *Mask, person, background Layer) error {
	out, err := wrap(dst)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := c.render(&out, s, m, background); err != nil {
		return err
	}
	full, err := m.atFrame()
	if err != nil {
		return err
	}
	top := s.bgr
	if person.Kind != Original {
		if err := c.render(c.top, s, m, person); err != nil {
			return err
		}
		top = *c.top
	}
	return c.over(&out, top, *full)
}

// Layer makes a whole picture of one layer.
func (c *Composer) Layer(dst *frame.Frame, s *Scene, m *Mask, layer Layer) error {
	out, err := wrap(dst)
	if err != nil {
		return err
	}
	defer out.Close()
	return c.render(&out, s, m, layer)
}

func (c *Composer) render(out *gocv.Mat, s *Scene, m *Mask, layer Layer) error {
	switch layer.Kind {
	case Painted:
		return c.finish(out, s, nil, layer.Painting, layer.Finish, layer.Finish)
	case Original:
		return s.bgr.CopyTo(out)
	case Blurred:
		return c.blur(out, s, m)
	case Plain:
		if err := s.bgr.CopyTo(out); err != nil { // gives it the size
			return err
		}
		out.SetTo(gocv.NewScalar(float64(layer.Colour[0]), float64(layer.Colour[1]), float64(layer.Colour[2]), 0))
		return nil
	case Picture:
		return c.cover(out, layer.Still, size(s.luma))
	}
	return fmt.Errorf("compose layer: unknown kind %d", layer.Kind)
}

// blurWidth is the picture in which the frame is blurred: a lens's depth needs no pixels.
const blurWidth = 160

// blur puts the frame out of focus, without the person's colours around them: a
// mean of the background alone, box(S·(1-m)) / box(1-m), twice over.
func (c *Composer) blur(out *gocv.Mat, s *Scene, m *Mask) error {
	full := size(s.luma)
	at := image.Pt(min(blurWidth, full.X), max(full.Y*min(blurWidth, full.X)/full.X, 1))
	shrunk, err := s.shrunk(at)
	if err != nil {
		return err
	}
	if err := gocv.Resize(*m.guide, c.rest, at, 0, 0, gocv.InterpolationArea); err != nil {
		return err
	}
	rest, err := c.rest.DataPtrUint8()
	if err != nil {
		return err
	}
	// Never quite nothing, so that a place far inside the person is the mean of
	// what surrounds it, and nothing is divided by 0.
	for i, person := range rest {
		rest[i] = max(255-person, 1)
	}
	if err := first(
		gocv.CvtColor(*c.rest, c.rest3, gocv.ColorGrayToBGR),
		c.rest3.ConvertTo(c.weightSum, gocv.MatTypeCV32FC3),
		shrunk.ConvertTo(c.colourSum, gocv.MatTypeCV32FC3),
		gocv.Multiply(*c.colourSum, *c.weightSum, c.colourSum),
	); err != nil {
		return err
	}
	window := image.Pt(13, 13)
	for range 2 {
		if err := first(
			gocv.Blur(*c.colourSum, c.colourSum, window),
			gocv.Blur(*c.weightSum, c.weightSum, window),
		); err != nil {
			return err
		}
	}
	return first(
		gocv.Divide(*c.colourSum, *c.weightSum, c.colourSum),
		c.colourSum.ConvertTo(c.rest3, gocv.MatTypeCV8UC3),
		gocv.Resize(*c.rest3, out, full, 0, 0, gocv.InterpolationLinear),
	)
}

// cover scales a still so that it fills the frame, and cuts what hangs over. The
// last one is kept: a still may be far larger than the frame.
func (c *Composer) cover(out *gocv.Mat, still *frame.Frame, to image.Point) error {
	if c.still == still && size(c.backdrop) == to {
		return c.backdrop.CopyTo(out)
	}
	picture, err := wrap(still)
	if err != nil {
		return err
	}
	defer picture.Close()
	w, h := still.Width, still.Height
	if w*to.Y > h*to.X { // wider than wanted
		w = max(h*to.X/to.Y, 1)
	} else {
		h = max(w*to.Y/to.X, 1)
	}
	x, y := (still.Width-w)/2, (still.Height-h)/2
	part := picture.Region(image.Rect(x, y, x+w, y+h))
	defer part.Close()
	how := gocv.InterpolationArea
	if w < to.X {
		how = gocv.InterpolationCubic
	}
	if err := gocv.Resize(part, c.backdrop, to, 0, 0, how); err != nil {
		return err
	}
	c.still = still
	return c.backdrop.CopyTo(out)
}
