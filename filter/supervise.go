package filter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"stylecam/frame"
)

// The supervisor owns the source's life: opening, reading, giving up on a read
// that hangs, waiting for a camera to come back, and stopping. Sources only read.
//
//	open ──> read ──> frame ──> slot
//	 ^        │ failed, or nothing for stallAfter
//	 │        v
//	 └── card, wait (0.25 s, doubling to 2 s)
//
// A source that never delivered a frame is not waited for: then the name is
// wrong or a permission is missing, and the user should hear of it.
const (
	firstFrame   = 10 * time.Second // some cameras take seconds to wake
	stallAfter   = 2 * time.Second
	firstBackoff = 250 * time.Millisecond
	lastBackoff  = 2 * time.Second
)

var errStalled = errors.New("no frame comes")

// supervise puts the source's frames into the slot until it ends (nil), fails for
// good, or ctx ends.
func (l *Live) supervise(ctx context.Context) error {
	backoff := firstBackoff
	for {
		before := l.stats.delivered.Load()
		err := l.readSource(ctx)
		now := l.stats.delivered.Load()
		if err == nil || ctx.Err() != nil || !l.cfg.Retry || now == 0 {
			return err
		}
		if now > before {
			backoff = firstBackoff
			l.stats.lostSource()
			l.cfg.Log.Warn("the source is gone; waiting for it", "err", err)
		}
		l.lost.Store(true)
		l.card("Camera lost", "waiting for it to come back")
		select {
		case <-time.After(backoff):
		case <-ctx.Done():
			return ctx.Err()
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

// readSource opens the source and reads it to its end (nil) or failure.
func (l *Live) readSource(ctx context.Context) error {
	src, err := l.cfg.Open(ctx)
	if err != nil {
		return err
	}
	p := newPump(src)
	go p.run(ctx)
	defer p.abandon()

	patience := stallAfter
	if l.stats.delivered.Load() == 0 {
		patience = firstFrame
	}
	stall := time.NewTimer(patience)
	defer stall.Stop()
	var expired <-chan time.Time
	if l.cfg.Retry {
		expired = stall.C
	}
	base := l.stats.delivered.Load() // numbers go on where the last source left off
	for {
		select {
		case r := <-p.results:
			if errors.Is(r.err, io.EOF) {
				return nil
			}
			if r.err != nil {
				return fmt.Errorf("source: %w", r.err)
			}
			l.stats.read(r.took)
			l.lost.Store(false)
			r.frame.Seq += base
			l.stats.delivered.Store(r.frame.Seq + 1)
			if err := l.in.Put(ctx, r.frame); err != nil {
				return err
			}
			stall.Reset(stallAfter)
		case <-expired:
			return fmt.Errorf("source: %w", errStalled)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// pump reads a source in a goroutine of its own, so that a driver that never
// returns holds up nobody: it is abandoned, and closes the source should its
// Read return after all.
type pump struct {
	src     Source
	results chan readResult
	gone    chan struct{} // closed: nobody listens any more
	done    chan struct{} // closed: the source is closed
}

type readResult struct {
	frame *frame.Frame
	took  time.Duration
	err   error
}

func newPump(src Source) *pump {
	return &pump{src, make(chan readResult), make(chan struct{}), make(chan struct{})}
}

func (p *pump) run(ctx context.Context) {
	defer close(p.done)
	defer p.src.Close() // what matters was read, or failed, before
	for {
		var r readResult
		start := time.Now()
		r.err = guard(func() (err error) {
			r.frame, err = p.src.Read(ctx)
			return err
		})
		r.took = time.Since(start)
		select {
		case p.results <- r:
			if r.err != nil {
				return
			}
		case <-p.gone:
			if r.frame != nil {
				r.frame.Release()
			}
			return
		}
	}
}

// abandon lets the pump go. It waits for a Read in flight, so that the source is
// closed and its frames are back, but not for one that hangs.
func (p *pump) abandon() {
	close(p.gone)
	select {
	case <-p.done:
	case <-time.After(stallAfter):
	}
}
