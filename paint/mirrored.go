package paint

// mirrored looks twice, at a picture and at its mirror image: the mean of the two
// masks follows whole figures better than one look does, and heads as well
// (docs/results/lite.md, the rows "stills"), and takes twice as long. It is for pictures
// that nothing came before: the caller resets it before each, as any SegNet.
type mirrored struct {
	SegNet
	image []byte
	mask  []float32
}

// Mask implements [SegNet].
func (m *mirrored) Mask(dst []float32, image []byte, h, w int) error {
	if err := m.SegNet.Mask(dst, image, h, w); err != nil {
		return err
	}
	m.image = grow(m.image, len(image))
	for i := 0; i < len(image); i += 3 {
		copy(m.image[3*across(i/3, w):], image[i:i+3])
	}
	m.mask = grow(m.mask, len(dst))
	m.Reset()
	if err := m.SegNet.Mask(m.mask, m.image, h, w); err != nil {
		return err
	}
	for i := range dst {
		dst[i] = (dst[i] + m.mask[across(i, w)]) / 2
	}
	return nil
}

// across is the place where a mirror image shows place i, in rows of w.
func across(i, w int) int { return i - i%w + w - 1 - i%w }
