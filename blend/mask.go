package blend

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gocv.io/x/gocv"
)

// Mask says where the person is: 255 all person, 0 all background.
type Mask struct {
	sharp *gocv.Mat // q of refine.go
	guide *gocv.Mat // q feathered
	frame image.Point

	full, inner     *gocv.Mat // at the frame's size, once asked for
	isFull, isInner bool

	mean, small, map4 *gocv.Mat
}

// feather softens the edge outward by pixels of the frame; see refine.go.
func (m *Mask) feather(pixels float32) error {
	radius := FeatherRadius(pixels, m.sharp.Cols(), m.frame.X)
	return first(
		gocv.Blur(*m.sharp, m.mean, image.Pt(2*radius+1, 2*radius+1)),
		gocv.Add(*m.mean, *m.mean, m.mean), // saturates at 255
		gocv.Max(*m.sharp, *m.mean, m.guide),
	)
}

// FeatherRadius is the radius, in places of the guide, of the mean that feathers by
// pixels of the frame, given both widths.
func FeatherRadius(pixels float32, guide, frame int) int {
	return int(math.Round(float64(pixels) * float64(guide) / float64(frame)))
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

// innerAtFrame is what of the mask is the person beyond doubt: clamp(2q - 1), which
// ends at the edge and leaves out what feather adds. On the soft edge the frame
// shows background; where that must not be, the frame is taken by this mask.
func (m *Mask) innerAtFrame() (*gocv.Mat, error) {
	if !m.isInner {
		if err := first(
			gocv.Resize(*m.sharp, m.inner, m.frame, 0, 0, gocv.InterpolationLinear),
			m.inner.ConvertToWithParams(m.inner, gocv.MatTypeCV8UC1, 2, -255),
		); err != nil {
			return nil, err
		}
		m.isInner = true
	}
	return m.inner, nil
}

// Average writes how much of each place of SANet's maps is person into dst, h x w,
// 0..1: the area means of the mask, of which the lower half counts as nobody. A
// place is some ten pixels wide, and a person's alphas on a rim of background
// would show as a halo of photograph. The places of the margin repeat the border's.
func (m *Mask) Average(dst []float32, h, w int) error {
	if len(dst) != h*w {
		return fmt.Errorf("average the mask to %dx%d: room for %d values", w, h, len(dst))
	}
	const rim = Margin / 4
	if err := first(
		gocv.Resize(*m.guide, m.small, image.Pt(w-2*rim, h-2*rim), 0, 0, gocv.InterpolationArea),
		gocv.CopyMakeBorder(*m.small, m.map4, rim, rim, rim, rim, gocv.BorderReplicate, color.RGBA{}),
	); err != nil {
		return err
	}
	pix, err := m.map4.DataPtrUint8()
	if err != nil {
		return err
	}
	for i, v := range pix {
		dst[i] = max(2*float32(v)/255-1, 0)
	}
	return nil
}
