package capture

import (
	"context"
	"time"
)

// clock gives the frames of a file their time. Live, they are held back until
// they are due and bear the time of day; otherwise they come as fast as they can
// be had and bear the file's own time, counted from when it was opened.
type clock struct {
	live   bool
	pace   pacer
	opened time.Time
	gap    time.Duration // between the last two frames
	last   time.Duration
	begun  bool
}

func newClock(live bool, fps float64) clock {
	return clock{live: live, opened: time.Now(), gap: time.Duration(float64(time.Second) / fps)}
}

// leap is a step between two frames that is no pause but a fault of the file, as
// where two recordings were joined.
const leap = 10 * time.Second

// stamp waits until the frame at a time of the file is due, if it must, and
// returns when it was captured. Times always
// grow: where the file's do not, the last step is taken once more.
func (c *clock) stamp(ctx context.Context, at time.Duration) (time.Time, error) {
	switch step := at - c.last; {
	case !c.begun:
		c.begun = true
	case step <= 0 || step > leap:
		at = c.last + c.gap
	default:
		c.gap = step
	}
	c.last = at
	if !c.live {
		return c.opened.Add(at), nil
	}
	if err := c.pace.wait(ctx, at); err != nil {
		return time.Time{}, err
	}
	return time.Now(), nil
}

// pacer holds back the frames of a source that could run faster than the clock.
// The zero value is ready.
type pacer struct{ begin time.Time }

// late is how far a source may fall behind before its clock is set anew: frames
// that come in a burst to catch up would only be dropped.
const late = 250 * time.Millisecond

// wait returns when the frame at the given time of the source is due.
func (p *pacer) wait(ctx context.Context, at time.Duration) error {
	now := time.Now()
	if due := p.begin.Add(at); p.begin.IsZero() || now.Sub(due) > late {
		p.begin = now.Add(-at)
	}
	rest := p.begin.Add(at).Sub(now)
	if rest <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
