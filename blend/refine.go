package blend

import (
	"gocv.io/x/gocv"
)

// The mask's refinement. SegNet's mask n is small (h x w, 0..1, 1 = person), a
// little different in every frame, has islets and holes, and its edge is where
// the network's grid allows. Four steps mend that, in this order; box_r is the
// mean over (2r+1)x(2r+1), max_r and min_r the pools of that size.
//
//	steady   over time: follow fast where the frame changed, else slowly   h x w
//	tidy     over space: no islets, no holes                               h x w
//	sharpen  along the frame's edges: a guided filter                      guide
//	feather  outward                                                       guide
//
// Steady. Y is the frame's luminance at h x w, R what is remembered of it, M
// what is remembered of the mask:
//
//	g = mean(R) / mean(Y)                              exposure is no motion
//	d = max_2(clamp((box_1|g·Y - R| - still) / (moved - still)))
//	A = max(d, decay·A)                                activity; it outlasts the motion
//	k = A + (1-A)·rate(smoothing)
//	R = R + k·(Y - R)                                  slow drift adds up in Y - R until it counts
//	M = M + (n-M)·(A + (1-A)·rate·min(1, |n-M|/calm))  small doubts move nothing: no breathing
//
// Tidy. What is thinner than 2·thin+1 goes, unless it is near something that
// stays (a finger on a hand); then the same for the background:
//
//	M1 = min(M, max_reach(min_thin(M)))
//	M2 = max(M1, min_reach(max_thin(M1)))
//
// Sharpen. He et al., "Fast Guided Filter", 2015: coefficients at h x w, applied
// to the guide G, the frame's luminance at half its size, which is steadied as R is:
//
//	a = (box(R·M2) - box(R)·box(M2)) / (box(R²) - box(R)² + ε)
//	b = box(M2) - a·box(R)
//	G = G + up(k)·(Y' - G)
//	q = clamp(certainty·(up(box(a))·G + up(box(b)) - 1/2) + 1/2)    no fog of faint doubts
//
// Feather. Twice the mean is 1 at a straight edge and 0 at feather pixels outside;
// what is inside stays:
//
//	mask = max(q, min(1, 2·box_feather(q)))
const (
	still = 3.0 / 255
	moved = 10.0 / 255
	decay = 0.7
	calm  = 0.2

	atRest = 0.05 // activity that is none

	thin  = 2
	reach = 6

	edgeRadius = 4
	edgeDoubt  = 0.03 * 0.03 // ε: contrasts well below 3 % do not lead the edge
	certainty  = 1.4
)

// Refinement says how a mask is refined.
type Refinement struct {
	Smoothing float32 // over time: 0 none .. 1 all but frozen
	Feather   float32 // outward, in pixels of the frame
	Still     bool    // the frame has nothing to do with the one before
}

// Refiner refines the masks of successive frames.
type Refiner struct {
	shelf
	steadier steadier
	tidier   tidier
	guided   guided
	mask     Mask
}

// NewRefiner returns a refiner that has seen nothing yet.
func NewRefiner() *Refiner {
	r := &Refiner{}
	r.steadier = newSteadier(&r.shelf)
	r.tidier = newTidier(&r.shelf)
	r.guided = newGuided(&r.shelf)
	r.mask = Mask{sharp: r.mat(), guide: r.mat(), mean: r.mat(), small: r.mat(), map4: r.mat(), full: r.mat(), inner: r.mat()}
	return r
}

// Moved tells whether anything had moved in the frame of the last Refine, or had
// just come to rest. Without smoothing it is always so.
func (r *Refiner) Moved() bool { return r.steadier.moved }

// Refine makes the mask of the scene's frame from SegNet's h*w values, which it
// leaves as they are. The mask is good until the next call.
func (r *Refiner) Refine(s *Scene, raw []float32, h, w int, how Refinement) (*Mask, error) {
	if how.Still {
		r.steadier.warm = false
	}
	if err := r.steadier.steady(s.guide, raw, h, w, how.Smoothing); err != nil {
		return nil, err
	}
	tidy, err := r.tidier.tidy(&r.steadier.mask)
	if err != nil {
		return nil, err
	}
	if err := r.guided.sharpen(r.mask.sharp, tidy, &r.steadier); err != nil {
		return nil, err
	}
	r.mask.frame = size(s.luma)
	r.mask.isFull, r.mask.isInner = false, false
	return &r.mask, r.mask.feather(how.Feather)
}

// tidier removes islets and holes.
type tidier struct{ out, core, pool, thinBox, reachBox *gocv.Mat }

func newTidier(s *shelf) tidier {
	t := tidier{out: s.mat(), core: s.mat(), pool: s.mat()}
	t.thinBox, t.reachBox = s.box(2*thin+1), s.box(2*reach+1)
	return t
}

func (t *tidier) tidy(mask *plane) (*gocv.Mat, error) {
	return t.out, first(
		gocv.Erode(*mask.mat, t.core, *t.thinBox),
		gocv.Dilate(*t.core, t.pool, *t.reachBox),
		gocv.Min(*mask.mat, *t.pool, t.out),
		gocv.Dilate(*t.out, t.core, *t.thinBox),
		gocv.Erode(*t.core, t.pool, *t.reachBox),
		gocv.Max(*t.out, *t.pool, t.out),
	)
}
