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
//	 └── failed, silent, or the machine slept: a card, and again after retryAfter,
//	     or once somebody looks
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
	tickEvery    = 100 * time.Millisecond
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

	absent *notice   // shown in the source's place; nil while frames come
	shown  time.Time // when it was shown last
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
		again := err != nil && ctx.Err() == nil && s.worked() && (l.cfg.Retry || errors.Is(err, errUnseen))
		if again && !errors.Is(err, errUnseen) {
			if l.stats.delivered.Load() > before {
				l.stats.lostSource()
				l.cfg.Log.Warn("the source is gone; waiting for it", "err", err)
			}
			s.stands(&cameraLost)
		}
		stop()
		p.abandon()
		if !again {
			return err
		}
		if !errors.Is(err, errUnseen) {
			err = s.pause(ctx, retryAfter)
		}
		if errors.Is(err, errUnseen) {
			err = s.rest(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// worked says whether the source has ever delivered a frame.
func (s *supervisor) worked() bool { return s.stats.delivered.Load() > 0 }

// follow passes on what the pump reads, until the source ends (nil), fails, falls
// silent, or nobody looks.
func (s *supervisor) follow(ctx context.Context, p *pump) error {
	patience := firstFrame
	if s.worked() {
		patience = againFrame
	}
	ticks := time.NewTicker(tickEvery)
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
			s.returns()
			r.frame.Seq += base
			s.stats.delivered.Store(r.frame.Seq + 1)
			if err := s.in.Put(ctx, r.frame); err != nil {
				return err
			}
			last, patience = time.Now(), stallAfter
		case now := <-ticks.C:
			if err := s.tick(now); err != nil {
				return err
			}
			if s.cfg.Retry && s.sleep.happened() {
				return fmt.Errorf("source: %w", errSlept)
			}
			if s.cfg.Retry && now.Sub(last) >= patience {
				return fmt.Errorf("source: %w", errStalled)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tick is what is done ten times a second: it asks who looks, repeats the card,
// and returns errUnseen once nobody has looked for long enough.
func (s *supervisor) tick(now time.Time) error {
	s.audience.observe(now)
	if s.cfg.Idle > 0 && s.audience.absent(now) >= s.cfg.Idle && s.worked() {
		return errUnseen
	}
	if s.absent != nil && now.Sub(s.shown) >= cardEvery {
		s.stands(s.absent)
	}
	return nil
}

// stands shows a card in the source's place, until its next frame.
func (s *supervisor) stands(n *notice) {
	s.absent, s.shown = n, time.Now()
	s.replaceSource(n)
}

// returns takes the card away.
func (s *supervisor) returns() {
	if s.absent != nil {
		s.absent = nil
		s.replaceSource(nil)
	}
}

// rest waits, with the source closed, until somebody looks.
func (s *supervisor) rest(ctx context.Context) error {
	s.cfg.Log.Info("nobody looks; the source rests")
	s.stands(&cameraRests)
	s.resting.Store(true)
	defer s.resting.Store(false)
	for !s.audience.looks(time.Now()) {
		if err := wait(ctx, tickEvery); err != nil {
			return err
		}
		s.audience.observe(time.Now())
	}
	s.cfg.Log.Info("somebody looks; the source wakes")
	return nil
}

// pause waits for d, unless nobody looks meanwhile (errUnseen).
func (s *supervisor) pause(ctx context.Context, d time.Duration) error {
	for end := time.Now().Add(d); time.Now().Before(end); {
		if err := wait(ctx, tickEvery); err != nil {
			return err
		}
		if err := s.tick(time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// wait lets d pass.
func wait(ctx context.Context, d time.Duration) error {
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
