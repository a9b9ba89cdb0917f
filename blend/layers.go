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
	out, err := Wrap(dst)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := c.render(&out, s, m, background); err != nil {
		return err
	}
	if err := c.render(c.top, s, m, person); err != nil {
		return err
	}
	if err := c.clean(c.top, s, m); err != nil {
		return err
	}
	mask, err := m.atFrame()
	if err != nil {
		return err
	}
	return c.over(&out, *c.top, *mask)
}

// clean takes the old background's colours out of the person's soft edge, where
// they would be a halo on the new one: outside of innerAtFrame the
// person's own colours from nearby stand in.
func (c *Composer) clean(top *gocv.Mat, s *Scene, m *Mask) error {
	if err := c.surround(c.near, *top, m, false, image.Pt(5, 5)); err != nil {
		return err
	}
	if err := c.weigh(s, m, (*Mask).innerAtFrame, 0, 255); err != nil {
		return err
	}
	return c.over(top, *c.near, *c.weight)
}

// Layer makes a whole picture of one layer, of any kind but Blurred, which needs
// somebody to be sharp before it.
func (c *Composer) Layer(dst *frame.Frame, s *Scene, layer Layer) error {
	out, err := Wrap(dst)
	if err != nil {
		return err
	}
	defer out.Close()
	return c.render(&out, s, nil, layer)
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

// blur puts the frame out of focus, without the person's colours around them.
func (c *Composer) blur(out *gocv.Mat, s *Scene, m *Mask) error {
	return c.surround(out, s.bgr, m, true, image.Pt(13, 13))
}

// surroundWidth is the picture in which colours spread: that needs no pixels.
const surroundWidth = 160

// surround fills out with the colours that one layer of the picture has around
// each place, a mean weighted by the layer w (m, or 1-m of the background):
// box(box(w·picture)) / box(box(w)), at a small size.
func (c *Composer) surround(out *gocv.Mat, picture gocv.Mat, m *Mask, background bool, window image.Point) error {
	full := size(&picture)
	wide := min(surroundWidth, full.X)
	at := image.Pt(wide, max(full.Y*wide/full.X, 1))
	if err := first(
		gocv.Resize(picture, c.far, at, 0, 0, gocv.InterpolationArea),
		gocv.Resize(*m.guide, c.farWeight, at, 0, 0, gocv.InterpolationArea),
	); err != nil {
		return err
	}
	weights, err := c.farWeight.DataPtrUint8()
	if err != nil {
		return err
	}
	for i, w := range weights {
		if background {
			w = 255 - w
		}
		// Of a place at the edge most is the other layer's colour. Never quite
		// nothing: where a window holds none of the layer, its mean is that of all.
		weights[i] = max(byte(max(2*int(w)-255, 0)), 1)
	}
	if err := first(
		gocv.CvtColor(*c.farWeight, c.far3, gocv.ColorGrayToBGR),
		c.far3.ConvertTo(c.weightSum, gocv.MatTypeCV32FC3),
		c.far.ConvertTo(c.colourSum, gocv.MatTypeCV32FC3),
		gocv.Multiply(*c.colourSum, *c.weightSum, c.colourSum),
	); err != nil {
		return err
	}
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
		c.colourSum.ConvertTo(c.far3, gocv.MatTypeCV8UC3),
		gocv.Resize(*c.far3, out, full, 0, 0, gocv.InterpolationLinear),
	)
}

// cover fills the frame with a still. The last one is kept: a still may be far
// larger than the frame.
func (c *Composer) cover(out *gocv.Mat, still *frame.Frame, to image.Point) error {
	if c.still == still && size(c.backdrop) == to {
		return c.backdrop.CopyTo(out)
	}
	picture, err := Wrap(still)
	if err != nil {
		return err
	}
	defer picture.Close()
	if err := Cover(c.backdrop, picture, to); err != nil {
		return err
	}
	c.still = still
	return c.backdrop.CopyTo(out)
}
