// Package blend is all the work on pixels between the networks: it shrinks the
// frame to the sizes they work at, makes SegNet's raw mask steady, clean and
// sharp (Refiner), and puts painting, frame and mask together (Composer).
//
//	frame ──> Scene ──┬─ Shrink ──> SegNet ──> raw mask ──> Refiner ──> Mask
//	                  ├─ Shrink ──> SANet ──> painting                   │
//	                  └──────────────┴──> Composer <─────────────────────┘
//	                                         └──> picture
//
// The work is done by OpenCV on memory that lives from frame to frame: a Mat is
// made once, takes the size of what is written to it, and is closed with its
// owner. Everything is a pool, a convolution with constant weights, a resize or
// pointwise, so that a GPU graph can repeat it; the formulas stand at the heads
// of refine.go and compose.go.
//
// Types here serve one goroutine at a time.
package blend

import (
	"cmp"
	"fmt"
	"image"

	"gocv.io/x/gocv"

	"stylecam/frame"
)

// first returns the first error of several steps. The steps have all run: a Mat
// that one of them left behind is of no use to anyone, and of no harm.
func first(steps ...error) error { return cmp.Or(steps...) }

// shelf holds the Mats of one owner, to be closed together.
type shelf struct{ mats []*gocv.Mat }

// mat returns a Mat that is empty until something is written to it.
func (s *shelf) mat() *gocv.Mat {
	m := gocv.NewMat()
	s.mats = append(s.mats, &m)
	return &m
}

// Close frees the memory; the owner is of no use afterwards.
func (s *shelf) Close() {
	for _, m := range s.mats {
		m.Close()
	}
	s.mats = nil
}

// Wrap lends OpenCV the pixels of f, without copying. f, whose rows must follow each
// other without a gap, outlives the Mat.
func Wrap(f *frame.Frame) (gocv.Mat, error) {
	if f.Stride != 3*f.Width {
		return gocv.Mat{}, fmt.Errorf("wrap frame of %dx%d: rows are %d bytes apart, not %d", f.Width, f.Height, f.Stride, 3*f.Width)
	}
	return gocv.NewMatFromBytes(f.Height, f.Width, gocv.MatTypeCV8UC3, f.Pix)
}

// wrapBGR is Wrap for the h*w*3 bytes of a working size.
func wrapBGR(pix []byte, h, w int) (gocv.Mat, error) {
	if len(pix) != h*w*3 {
		return gocv.Mat{}, fmt.Errorf("wrap picture of %dx%d: has %d bytes, not %d", w, h, len(pix), h*w*3)
	}
	return gocv.NewMatFromBytes(h, w, gocv.MatTypeCV8UC3, pix)
}

// size is a Mat's width and height, as OpenCV's functions want them.
func size(m *gocv.Mat) image.Point { return image.Pt(m.Cols(), m.Rows()) }

// plane is a float32 picture of one channel that Go and OpenCV both write to.
type plane struct {
	mat  *gocv.Mat
	pix  []float32 // rows without gaps
	h, w int
}

// fit gives the plane a size. Its values are kept if the size was the same, else lost.
func (p *plane) fit(h, w int) error {
	if p.h == h && p.w == w {
		return nil
	}
	m := gocv.NewMatWithSize(h, w, gocv.MatTypeCV32FC1)
	p.mat.Close()
	*p.mat = m
	pix, err := m.DataPtrFloat32()
	if err != nil {
		return err
	}
	p.pix, p.h, p.w = pix, h, w
	return nil
}

func (s *shelf) plane() plane { return plane{mat: s.mat()} }

// point is the size of p.
func (p *plane) point() image.Point { return image.Pt(p.w, p.h) }

// box returns the side x side window of a pool.
func (s *shelf) box(side int) *gocv.Mat {
	m := gocv.NewMatWithSizeFromScalar(gocv.NewScalar(1, 0, 0, 0), side, side, gocv.MatTypeCV8UC1)
	s.mats = append(s.mats, &m)
	return &m
}
