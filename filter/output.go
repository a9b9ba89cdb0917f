package filter

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"stylecam/frame"
)

// output is one sink with its slot: a slow sink drops its own pictures and slows
// nobody.
type output struct {
	name   string
	sink   Sink
	slot   *frame.Slot
	policy frame.Policy

	err  error // why it ended; read after the run
	left atomic.Bool

	mu      sync.Mutex
	written uint64
	age     recent
}

func newOutput(s NamedSink, p frame.Policy) *output {
	return &output{name: s.Name, sink: s.Sink, slot: frame.NewSlot(p), policy: p}
}

// run writes what comes through the slot until that closes, ctx ends or a write
// fails, and closes the sink.
func (o *output) run(ctx context.Context) error {
	err := o.write(ctx)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = nil // told to stop: what counts is whether it could finish
	}
	if e := Guard(o.sink.Close); err == nil {
		err = e
	}
	if err != nil && !errors.Is(err, ErrClosed) {
		err = &SinkError{o.name, err}
	}
	return err
}

func (o *output) write(ctx context.Context) error {
	for {
		f, err := o.slot.Take(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		err = Guard(func() error { return o.sink.Write(ctx, f) }) // whose frame goes back all the same
		captured := f.Captured
		f.Release()
		if err != nil {
			o.left.Store(errors.Is(err, ErrClosed))
			return err
		}
		o.wrote(time.Since(captured))
	}
}

// wrote counts a picture. Of a file's pictures the age says nothing: their times
// are the file's.
func (o *output) wrote(age time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.written++
	if o.policy == frame.Newest {
		o.age.add(age)
	}
}

func (o *output) snapshot() SinkStats {
	o.mu.Lock()
	defer o.mu.Unlock()
	return SinkStats{Name: o.name, Written: o.written, Drops: o.slot.Drops(), Age: o.age.quantiles(), Left: o.left.Load()}
}
