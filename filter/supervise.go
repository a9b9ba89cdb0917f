package filter

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"
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
	stallAfter   = 1500 * time.Millisecond
	retryAfter   = 500 * time.Millisecond
	abandonAfter = time.Second // what a read gets to return in once it should
	cardEvery    = 500 * time.Millisecond
	tickEvery    = 100 * time.Millisecond
	hungAtMost   = 3
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

	// patience is how long one that has worked before has for its first frame, opened
	// again. It may be open and silent, when opening it once more helps, or slow: each
	// time that it stays silent it has twice as long the next.
	patience time.Duration
	left     []*pump // that may still be in the driver
}

// supervise puts the source's frames into the slot until it ends (nil), fails for
// good, or ctx ends.
func (l *Live) supervise(ctx context.Context) error {
	s := &supervisor{Live: l, audience: newAudience(l.cfg.Sinks), sleep: sleepWatch{wall: l.wall}, patience: stallAfter}
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
		if errors.Is(err, errStalled) && l.stats.delivered.Load() == before {
			s.patience = min(2*s.patience, firstFrame)
		}
		stop()
		p.abandon()
		if !again {
			return err
		}
		s.left = append(s.left, p)
		if err := s.bide(ctx, err); err != nil {
			return err
		}
	}
}

// bide waits, after why, until the source is to be opened again: a moment; while
// nobody looks; and while a driver hangs that has not come back from hungAtMost
// tries, since each leaves a thread in it.
func (s *supervisor) bide(ctx context.Context, why error) error {
	for {
		if errors.Is(why, errUnseen) {
			why = s.rest(ctx)
		} else {
			why = s.pause(ctx, retryAfter)
		}
		if why != nil && !errors.Is(why, errUnseen) {
			return why
		}
		s.left = slices.DeleteFunc(s.left, (*pump).ended)
		if why == nil && len(s.left) < hungAtMost {
			return nil
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
		patience = s.patience
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
			if !s.worked() {
				s.sizeCards(r.frame)
			}
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
				return &SourceError{errSlept}
			}
			if s.cfg.Retry && now.Sub(last) >= patience {
				return &SourceError{errStalled}
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
		s.stats.pause() // now: a picture may have been in the making when it went
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
