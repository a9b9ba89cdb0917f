package blend

import (
	"image"
	"image/color"

	"gocv.io/x/gocv"

	"stylecam/frame"
)

// guideWidth bounds the picture whose edges the mask follows: half a webcam's
// width keeps the edges and averages the sensor's noise.
const guideWidth = 640

// Margin is how far a painting reaches beyond the picture on every side, in pixels
// of its own size: a multiple of 4, as the maps are a quarter of it. A network pads
// with zeros, which shows along the border as a frame; so it is given the picture
// with its border reflected, and what it makes of that is cut off again.
const Margin = 8

// Scene is one frame, with what several stages derive from it.
type Scene struct {
	shelf
	Frame *frame.Frame // what Load was given

	bgr     gocv.Mat  // the frame's pixels; nil before Load
	luma    *gocv.Mat // at the frame's size
	guide   *gocv.Mat // luma at about half that, for the mask
	content *gocv.Mat // a small frame with its margin
	halves  []*gocv.Mat
	halved  int // how many of halves belong to this frame
	small   map[image.Point]*gocv.Mat
	fresh   map[image.Point]bool // which of small belong to this frame
}

// NewScene returns a scene without a frame.
func NewScene() *Scene {
	s := &Scene{small: make(map[image.Point]*gocv.Mat), fresh: make(map[image.Point]bool)}
	s.luma, s.guide, s.content = s.mat(), s.mat(), s.mat()
	return s
}

// Load makes f the scene's frame, until the next Load or Unload. The caller keeps
// f alive until then. Rows of f must follow one another without a gap.
func (s *Scene) Load(f *frame.Frame) error {
	s.Unload()
	m, err := Wrap(f)
	if err != nil {
		return err
	}
	s.Frame, s.bgr = f, m
	guide := GuideSize(f.Width, f.Height)
	return first(
		gocv.CvtColor(s.bgr, s.luma, gocv.ColorBGRToGray),
		gocv.Resize(*s.luma, s.guide, guide, 0, 0, gocv.InterpolationArea),
	)
}

// Unload forgets the frame.
func (s *Scene) Unload() {
	if s.Frame != nil {
		s.bgr.Close()
		s.Frame = nil
	}
	s.halved = 0
	clear(s.fresh)
}

// Close frees the scene's memory.
func (s *Scene) Close() {
	s.Unload()
	s.shelf.Close()
}

// GuideSize is half the frame's, or as much less as it takes to stay narrow.
func GuideSize(w, h int) image.Point {
	n := 2
	for w/n > guideWidth {
		n++
	}
	return image.Pt(max(w/n, 1), max(h/n, 1))
}

// Shrink returns the frame as SegNet is to see it: h*w*3 bytes, blue, green, red,
// good until the next Load. The aspect may change: what is stretched here is
// stretched back when the picture is put together. It halves (2x2 means) while the frame is at least
// twice as large, then interpolates.
func (s *Scene) Shrink(h, w int) ([]byte, error) {
	m, err := s.shrunk(image.Pt(w, h))
	if err != nil {
		return nil, err
	}
	return m.DataPtrUint8()
}

// Content returns the frame as SANet is to see it: h*w*3 bytes, blue, green, red,
// the frame with a margin of its reflected border. Good until the next Load or
// Content; h and w are at least 64.
func (s *Scene) Content(h, w int) ([]byte, error) {
	m, err := s.shrunk(image.Pt(w-2*Margin, h-2*Margin))
	if err != nil {
		return nil, err
	}
	if err := gocv.CopyMakeBorder(*m, s.content, Margin, Margin, Margin, Margin, gocv.BorderReflect101, color.RGBA{}); err != nil {
		return nil, err
	}
	return s.content.DataPtrUint8()
}

func (s *Scene) shrunk(to image.Point) (*gocv.Mat, error) {
	m := s.small[to]
	if m == nil {
		m = s.mat()
		s.small[to] = m
	}
	if s.fresh[to] {
		return m, nil
	}
	from := &s.bgr
	for level := 0; from.Cols() >= 2*to.X && from.Rows() >= 2*to.Y; level++ {
		half := image.Pt(from.Cols()/2, from.Rows()/2)
		if level == len(s.halves) {
			s.halves = append(s.halves, s.mat())
		}
		if level == s.halved {
			if err := gocv.Resize(*from, s.halves[level], half, 0, 0, gocv.InterpolationArea); err != nil {
				return nil, err
			}
			s.halved++
		}
		from = s.halves[level]
	}
	if err := gocv.Resize(*from, m, to, 0, 0, gocv.InterpolationLinear); err != nil {
		return nil, err
	}
	s.fresh[to] = true
	return m, nil
}
