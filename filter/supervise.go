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
// that hangs, waiting for a camera to come back, letting it rest, and stopping.
// Sources only read.
//
//	      ┌──────────── somebody looks ────────────┐
//	      v                                        │
//	open, read ──> frame ──> slot              resting: source closed, a card shown
//	 ^    │  │                                     ^
//	 │    │  └── nobody has looked for Idle ───────┘
//	 │    v
//	 └── failed, silent, or the machine slept: a card, and again after retryAfter
//
// A source that never delivered a frame is not waited for: then the name is
// wrong or a permission is missing, and the user should hear of it.
const (
	firstFrame   = 10 * time.Second // some cameras take seconds to wake
	againFrame   = 5 * time.Second  // one that has worked before
	stallAfter   = 1500 * time.Millisecond
	retryAfter   = 500 * time.Millisecond
	abandonAfter = time.Second // what a read gets to return in once it should
	cardEvery    = 500 * time.Millisecond
	tick         = 100 * time.Millisecond
)

var (
	errStalled = errors.New("no frame comes")
	errSlept   = errors.New("the machine has slept")
	errUnseen  = errors.New("nobody looks")
)

// supervisor is what supervise remembers from one opening to the next.
type supervisor struct {
	*Live
	audience audience
	sleep    sleepWatch

	title, text string    // of the card that stands for the source
	shown       time.Time // when it was shown last
}

// supervise puts the source's frames into the slot until it ends (nil), fails for
// good, or ctx ends.
func (l *Live) supervise(ctx context.Context) error {
	s := &supervisor{Live: l, audience: newAudience(l.cfg.Sinks), sleep: sleepWatch{wall: l.wall}}
	for {
		before := l.stats.delivered.Load()
		p := newPump(l.cfg.Open)
		reading, stop := context.WithCancel(ctx)
		go p.run(reading)
		err := s.follow(ctx, p)
		resting := errors.Is(err, errUnseen)
		again := err != nil && ctx.Err() == nil && l.stats.delivered.Load() > 0 && (l.cfg.Retry || resting)
		switch {
		case resting:
			s.standIn("Camera off", "it comes on when somebody looks")
		case again:
			if l.stats.delivered.Load() > before {
				l.stats.lostSource()
				l.cfg.Log.Warn("the source is gone; waiting for it", "err", err)
			}
			s.standIn("Camera lost", "waiting for it to come back")
		}
		stop()
		p.abandon()
		if !again {
			return err
		}
		if resting {
			err = s.rest(ctx)
		} else {
			err = pause(ctx, retryAfter)
		}
		if err != nil {
			return err
		}
	}
}

// follow passes on what the pump reads, until the source ends (nil), fails, falls
// silent, or nobody looks.
func (s *supervisor) follow(ctx context.Context, p *pump) error {
	patience := firstFrame
	if s.stats.delivered.Load() > 0 {
		patience = againFrame
	}
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	last := time.Now()
	s.sleep.begin()
	base := s.stats.delivered.Load() // numbers go on where the last source left off
	for {
		select {
		case r := <-p.results:
			if errors.Is(r.err, io.EOF) {
				return nil
			}
			if r.err != nil {
				return r.err
			}
			s.stats.read(r.took)
			s.lost.Store(false)
			r.frame.Seq += base
			s.stats.delivered.Store(r.frame.Seq + 1)
			if err := s.in.Put(ctx, r.frame); err != nil {
				return err
			}
			last, patience = time.Now(), stallAfter
		case now := <-ticks.C:
			s.audience.observe(now)
			switch {
			case s.cfg.Retry && s.sleep.happened():
				return fmt.Errorf("source: %w", errSlept)
			case s.cfg.Retry && now.Sub(last) >= patience:
				return fmt.Errorf("source: %w", errStalled)
			case s.cfg.Idle > 0 && s.audience.absent(now) >= s.cfg.Idle && s.stats.delivered.Load() > 0:
				return errUnseen
			case s.lost.Load() && now.Sub(s.shown) >= cardEvery:
				s.standIn(s.title, s.text)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// standIn shows a card in the source's place, until its next frame.
func (s *supervisor) standIn(title, text string) {
	s.lost.Store(true)
	s.title, s.text, s.shown = title, text, time.Now()
	s.card(title, text)
}

// rest waits, with the source closed, until somebody looks.
func (s *supervisor) rest(ctx context.Context) error {
	s.cfg.Log.Info("nobody looks; the source rests")
	s.resting.Store(true)
	defer s.resting.Store(false)
	for !s.audience.looks(time.Now()) {
		if err := pause(ctx, tick); err != nil {
			return err
		}
		s.audience.observe(time.Now())
	}
	s.cfg.Log.Info("somebody looks; the source wakes")
	return nil
}

// pause waits for d.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pump opens and reads a source in a goroutine of its own, so that a driver that
// never returns holds up nobody: it is abandoned, and closes the source should
// its Read return after all.
type pump struct {
	open    func(context.Context) (Source, error)
	results chan readResult
	gone    chan struct{} // closed: nobody listens any more
	done    chan struct{} // closed: the source is closed
}

type readResult struct {
	frame *frame.Frame
	took  time.Duration
	err   error
}

func newPump(open func(context.Context) (Source, error)) *pump {
	return &pump{open, make(chan readResult), make(chan struct{}), make(chan struct{})}
}

func (p *pump) run(ctx context.Context) {
	defer close(p.done)
	var src Source
	err := guard(func() (err error) {
		src, err = p.open(ctx)
		return err
	})
	if err != nil {
		p.pass(readResult{err: err})
		return
	}
	defer src.Close() // what matters was read, or failed, before
	for p.pass(read(ctx, src)) {
	}
}

func read(ctx context.Context, src Source) (r readResult) {
	start := time.Now()
	r.err = guard(func() (err error) {
		r.frame, err = src.Read(ctx)
		return err
	})
	r.took = time.Since(start)
	if r.err != nil && !errors.Is(r.err, io.EOF) {
		r.err = fmt.Errorf("source: %w", r.err)
	}
	return r
}

// pass hands on what was read, and tells whether to go on.
func (p *pump) pass(r readResult) bool {
	select {
	case p.results <- r:
		return r.err == nil
	case <-p.gone:
		if r.frame != nil {
			r.frame.Release()
		}
		return false
	}
}

// abandon lets the pump go. It waits for a Read in flight, so that the source is
// closed and its frames are back, but not for one that hangs.
func (p *pump) abandon() {
	close(p.gone)
	select {
	case <-p.done:
	case <-time.After(abandonAfter):
	}
}
