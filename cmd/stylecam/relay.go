package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"stylecam/filter"
	"stylecam/frame"
	"stylecam/infer"
)

// relay is the filter of an engine: one brush paints, and another may take over
// between two frames. A better one, once TensorRT has compiled the networks for it;
// a spare one, where a GPU that was taken because it was there fails: from the very
// frame on which it did. TensorRT's is CUDA's, and CUDA's the CPU's.
//
//	            better, when it is ready
//	              │
//	Apply ──────> now ──> picture
//	              │ fails to compute: told, once
//	            spare ──> picture
type relay struct {
	now    *brush
	better <-chan arrival                        // nil: none is on its way
	strict bool                                  // the better one was asked for by name: without it nothing is painted
	spare  func(provider string) (*brush, error) // opens the one for a provider that fails; nil: what was asked for by name has none
	log    *slog.Logger
	failed error // for which, strictly, nothing is painted any more
}

// arrival is the better brush, or why there is none.
type arrival struct {
	brush *brush
	err   error
}

// Apply has the brush at work paint. See [filter.Filter].
func (r *relay) Apply(ctx context.Context, f *frame.Frame, p *filter.Params, t *filter.Trace) (picture *frame.Frame, err error) {
	select {
	case a := <-r.better:
		r.better = nil
		r.welcome(a)
	default:
	}
	if r.failed != nil {
		return nil, r.failed
	}
	err = r.do(ctx, func(b *brush) error {
		picture, err = b.Apply(ctx, f, p, t)
		return err
	})
	return picture, err
}

// onTrial tells whether what paints now has a spare one, and must show its worth.
func (r *relay) onTrial() bool { return r.spare != nil && r.now.provider != infer.CPU.String() }

// do has the brush at work do something, and the spare one where that fails.
func (r *relay) do(ctx context.Context, work func(*brush) error) error {
	for {
		err := work(r.now)
		var failure *infer.Failure
		if !r.onTrial() || ctx.Err() != nil || !errors.As(err, &failure) {
			return err
		}
		if err := r.pass(err); err != nil {
			return err
		}
	}
}

// begin opens the first brush. Where its networks do not open, the spare one paints.
func (r *relay) begin(provider string, open func() (*brush, error)) error {
	b, err := open()
	if err != nil && r.spare != nil {
		return r.take(provider, err)
	}
	r.now = b
	return err
}

// welcome puts the better brush to work.
func (r *relay) welcome(a arrival) {
	switch {
	case a.err == nil:
		r.log.Info("computing goes on elsewhere", "before", r.now.provider, "now", a.brush.provider)
		r.leave(r.now)
		r.now = a.brush
	case r.strict:
		r.failed = a.err
	default:
		r.log.Warn("computing stays where it is", "on", r.now.provider, "because", oneLine(a.err))
	}
}

// leave closes a brush that another has taken the place of. What goes wrong with that
// is no reason to lose a frame.
func (r *relay) leave(b *brush) {
	if err := b.Close(); err != nil {
		r.log.Warn("what computed before does not end well", "on", b.provider, "because", oneLine(err))
	}
}

// pass puts the spare brush to work in the place of the one that failed.
func (r *relay) pass(why error) error {
	failed := r.now
	if err := r.take(failed.provider, why); err != nil {
		return err
	}
	r.leave(failed)
	return nil
}

// take puts the spare brush of a provider to work, and says why.
func (r *relay) take(provider string, why error) error {
	spare, err := r.spare(provider)
	if err != nil {
		return errors.Join(why, err)
	}
	r.log.Warn("computing goes on elsewhere", "before", provider, "now", spare.provider, "because", oneLine(why))
	r.now = spare
	return nil
}

// Close closes the brush at work.
func (r *relay) Close() error {
	if r.now == nil {
		return nil
	}
	return r.now.Close()
}

// tolerance is how far, of 255 and in the mean, a GPU's picture may be from the CPU's:
// half precision and other kernels round otherwise.
const tolerance = 4

// prove compares a known frame as the brush at work and the CPU's, of the same
// networks, paint it. If the first fails or paints something else, the spare one takes
// its place.
func (r *relay) prove(ctx context.Context, cpu func() (*brush, error), known func(*brush) (*frame.Frame, error)) error {
	rival, err := cpu()
	if err != nil {
		return err
	}
	unlike := alike(r.now, rival, known)
	r.leave(rival)
	switch {
	case unlike == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return r.pass(unlike)
}

// alike says how one brush's picture of a known frame is not what the CPU's is.
func alike(b, cpu *brush, known func(*brush) (*frame.Frame, error)) error {
	theirs, err := known(cpu)
	if err != nil {
		return err
	}
	defer theirs.Release()
	mine, err := known(b)
	if err != nil {
		return err
	}
	defer mine.Release()
	if apart := difference(mine, theirs); apart > tolerance {
		return fmt.Errorf("the picture of a known frame by %s is %.0f of 255 from the CPU's", b.provider, apart)
	}
	return nil
}
