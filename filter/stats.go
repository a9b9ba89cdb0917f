package filter

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Stage is a part of a frame's way that is timed.
type Stage int

// The stages, in a frame's order.
const (
	StageRead    Stage = iota // waiting for the source and decoding
	StageMask                 // SegNet
	StageRefine               // the mask, over time and space
	StagePaint                // SANet
	StageCompose              // painting, detail and layers at the frame's size
	StageFilter               // all of Filter.Apply
	numStages
)

var stageNames = [numStages]string{"read", "mask", "refine", "paint", "compose", "filter"}

func (s Stage) String() string { return stageNames[s] }

// Trace notes how long each stage took for one frame. The zero value is ready.
type Trace struct{ took [numStages]time.Duration }

// Lap adds the time since start to a stage and returns now, the next start.
func (t *Trace) Lap(s Stage, start time.Time) time.Time {
	now := time.Now()
	t.took[s] += now.Sub(start)
	return now
}

// Took returns what a stage has taken.
func (t *Trace) Took(s Stage) time.Duration { return t.took[s] }

// Quantiles of a time over the last frames.
type Quantiles struct{ P50, P95, P99 time.Duration }

// Stats is what a run has done so far. Times are of the last frames, counts of
// the whole run.
type Stats struct {
	Frames   uint64        // pictures made
	Failures uint64        // frames on which the filter failed
	Handled  uint64        // frames dealt with: painted, failed, or come while the picture was off
	Lost     uint64        // times the source failed and was opened again
	Resting  bool          // the source is closed because nobody looks
	FPS      float64       // pictures a second, over the last frames, while there are any: not at rest, switched off or without a source
	Running  time.Duration // since the first frame
	Stages   map[string]Quantiles
	Sinks    []SinkStats
	Drops    uint64 // frames of the source that a newer one replaced
}

// SinkStats is what one sink has seen.
type SinkStats struct {
	Name    string
	Written uint64
	Drops   uint64    // pictures that a newer one replaced before the sink was ready
	Age     Quantiles // from Captured to the end of Write
	Left    bool      // whoever looked has had enough
}

// window is how many of the last frames the quantiles speak of: ten seconds at 30 fps.
const window = 300

// recent holds the last values of one time.
type recent struct {
	values [window]time.Duration
	n      int // ever added
}

func (r *recent) add(d time.Duration) {
	r.values[r.n%window] = d
	r.n++
}

func (r *recent) quantiles() Quantiles {
	n := min(r.n, window)
	if n == 0 {
		return Quantiles{}
	}
	sorted := slices.Clone(r.values[:n])
	slices.SortFunc(sorted, cmp.Compare)
	at := func(percent int) time.Duration { return sorted[(n-1)*percent/100] }
	return Quantiles{at(50), at(95), at(99)}
}

// recorder gathers what the loop's goroutines have to tell.
type recorder struct {
	mu       sync.Mutex
	stages   [numStages]recent
	gaps     recent // between pictures, pauses apart
	paused   bool   // since the last picture
	first    time.Time
	last     time.Time
	frames   uint64
	failures uint64
	lost     uint64

	delivered atomic.Uint64 // number of the source's next frame
	handled   atomic.Uint64
}

func (r *recorder) picture(t *Trace) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.frames == 0 {
		r.first = now
	} else if !r.paused {
		r.gaps.add(now.Sub(r.last))
	}
	r.last, r.paused = now, false
	r.frames++
	for s, took := range t.took {
		if took > 0 {
			r.stages[s].add(took)
		}
	}
}

// pause is told before the next picture where something else stood in between: how
// long says nothing of how fast they are made.
func (r *recorder) pause() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paused = true
}

// failure counts a frame that could not be painted and returns how many there were.
func (r *recorder) failure() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures++
	return r.failures
}

func (r *recorder) read(took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stages[StageRead].add(took)
}

func (r *recorder) lostSource() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost++
}

func (r *recorder) snapshot() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Stats{Frames: r.frames, Failures: r.failures, Handled: r.handled.Load(), Lost: r.lost, Stages: make(map[string]Quantiles)}
	if r.frames > 0 {
		s.Running = r.last.Sub(r.first)
	}
	var sum time.Duration
	n := min(r.gaps.n, window)
	for _, gap := range r.gaps.values[:n] {
		sum += gap
	}
	if sum > 0 {
		s.FPS = float64(n) / sum.Seconds()
	}
	for stage := range numStages {
		if r.stages[stage].n > 0 {
			s.Stages[stage.String()] = r.stages[stage].quantiles()
		}
	}
	return s
}
