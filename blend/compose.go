package blend

import (
	"image"

	"gocv.io/x/gocv"

	"stylecam/frame"
)

// The composition. F is the frame, S the frame at the painting's size, P the
// painting, Y(·) luminance, mean(·) over 5x5 places, up(·) bilinear; m is the mask
// at the frame's size, i the same without its soft edge (see innerAtFrame), and
// x(m) = x_background + m·(x_person - x_background) for both weights:
//
//	base    = mean(Y(S)) + Y(P) - mean(Y(P))
//	raised  = up(P) + l(m)·(Y(F) - up(base))      on all three channels
//	picture = raised + p(i)·(F - raised)
//
// l, the detail, puts the frame's fine luminance in the place of the painting's:
// at l = 1 raised has Y(F) - up(mean(Y(S))) + up(mean(Y(P))), the painting's tones
// and the frame's lines. It falls with alpha: the less a layer is painted the more
// it keeps, so that faces are crisp and broad strokes stay broad. The colours are
// the painting's alone; fine colour of the frame would fringe every edge.
//
// p, the photo, is 1 at alpha 0 and gone from alpha 0.25 on (see FinishOf): (0,0)
// is the frame to the last bit whatever the network makes of it, alpha leads from
// one to the other without a jump, and the usual settings pay nothing for it.

// Finish says how a layer's painting and its frame come together.
type Finish struct {
	Detail float32 // l: 0..1
	Photo  float32 // p: 0..1
}

// photoUntil is the alpha from which a painting owes nothing to the photograph.
const photoUntil = 0.25

// FinishOf is the finish of a layer painted with the given alphas; detail is the
// user's measure of it, 1 as tuned.
func FinishOf(low, high, detail float32) Finish {
	rest := max(1-max(low, high)/photoUntil, 0)
	mean := min((low+high)/2, 1)
	return Finish{Detail: min(detail*(1-0.8*mean), 1), Photo: rest * rest}
}

// Painting is SANet's picture of Scene.Content: H*W*3 bytes, blue, green, red.
type Painting struct {
	Pix  []byte
	H, W int
}

// Composer makes pictures. It holds the memory that this takes.
type Composer struct {
	shelf
	top                                    *gocv.Mat // the person's layer
	weight, weight3, part                  *gocv.Mat // of weigh and over
	fine, mean, base, up, brighter, darker *gocv.Mat // of raise
	near, far, farWeight, far3             *gocv.Mat // of clean and surround
	colourSum, weightSum                   *gocv.Mat
	still                                  *frame.Frame // that backdrop was made of
	backdrop                               *gocv.Mat
}

// NewComposer returns a composer.
func NewComposer() *Composer {
	c := &Composer{}
	for _, m := range []**gocv.Mat{
		&c.top, &c.weight, &c.weight3, &c.part,
		&c.fine, &c.mean, &c.base, &c.up, &c.brighter, &c.darker,
		&c.near, &c.far, &c.farWeight, &c.far3, &c.colourSum, &c.weightSum, &c.backdrop,
	} {
		*m = c.mat()
	}
	return c
}

// Fused finishes one painting of both layers; m may be nil where both have the
// same finish. dst has the size of the scene's frame.
func (c *Composer) Fused(dst *frame.Frame, s *Scene, m *Mask, p Painting, person, background Finish) error {
	out, err := Wrap(dst)
	if err != nil {
		return err
	}
	defer out.Close()
	return c.finish(&out, s, m, p, person, background)
}

func (c *Composer) finish(out *gocv.Mat, s *Scene, m *Mask, p Painting, person, background Finish) error {
	whole, err := wrapBGR(p.Pix, p.H, p.W)
	if err != nil {
		return err
	}
	defer whole.Close()
	painting := whole.Region(image.Rect(Margin, Margin, p.W-Margin, p.H-Margin))
	defer painting.Close()
	if err := gocv.Resize(painting, out, size(s.luma), 0, 0, gocv.InterpolationLinear); err != nil {
		return err
	}
	if person.Detail > 0 || background.Detail > 0 {
		if err := c.raise(out, s, m, painting, person.Detail, background.Detail); err != nil {
			return err
		}
	}
	if person.Photo > 0 || background.Photo > 0 {
		return c.uncover(out, s, m, person.Photo, background.Photo)
	}
	return nil
}

// raise gives the painting the frame's fine luminance. What becomes brighter and
// what darker go apart, since bytes have no sign.
func (c *Composer) raise(out *gocv.Mat, s *Scene, m *Mask, painting gocv.Mat, person, background float32) error {
	shrunk, err := s.shrunk(size(&painting))
	if err != nil {
		return err
	}
	if err := c.weigh(s, m, (*Mask).atFrame, person*255, background*255); err != nil {
		return err
	}
	places := image.Pt(5, 5)
	return first(
		gocv.CvtColor(painting, c.fine, gocv.ColorBGRToGray),
		gocv.Blur(*c.fine, c.mean, places),
		gocv.AddWeighted(*c.fine, 1, *c.mean, -1, 128, c.fine),
		gocv.CvtColor(*shrunk, c.base, gocv.ColorBGRToGray),
		gocv.Blur(*c.base, c.mean, places),
		gocv.AddWeighted(*c.mean, 1, *c.fine, 1, -128, c.base),
		gocv.Resize(*c.base, c.up, size(s.luma), 0, 0, gocv.InterpolationLinear),

		gocv.Subtract(*s.luma, *c.up, c.brighter),
		gocv.Subtract(*c.up, *s.luma, c.darker),
		gocv.MultiplyWithParams(*c.brighter, *c.weight, c.brighter, 1./255, -1),
		gocv.MultiplyWithParams(*c.darker, *c.weight, c.darker, 1./255, -1),
		gocv.CvtColor(*c.brighter, c.weight3, gocv.ColorGrayToBGR),
		gocv.Add(*out, *c.weight3, out),
		gocv.CvtColor(*c.darker, c.weight3, gocv.ColorGrayToBGR),
		gocv.Subtract(*out, *c.weight3, out),
	)
}

// uncover lets the photograph through.
func (c *Composer) uncover(out *gocv.Mat, s *Scene, m *Mask, person, background float32) error {
	if err := c.weigh(s, m, (*Mask).innerAtFrame, person*255, background*255); err != nil {
		return err
	}
	return c.over(out, s.bgr, *c.weight)
}

// weigh sets weight to the mixture of two weights, 0..255, by one of the mask's
// forms at the frame's size.
func (c *Composer) weigh(s *Scene, m *Mask, form func(*Mask) (*gocv.Mat, error), person, background float32) error {
	if m == nil || person == background {
		at := size(s.luma)
		if size(c.weight) != at {
			if err := s.luma.CopyTo(c.weight); err != nil {
				return err
			}
		}
		c.weight.SetTo(gocv.NewScalar(float64(person), 0, 0, 0))
		return nil
	}
	mask, err := form(m)
	if err != nil {
		return err
	}
	return mask.ConvertToWithParams(c.weight, gocv.MatTypeCV8UC1, (person-background)/255, background)
}

// over lays top over out by the weights m, 0..255: out·(1-m) + top·m, exact where
// m is 0 or 255.
func (c *Composer) over(out *gocv.Mat, top, m gocv.Mat) error {
	return first(
		gocv.CvtColor(m, c.weight3, gocv.ColorGrayToBGR),
		gocv.MultiplyWithParams(top, *c.weight3, c.part, 1./255, -1),
		gocv.BitwiseNot(*c.weight3, c.weight3),
		gocv.MultiplyWithParams(*out, *c.weight3, out, 1./255, -1),
		gocv.Add(*out, *c.part, out),
	)
}
