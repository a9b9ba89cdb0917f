package blend

import (
	"fmt"
	"image"
	"math"

	"gocv.io/x/gocv"
)

// Mask says where the person is: 255 all person, 0 all background.
type Mask struct {
	guide *gocv.Mat // at the guide's size
	frame image.Point

	full   *gocv.Mat // at the frame's size, once asked for
	isFull bool

	mean, small *gocv.Mat
}

// feather softens the edge outward by pixels of the frame; see refine.go.
func (m *Mask) feather(pixels float32) error {
	scale := float64(m.guide.Cols()) / float64(m.frame.X)
	reach := int(math.Round(float64(pixels) * scale))
	if reach == 0 {
		return nil
	}
	return first(
		gocv.Blur(*m.guide, m.mean, image.Pt(2*reach+1, 2*reach+1)),
		gocv.Add(*m.mean, *m.mean, m.mean), // saturates at 255
		gocv.Max(*m.guide, *m.mean, m.guide),
	)
}

// Full returns the mask at the frame's size, a byte a pixel, good until the next
// frame's.
func (m *Mask) Full() ([]byte, error) {
	full, err := m.atFrame()
	if err != nil {
		return nil, err
	}
	return full.DataPtrUint8()
}

func (m *Mask) atFrame() (*gocv.Mat, error) {
	if !m.isFull {
		if err := gocv.Resize(*m.guide, m.full, m.frame, 0, 0, gocv.InterpolationLinear); err != nil {
			return nil, err
		}
		m.isFull = true
	}
	return m.full, nil
}

// Average writes the mask's area means at h x w into dst, 0..1: how much of each
// place of SANet's alpha map is person.
func (m *Mask) Average(dst []float32, h, w int) error {
	if len(dst) != h*w {
		return fmt.Errorf("average the mask to %dx%d: room for %d values", w, h, len(dst))
	}
	if err := gocv.Resize(*m.guide, m.small, image.Pt(w, h), 0, 0, gocv.InterpolationArea); err != nil {
		return err
	}
	pix, err := m.small.DataPtrUint8()
	if err != nil {
		return err
	}
	for i, v := range pix {
		dst[i] = float32(v) / 255
	}
	return nil
}
