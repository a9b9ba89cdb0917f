package paint

import (
	"image"
	"math"
	"time"

	"stylecam/filter"
)

// sizes are what the networks work at, in pixels, multiples of 16.
type sizes struct{ paint, mask image.Point }

// ladder holds the painting's longer side, from what Auto falls to before it lets
// frames go, to best: on the CPU, and on a GPU, which goes on to the frame's own size.
var ladder = []int{160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 960, 1280, 1600, 1920}

// The rungs of the fixed qualities but Best, whose is its reach's.
const (
	fast     = 1
	balanced = 3
)

// The mask's longer side, and that of the quality Best: beside a painting of 640x480
// it takes a seventh, by the CPU's times.
const (
	maskSide     = 192
	maskSideBest = 384
)

// reach is how far the networks go where they compute.
type reach struct {
	best int // the last rung
	auto int // the mask's longer side of the quality Auto, unless frames are late
}

var (
	onHost = reach{best: 7, auto: maskSide}
	onGPU  = reach{best: 13, auto: maskSideBest}
)

// fit returns a working size of the frame's aspect, with the given longer side,
// each side stretched to the nearest multiple of 16; never a larger picture than
// the frame by more than that, nor smaller than the networks can look at.
func fit(w, h, side int) image.Point {
	const least = 64
	scale := min(float64(side)/float64(max(w, h)), 1)
	nearest := func(n int) int { return max(int(math.Round(float64(n)*scale/16))*16, least) }
	return image.Pt(nearest(w), nearest(h))
}

// pace chooses the rung. Fixed qualities have theirs; Auto takes the best that
// holds the source's interval, by the time that frames took: down when they are late,
// to the rung that by its area is not, up when the next one's leaves room. What was tried
// and was too slow is tried again only after a longer while each time.
type pace struct {
	reach
	rung int
	top  int // the last rung that makes a difference to the frames

	spent    spent // running means at this rung
	frames   int   // at this rung
	patience int   // frames before the next rung is tried
}

// spent is what a frame took in all, and what of it SegNet and SANet did.
type spent struct{ whole, mask, painting time.Duration }

// spentOn reads it from a frame's trace.
func spentOn(t *filter.Trace, whole time.Duration) spent {
	return spent{whole, t.Took(filter.StageMask), t.Took(filter.StagePaint)}
}

const (
	settle       = 10 // frames before a rung is judged
	firstTrial   = 60 // frames before a better one is tried
	longestTrial = 3600
	late         = 0.90 // of the interval: too slow, since some frames take longer than the mean
	room         = 0.80 // of the interval: what the next rung may take
)

func newPace(r reach) pace {
	return pace{reach: r, top: r.best, rung: balanced, patience: firstTrial}
}

// size returns what a frame of w x h is worked on at.
func (p *pace) size(w, h int, q filter.Quality) sizes {
	p.top = 0
	for p.top < p.best && ladder[p.top] < max(w, h) {
		p.top++
	}
	rung, side := p.rung, maskSide
	switch q {
	case filter.Auto:
		side = p.cutAt(rung)
	case filter.Fast:
		rung = fast
	case filter.Balanced:
		rung = balanced
	case filter.Best:
		rung, side = p.best, maskSideBest
	}
	return sizes{paint: fit(w, h, ladder[rung]), mask: fit(w, h, side)}
}

// cutAt is the mask's longer side at a rung of Auto's.
func (p *pace) cutAt(rung int) int {
	if rung < balanced {
		return maskSide
	}
	return p.auto
}

// took notes what a frame of quality Auto took, and moves the rung of the next one.
// interval is what there was to hold; 0: nothing.
func (p *pace) took(interval time.Duration, s spent) {
	if interval == 0 {
		return
	}
	p.frames++
	if p.frames <= 3 { // sessions of a new size warm up
		p.spent = s
		return
	}
	p.spent.whole += (s.whole - p.spent.whole) / 8
	p.spent.mask += (s.mask - p.spent.mask) / 8
	p.spent.painting += (s.painting - p.spent.painting) / 8
	switch {
	case p.frames < settle:
	case float64(p.spent.whole) > late*float64(interval) && p.rung > 0:
		p.patience = min(2*p.patience, longestTrial)
		rung := p.rung - 1
		for rung > 0 && p.at(rung) > late*float64(interval) {
			rung--
		}
		p.move(rung)
	case p.frames > p.patience && p.rung < p.top && p.at(p.rung+1) < room*float64(interval):
		p.move(p.rung + 1)
	}
}

// at estimates what a frame takes at another rung, in nanoseconds.
func (p *pace) at(rung int) float64 {
	more := func(to, from int) float64 { // by how much an area grows
		side := float64(to) / float64(from)
		return side*side - 1
	}
	return float64(p.spent.whole) + float64(p.spent.painting)*more(ladder[rung], ladder[p.rung]) +
		float64(p.spent.mask)*more(p.cutAt(rung), p.cutAt(p.rung))
}

func (p *pace) move(to int) {
	p.rung, p.frames = to, 0
}
