package filter

import (
	"context"
	"errors"
	"io"
	"time"

	"stylecam/frame"
)

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
	err := Guard(func() (err error) {
		src, err = p.open(ctx)
		return err
	})
	if err != nil {
		p.pass(readResult{err: err})
		return
	}
	defer func() { _ = Guard(src.Close) }() // what matters was read, or failed, before
	for p.pass(read(ctx, src)) {
	}
}

func read(ctx context.Context, src Source) (r readResult) {
	start := time.Now()
	r.err = Guard(func() (err error) {
		r.frame, err = src.Read(ctx)
		return err
	})
	r.took = time.Since(start)
	if r.err != nil && !errors.Is(r.err, io.EOF) {
		r.err = &SourceError{r.err}
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

// ended says whether the source is closed.
func (p *pump) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}
