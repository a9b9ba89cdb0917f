package filter

import "time"

// audience follows whether anybody looks at the sinks. A glance, from a program
// that lists cameras or polls them, neither wakes a resting source nor keeps one
// awake.
type audience struct {
	sinks   []Viewed // nil: there is a sink that cannot tell, so somebody always looks
	present bool     // as last seen
	since   time.Time
	last    time.Time // when somebody last looked who stayed
}

// glance is how long one must look to count. Waking takes it, of the second that
// it may take in all.
const glance = 300 * time.Millisecond

func newAudience(sinks []NamedSink) audience {
	a := audience{last: time.Now()}
	for _, s := range sinks {
		v, ok := s.Sink.(Viewed)
		if !ok {
			return audience{}
		}
		a.sinks = append(a.sinks, v)
	}
	return a
}

// observe asks the sinks.
func (a *audience) observe(now time.Time) {
	present := false
	for _, s := range a.sinks {
		if s.Viewed() {
			present = true
		}
	}
	if present != a.present {
		a.present, a.since = present, now
	}
	if present && now.Sub(a.since) >= glance {
		a.last = now
	}
}

// looks says whether somebody looked who stayed, when last observed.
func (a *audience) looks(now time.Time) bool {
	return len(a.sinks) == 0 || a.present && now.Sub(a.since) >= glance
}

// absent says for how long nobody has looked. Who looks now may be about to stay:
// the source is not closed under them.
func (a *audience) absent(now time.Time) time.Duration {
	if len(a.sinks) == 0 || a.present {
		return 0
	}
	return now.Sub(a.last)
}

// sleepWatch notices that the machine was suspended: the clock on the wall went
// on while the one that counts stood still. A camera may come out of it dead, or
// with pictures from before, and is opened anew.
type sleepWatch struct {
	wall          func() time.Time
	onWall, alive time.Time
}

// slept is the least that counts; clocks that are set do not jump by less.
const slept = 2 * time.Second

func (w *sleepWatch) begin() { w.onWall, w.alive = w.wall(), time.Now() }

// happened tells whether the machine has slept since it was last asked.
func (w *sleepWatch) happened() bool {
	gone, lived := w.wall().Sub(w.onWall), time.Since(w.alive)
	w.begin()
	return gone-lived >= slept
}
