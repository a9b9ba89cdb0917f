package paint

import (
	"image"
	"testing"
	"time"

	"stylecam/filter"
	"stylecam/models"
)

func TestWorkingSizesKeepTheAspect(t *testing.T) {
	for _, c := range []struct {
		w, h, side int
		want       image.Point
	}{
		{640, 480, 256, image.Pt(256, 192)},
		{1280, 720, 256, image.Pt(256, 144)},
		{1280, 720, 192, image.Pt(192, 112)},
		{480, 640, 192, image.Pt(144, 192)},
		{641, 479, 256, image.Pt(256, 192)},
		{3840, 2160, 512, image.Pt(512, 288)},
		{100, 80, 512, image.Pt(96, 80)},
		{1, 1, 256, image.Pt(64, 64)},
		{20000, 1, 256, image.Pt(256, 64)},
	} {
		if got := fit(c.w, c.h, c.side); got != c.want {
			t.Errorf("%dx%d at %d works at %v, want %v", c.w, c.h, c.side, got, c.want)
		}
	}
}

// Engines of TensorRT's are compiled for the sizes of SegNet's entry in the manifest.
func TestMasksAreOfSizesThatTheNetworkIsMeantFor(t *testing.T) {
	m, err := models.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, model := range []string{models.Lite, models.Full} {
		g, err := m.Graph(model, models.SegNet)
		if err != nil {
			t.Fatal(err)
		}
		longest := 0
		for _, s := range g.Sizes {
			longest = max(longest, s[0], s[1])
		}
		if maskSide > longest || maskSideBest > longest {
			t.Errorf("masks of %d and %d, the sizes of %s end at %d", maskSide, maskSideBest, model, longest)
		}
	}
}

// machine is how long a computer takes: SANet at a longer side of 256, SegNet at one
// of 192, and all else.
type machine struct{ painting, mask, rest time.Duration }

// run paints frames that come at an interval. It returns how long the last one took.
func run(p *pace, interval time.Duration, m machine, frames int) (last time.Duration) {
	for range frames {
		at := p.size(640, 480, filter.Auto)
		painting := m.painting * time.Duration(at.paint.X*at.paint.X) / (256 * 256)
		mask := m.mask * time.Duration(at.mask.X*at.mask.X) / (192 * 192)
		last = painting + mask + m.rest
		p.took(interval, spent{last, mask, painting})
	}
	return last
}

func TestAutoHoldsTheFrameRate(t *testing.T) {
	const interval = time.Second / 30
	for _, c := range []struct {
		name  string
		at256 time.Duration
		side  int
	}{
		{"slow", 60 * time.Millisecond, 160},
		{"just right", 18 * time.Millisecond, 256},
		{"fast", 8 * time.Millisecond, 384},
		{"a workstation", time.Millisecond, 512},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPace(onHost)
			run(&p, interval, machine{c.at256, 0, 6 * time.Millisecond}, 1000)
			if got := p.size(640, 480, filter.Auto).paint.X; got != c.side {
				t.Errorf("works at %d, want %d", got, c.side)
			}
			rung := p.rung
			for range 500 {
				took := run(&p, interval, machine{c.at256, 0, 6 * time.Millisecond}, 1)
				if p.rung != rung {
					t.Fatal("has not settled")
				}
				if took > interval {
					t.Fatalf("a frame takes %v, and one comes every %v", took, interval)
				}
			}
		})
	}
}

// Where the first frames are far too late, the size that holds is found within half a
// second, not a rung at a time.
func TestAutoFindsItsSizeAtOnce(t *testing.T) {
	p := newPace(onHost)
	run(&p, time.Second/30, machine{45 * time.Millisecond, 0, 8 * time.Millisecond}, 15)
	if got := p.size(640, 480, filter.Auto).paint.X; got != 160 {
		t.Errorf("after 15 frames it works at %d", got)
	}
}

// A source that is slower leaves time for a larger painting, and one that becomes
// faster takes it away again.
func TestAutoFollowsTheSourcesRate(t *testing.T) {
	p := newPace(onHost)
	for _, c := range []struct {
		fps  int
		side int
	}{{30, 256}, {10, 512}, {60, 160}} {
		run(&p, time.Second/time.Duration(c.fps), machine{18 * time.Millisecond, 0, 6 * time.Millisecond}, 10000)
		if got := p.size(640, 480, filter.Auto).paint.X; got != c.side {
			t.Errorf("at %d frames a second it works at %d, want %d", c.fps, got, c.side)
		}
	}
}

func TestAutoYieldsToLoadAndComesBack(t *testing.T) {
	p := newPace(onHost)
	run(&p, time.Second/30, machine{18 * time.Millisecond, 0, 6 * time.Millisecond}, 100)
	before := p.rung
	run(&p, time.Second/30, machine{18 * time.Millisecond, 0, 25 * time.Millisecond}, 100)
	if p.rung >= before {
		t.Errorf("rung %d under load, %d before", p.rung, before)
	}
	run(&p, time.Second/30, machine{18 * time.Millisecond, 0, 6 * time.Millisecond}, 2000)
	if p.rung != before {
		t.Errorf("rung %d after the load, %d before", p.rung, before)
	}
}

func TestWithoutAnIntervalAutoIsBalanced(t *testing.T) {
	p := newPace(onHost)
	run(&p, 0, machine{time.Second, 0, time.Second}, 100)
	if got, want := p.size(640, 480, filter.Auto), p.size(640, 480, filter.Balanced); got != want {
		t.Errorf("works at %v, want %v", got, want)
	}
}

// On a GPU the ladder ends where the frame does.
func TestOnAGPUBestIsTheFramesOwnSize(t *testing.T) {
	for _, c := range []struct {
		w, h int
		want image.Point
	}{
		{320, 240, image.Pt(320, 240)}, {640, 480, image.Pt(640, 480)}, {1280, 720, image.Pt(1280, 720)},
		{1920, 1080, image.Pt(1920, 1088)}, {3840, 2160, image.Pt(1920, 1088)},
	} {
		p := newPace(onGPU)
		if got := p.size(c.w, c.h, filter.Best).paint; got != c.want {
			t.Errorf("the best of %dx%d is %v, want %v", c.w, c.h, got, c.want)
		}
		host := newPace(onHost)
		if got := host.size(c.w, c.h, filter.Best).paint; got.X > 512 {
			t.Errorf("on the host the best of %dx%d is %v", c.w, c.h, got)
		}
	}
}

// Where the mask costs little beside the painting it is finer.
func TestMasksAreFineOnAGPUAndAtBest(t *testing.T) {
	usual, fine := image.Pt(192, 144), image.Pt(384, 288)
	host, gpu := newPace(onHost), newPace(onGPU)
	for _, c := range []struct {
		quality       filter.Quality
		onHost, onGPU image.Point
	}{
		{filter.Auto, usual, fine}, {filter.Fast, usual, usual}, {filter.Balanced, usual, usual}, {filter.Best, fine, fine},
	} {
		if got := host.size(640, 480, c.quality).mask; got != c.onHost {
			t.Errorf("%v on the host cuts out at %v, want %v", c.quality, got, c.onHost)
		}
		if got := gpu.size(640, 480, c.quality).mask; got != c.onGPU {
			t.Errorf("%v on a GPU cuts out at %v, want %v", c.quality, got, c.onGPU)
		}
	}
}

// A GPU that is late gives up fine masks with the painting's size, and takes both up again.
func TestMasksAreCoarseOnAGPUThatIsLate(t *testing.T) {
	p := newPace(onGPU)
	run(&p, time.Second/60, machine{time.Second / 30, 0, time.Millisecond}, 100)
	if got := p.size(640, 480, filter.Auto).mask; got != image.Pt(192, 144) {
		t.Errorf("late, it cuts out at %v", got)
	}
	run(&p, time.Second/60, machine{time.Millisecond, 0, time.Millisecond}, 3000)
	if got := p.size(640, 480, filter.Auto).mask; got != image.Pt(384, 288) {
		t.Errorf("with time to spare again, it cuts out at %v", got)
	}
}

// Fine masks are not taken up again where they would be too slow, nor given up and taken
// up in turns.
func TestFineMasksAreCounted(t *testing.T) {
	p := newPace(onGPU)
	m := machine{painting: 6 * time.Millisecond, mask: 1500 * time.Microsecond, rest: 4 * time.Millisecond}
	changes, last := 0, p.size(640, 480, filter.Auto).mask
	for range 5000 {
		run(&p, time.Second/60, m, 1)
		if now := p.size(640, 480, filter.Auto).mask; now != last {
			changes, last = changes+1, now
		}
	}
	if changes != 1 || last != image.Pt(192, 144) {
		t.Errorf("after %d changes it cuts out at %v", changes, last)
	}
}

// Auto climbs as far as the rate holds, no further than the frame, and comes down
// again when the GPU is wanted elsewhere.
func TestAutoOnAGPU(t *testing.T) {
	p := newPace(onGPU)
	run(&p, time.Second/60, machine{500 * time.Microsecond, 0, time.Millisecond}, 3000)
	if got := p.size(640, 480, filter.Auto).paint; got != image.Pt(640, 480) {
		t.Errorf("with time to spare it works at %v", got)
	}
	run(&p, time.Second/60, machine{8 * time.Millisecond, 0, time.Millisecond}, 200)
	if got := p.size(640, 480, filter.Auto).paint.X; got > 320 {
		t.Errorf("a busy GPU still works at %d", got)
	}
}
