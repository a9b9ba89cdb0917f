package blend

import (
	"image"

	"gocv.io/x/gocv"

	"stylecam/frame"
)

// The composition. F is the frame, S the frame at the painting's size, P the
// painting, Y(·) luminance, up(·) bilinear; m the mask at the frame's size, and
// x(m) = x_background + m·(x_person - x_background) for the weights below:
//
//	raised  = up(P) + l(m)·(Y(F) - up(Y(S)))      the frame's fine luminance, on all channels
//	picture = raised + p(i)·(F - raised)          the photograph, where hardly anything is painted
//	i       = clamp(2·q - 1)                      q: m before it was feathered; see innerAtFrame
//
// l, the detail, falls with alpha: the less a layer is painted the more of the
// frame's fineness it keeps, so that faces are crisp and broad strokes stay broad.
// p, the photo, is 1 at alpha 0 and gone at alpha 0.25 (see Finish), so that (0,0)
// is the frame to the last bit whatever the network makes of it, alpha moves
// between the two without a jump, and the usual settings pay nothing for it.
//
// Luminance alone comes back because fine colour does not fit the painting's:
// it would fringe every edge whose colours were changed.

// Finish says how a layer's painting and its frame come together.
type Finish struct {
	Detail float32 // l: 0..2
	Photo  float32 // p: 0..1
}

// photoUntil is the alpha from which a painting owes nothing to the photograph.
const photoUntil = 0.25

// FinishOf is the finish of a layer painted with the given alphas; detail is the
// user's measure of it, 1 as tuned.
func FinishOf(low, high, detail float32) Finish {
	rest := max(1-max(low, high)/photoUntil, 0)
	mean := min((low+high)/2, 1)
	return Finish{Detail: min(detail*(1-0.7*mean), 2), Photo: rest * rest}
}

// Painting is SANet's picture: H*W*3 bytes, blue, green, red.
type Painting struct {
	Pix  []byte
	H, W int
}

// Composer makes pictures. It holds the memory that this takes.
type Composer struct {
	shelf
	weight, weight3, photo, top, near *gocv.Mat
	lumaSmall, lumaUp, finer, coarser *gocv.Mat

	far, farWeight, far3, colourSum, weightSum *gocv.Mat // of surround

	still    *frame.Frame // that backdrop was made of
	backdrop *gocv.Mat
}

// NewComposer returns a composer.
func NewComposer() *Composer {
	c := &Composer{}
	for _, m := range []**gocv.Mat{
		&c.weight, &c.weight3, &c.photo, &c.top, &c.near,
		&c.lumaSmall, &c.lumaUp, &c.finer, &c.coarser,
		&c.far, &c.farWeight, &c.far3, &c.colourSum, &c.weightSum, &c.backdrop,
	} {
		*m = c.mat()
	}
	return c
}

// Fused finishes one painting of both layers; m may be nil where both have the
// same finish. dst has the size of the scene's frame.
func (c *Composer) Fused(dst *frame.Frame, s *Scene, m *Mask, p Painting, person, background Finish) error {
	out, err := wrap(dst)
	if err != nil {
		return err
	}
	defer out.Close()
	return c.finish(&out, s, m, p, person, background)
}

func (c *Composer) finish(out *gocv.Mat, s *Scene, m *Mask, p Painting, person, background Finish) error {
	painting, err := wrapBGR(p.Pix, p.H, p.W)
	if err != nil {
		return err
	}
	defer painting.Close()
	if err := gocv.Resize(painting, out, size(s.luma), 0, 0, gocv.InterpolationLinear); err != nil {
		return err
	}
	if person.Detail > 0 || background.Detail > 0 {
		if err := c.raise(out, s, m, image.Pt(p.W, p.H), person.Detail, background.Detail); err != nil {
			return err
		}
	}
	if person.Photo > 0 || background.Photo > 0 {
		return c.uncover(out, s, m, person.Photo, background.Photo)
	}
	return nil
}

// raise adds the frame's fine luminance. What is brighter and what is darker than
// the small frame go apart, since bytes have no sign.
func (c *Composer) raise(out *gocv.Mat, s *Scene, m *Mask, at image.Point, person, background float32) error {
	shrunk, err := s.shrunk(at)
	if err != nil {
		return err
	}
	const unit = 127 // a weight of 1, so that 2 fits
	if err := c.weigh(s, m, (*Mask).atFrame, person*unit, background*unit); err != nil {
		return err
	}
	if err := first(
		gocv.CvtColor(*shrunk, c.lumaSmall, gocv.ColorBGRToGray),
		gocv.Resize(*c.lumaSmall, c.lumaUp, size(s.luma), 0, 0, gocv.InterpolationLinear),
		gocv.Subtract(*s.luma, *c.lumaUp, c.finer),
		gocv.Subtract(*c.lumaUp, *s.luma, c.coarser),
	); err != nil {
		return err
	}
	return first(
		gocv.MultiplyWithParams(*c.finer, *c.weight, c.finer, 1./unit, -1),
		gocv.MultiplyWithParams(*c.coarser, *c.weight, c.coarser, 1./unit, -1),
		gocv.CvtColor(*c.finer, c.weight3, gocv.ColorGrayToBGR),
		gocv.Add(*out, *c.weight3, out),
		gocv.CvtColor(*c.coarser, c.weight3, gocv.ColorGrayToBGR),
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
		gocv.MultiplyWithParams(top, *c.weight3, c.photo, 1./255, -1),
		gocv.BitwiseNot(*c.weight3, c.weight3),
		gocv.MultiplyWithParams(*out, *c.weight3, out, 1./255, -1),
		gocv.Add(*out, *c.photo, out),
	)
}
