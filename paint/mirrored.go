package paint

import (
	"stylecam/blend"
	"stylecam/frame"
)

// mirrored looks twice, at a picture and at its mirror image: the mean of the two
// masks follows whole figures better than one look does, and heads as well
// (docs/results/lite.md, the rows "stills"), and takes twice as long. It is for pictures
// that nothing came before: the caller resets it before each, as any SegNet.
type mirrored struct {
	SegNet
	mask []float32
}

// Mask implements [SegNet].
func (m *mirrored) Mask(dst []float32, image []byte, h, w int) error {
	if err := m.SegNet.Mask(dst, image, h, w); err != nil {
		return err
	}
	picture := frame.New(w, h)
	copy(picture.Pix, image)
	if err := blend.Mirror(picture); err != nil {
		return err
	}
	m.mask = grow(m.mask, len(dst))
	m.Reset()
	if err := m.SegNet.Mask(m.mask, picture.Pix, h, w); err != nil {
		return err
	}
	blend.MeanMirrored(dst, m.mask, w)
	return nil
}
