package capture

import (
	"context"
	"time"
)

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
