package filter

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"stylecam/frame"
)

// Config is what a Live is made of. Fields without a word about their default
// are needed.
type Config struct {
	// Open opens the source, and opens it again after it was lost: while an earlier
	// call still hangs in a driver, if need be.
	Open func(ctx context.Context) (Source, error)
	// Retry says that a lost source is waited for, with a card shown meanwhile: a
	// camera. Without it the source's failure ends the run: a file.
	Retry bool
	// Idle is how long nobody may look before the source is closed and nothing is
	// painted, until somebody looks; see Viewed. 0 means never.
	Idle time.Duration
	// Filter makes the pictures.
	Filter Filter
	// Params are the first settings.
	Params Params
	// Check refuses settings that the filter cannot follow (an unknown style). It
	// defaults to accepting what Params.Validate accepts.
	Check func(*Params) error
	// Policy of every slot. It defaults to frame.Newest.
	Policy frame.Policy
	// Pool gives the frames for cards.
	Pool *frame.Pool
	// Card draws a notice. It defaults to plain black.
	Card func(dst *frame.Frame, title, text string)
	// Sinks take the pictures.
	Sinks []NamedSink
	// Frames ends the run after so many pictures. 0 means no end.
	Frames uint64
	// ShowOriginal lets a frame on which the filter fails be seen as it came from
	// the camera. It defaults to a card: nobody sees the raw picture unasked.
	ShowOriginal bool
	// Log hears of lost sources and failing sinks, not of frames. It defaults to
	// silence.
	Log *slog.Logger
}

// NamedSink is a sink and what messages and statistics call it.
type NamedSink struct {
	Name string
	Sink Sink
}

// Live runs one source through one filter into any number of sinks. Settings and
// statistics may be used from any goroutine, before, during and after Run.
type Live struct {
	cfg     Config
	outputs []*output
	stats   recorder
	in      *frame.Slot

	params atomic.Pointer[Params]
	update sync.Mutex // one change of settings at a time

	publish sync.Mutex // one picture at a time goes to the sinks; guards what follows
	shown   size       // of the last picture, for cards; before there is one, of the source's first frame
	seq     uint64     // of the last picture
	standIn *notice    // what stands for a source that is gone or rests; nil while frames come
	closed  bool       // the sinks' slots are

	alive atomic.Int32 // sinks that have not failed

	resting atomic.Bool      // nobody looks
	wall    func() time.Time // the time of day; tests put the machine to sleep by it
}

type size struct{ width, height int }

// timeOfDay is the time without the monotonic reading that stands still while
// the machine sleeps.
func timeOfDay() time.Time { return time.Now().Round(0) }

// New prepares a run. It owns the sinks from here on: Run closes them.
func New(cfg Config) (*Live, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Check == nil {
		cfg.Check = func(*Params) error { return nil }
	}
	if cfg.Card == nil {
		cfg.Card = func(dst *frame.Frame, _, _ string) { clear(dst.Pix) }
	}
	l := &Live{cfg: cfg, in: frame.NewSlot(cfg.Policy), wall: timeOfDay}
	for _, s := range cfg.Sinks {
		l.outputs = append(l.outputs, newOutput(s, cfg.Policy))
	}
	l.alive.Store(int32(len(l.outputs)))
	if err := l.Set(cfg.Params); err != nil {
		return nil, err
	}
	return l, nil
}

// Params returns the settings in force.
func (l *Live) Params() Params { return *l.params.Load() }

// Set puts new settings in force, whole, from the next frame on. Settings that
// make no sense are refused and change nothing.
func (l *Live) Set(p Params) error {
	return l.Update(func(old *Params) { *old = p })
}

// Update changes the settings in force by a function of them, so that two who
// change different things at once both succeed.
func (l *Live) Update(change func(*Params)) error {
	l.update.Lock()
	defer l.update.Unlock()
	var p Params
	if old := l.params.Load(); old != nil {
		p = *old
	}
	blank := p.Blank
	change(&p)
	if err := p.Validate(); err != nil {
		return err
	}
	if err := l.cfg.Check(&p); err != nil {
		return err
	}
	l.params.Store(&p)
	if p.Blank != blank && l.cfg.Policy == frame.Newest {
		l.cardIfDue() // at once: a source that stands still sends no next frame
	}
	return nil
}

// Stats returns what was done so far.
func (l *Live) Stats() Stats {
	s := l.stats.snapshot()
	s.Drops = l.in.Drops()
	s.Resting = l.resting.Load()
	for _, o := range l.outputs {
		s.Sinks = append(s.Sinks, o.snapshot())
	}
	return s
}

// Run works until the source ends, the number of frames is reached, a sink's
// reader leaves (all of them: nil), ctx ends (its error), or nothing can go on
// (the error that stopped it). Whatever it returns, source and sinks are closed
// and every frame was released. It may be called once.
func (l *Live) Run(ctx context.Context) error {
	work, stop := context.WithCancelCause(ctx)
	defer stop(nil)

	var sinks, source sync.WaitGroup
	for _, o := range l.outputs {
		sinks.Go(func() {
			if o.err = Guard(func() error { return o.run(ctx) }); o.err != nil {
				l.sinkEnded(o, stop)
			}
			o.slot.Drain()
		})
	}
	source.Go(func() {
		defer l.in.Close()
		if err := Guard(func() error { return l.supervise(work) }); err != nil {
			stop(err)
		}
	})
	if err := Guard(func() error { return l.loop(work) }); err != nil {
		stop(err)
	}
	ended := context.Cause(work) // nil: the source came to its end
	stop(nil)
	l.in.Drain()
	source.Wait()
	if l.cfg.Policy == frame.Every && ctx.Err() == nil && !isGoodEnd(ended) {
		l.abort()
	}
	l.publish.Lock()
	for _, o := range l.outputs {
		o.slot.Close()
	}
	l.closed = true
	l.publish.Unlock()
	sinks.Wait()
	return l.result(ctx, ended)
}

// abort tells the sinks to leave nothing behind.
func (l *Live) abort() {
	for _, o := range l.outputs {
		if a, ok := o.sink.(Aborter); ok {
			a.Abort()
		}
	}
}

var errEnough = errors.New("the number of frames is reached")

// isGoodEnd tells whether a run that ended so did what it was asked for.
func isGoodEnd(ended error) bool {
	return ended == nil || errors.Is(ended, errEnough) || errors.Is(ended, ErrClosed)
}

// result joins why the run ended with what went wrong in the sinks.
func (l *Live) result(ctx context.Context, ended error) error {
	if isGoodEnd(ended) {
		ended = nil
	}
	if err := ctx.Err(); err != nil {
		ended = err
	}
	errs := []error{ended}
	for _, o := range l.outputs {
		if o.err != nil && !errors.Is(o.err, ErrClosed) && !errors.Is(ended, o.err) {
			errs = append(errs, o.err)
		}
	}
	return errors.Join(errs...)
}

// loop makes a picture of every frame that the source's slot yields.
func (l *Live) loop(ctx context.Context) error {
	for n := uint64(1); ; n++ {
		f, err := l.in.Take(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		err = l.picture(ctx, f)
		f.Release()
		if err != nil {
			return err
		}
		l.stats.handled.Add(1)
		if n == l.cfg.Frames {
			return errEnough
		}
	}
}

// picture filters one frame and hands the result to the sinks.
func (l *Live) picture(ctx context.Context, f *frame.Frame) error {
	p := l.params.Load()
	if p.Blank {
		l.stats.pause()
		l.sizeCards(f)
		l.cardIfDue()
		return nil
	}
	if f.Card { // text, to be read as it is
		l.stats.pause()
		return l.show(ctx, f)
	}
	var t Trace
	start := time.Now()
	var out *frame.Frame
	err := Guard(func() (err error) {
		out, err = l.cfg.Filter.Apply(ctx, f, p, &t)
		return err
	})
	t.Lap(StageFilter, start)
	if err != nil {
		return l.filterFailed(ctx, f, err)
	}
	defer out.Release()
	l.stats.picture(&t)
	return l.show(ctx, out)
}

// sinkEnded takes note of a sink that went away. The others go on without it,
// unless its reader closed it on purpose, every frame counts, or it was the last.
func (l *Live) sinkEnded(o *output, stop context.CancelCauseFunc) {
	last := l.alive.Add(-1) == 0
	if errors.Is(o.err, ErrClosed) || l.cfg.Policy == frame.Every || last {
		stop(o.err)
		return
	}
	l.cfg.Log.Error("an output failed; the others go on", "err", o.err)
}
