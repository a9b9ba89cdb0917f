package blend

import (
	"image"
	"math"

	"gocv.io/x/gocv"
)

// steadier is the memory of the mask over time; see "Steady" in refine.go.
type steadier struct {
	warm  bool // a frame was seen
	moved bool // something moved in the last one

	mask, luma  plane // M and R: remembered, h x w
	guide       plane // G: the steadied guide
	activity    plane // A
	follow      plane // k
	change      plane // |g·Y - R|, then its mean
	seen        plane // Y
	seenGuide   plane // the guide of this frame
	followGuide plane // k at the guide's size
	bytes       *gocv.Mat
	mean, pool  *gocv.Mat
	window      *gocv.Mat
}

func newSteadier(s *shelf) steadier {
	return steadier{
		mask: s.plane(), luma: s.plane(), guide: s.plane(), activity: s.plane(), follow: s.plane(), change: s.plane(),
		seen: s.plane(), seenGuide: s.plane(), followGuide: s.plane(),
		bytes: s.mat(), mean: s.mat(), pool: s.mat(), window: s.box(5),
	}
}

// steady takes in one frame's guide and raw mask.
func (t *steadier) steady(guide *gocv.Mat, raw []float32, h, w int, smoothing float32) error {
	if err := t.look(guide, h, w); err != nil {
		return err
	}
	if !t.warm || smoothing == 0 {
		copy(t.mask.pix, raw)
		copy(t.luma.pix, t.seen.pix)
		copy(t.guide.pix, t.seenGuide.pix)
		clear(t.activity.pix)
		t.warm, t.moved = true, true
		return nil
	}
	if err := t.watch(); err != nil {
		return err
	}
	rate := Rate(smoothing)
	for i, a := range t.activity.pix {
		step := raw[i] - t.mask.pix[i]
		t.mask.pix[i] += step * (a + (1-a)*rate*min(1, abs(step)/calm))
		k := a + (1-a)*rate
		t.luma.pix[i] += k * (t.seen.pix[i] - t.luma.pix[i])
		t.follow.pix[i] = k
	}
	if err := gocv.Resize(*t.follow.mat, t.followGuide.mat, t.guide.point(), 0, 0, gocv.InterpolationLinear); err != nil {
		return err
	}
	for i, k := range t.followGuide.pix {
		t.guide.pix[i] += k * (t.seenGuide.pix[i] - t.guide.pix[i])
	}
	return nil
}

// look brings this frame's luminance to both sizes, 0..1.
func (t *steadier) look(guide *gocv.Mat, h, w int) error {
	if t.mask.h != h || t.mask.w != w || t.guide.point() != size(guide) {
		t.warm = false
	}
	for _, p := range []*plane{&t.mask, &t.luma, &t.activity, &t.follow, &t.change, &t.seen} {
		if err := p.fit(h, w); err != nil {
			return err
		}
	}
	for _, p := range []*plane{&t.guide, &t.seenGuide, &t.followGuide} {
		if err := p.fit(guide.Rows(), guide.Cols()); err != nil {
			return err
		}
	}
	return first(
		gocv.Resize(*guide, t.bytes, image.Pt(w, h), 0, 0, gocv.InterpolationLinear),
		t.bytes.ConvertToWithParams(t.seen.mat, gocv.MatTypeCV32FC1, 1./255, 0),
		guide.ConvertToWithParams(t.seenGuide.mat, gocv.MatTypeCV32FC1, 1./255, 0),
	)
}

// watch updates the activity from what changed.
func (t *steadier) watch() error {
	// Beyond a quarter it is no exposure control, and everything has changed.
	gain := float32(min(max(sum(t.luma.pix)/max(sum(t.seen.pix), 1e-6), 0.8), 1.25))
	for i, y := range t.seen.pix {
		t.change.pix[i] = abs(gain*y - t.luma.pix[i])
	}
	if err := first(
		gocv.Blur(*t.change.mat, t.mean, image.Pt(3, 3)),
		gocv.Dilate(*t.mean, t.change.mat, *t.window),
	); err != nil {
		return err
	}
	var most float32
	for i, d := range t.change.pix {
		a := max(min(max((d-still)/(moved-still), 0), 1), decay*t.activity.pix[i])
		t.activity.pix[i] = a
		most = max(most, a)
	}
	t.moved = most > atRest
	return nil
}

// Rate is how much of the new mask a resting place takes in: 1 at no smoothing.
func Rate(smoothing float32) float32 {
	return max(float32(math.Pow(1-float64(smoothing), 1.5)), 0.01)
}

func sum(x []float32) float64 {
	var s float64
	for _, v := range x {
		s += float64(v)
	}
	return s
}

func abs(x float32) float32 { return max(x, -x) }
