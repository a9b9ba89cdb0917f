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

// relay is the filter of an engine: one brush paints, and where a GPU was taken
// because it was there, a spare one stands by. The picture goes on from the very frame
// on which the GPU failed.
//
//	Apply ──> now ──> picture
//	           │ fails to compute: told, once
//	         spare ──> picture
type relay struct {
	now   *brush
	spare func() (*brush, error) // opens it; nil: there is none
	log   *slog.Logger
}

// Apply has the brush at work paint. See [filter.Filter].
func (r *relay) Apply(ctx context.Context, f *frame.Frame, p *filter.Params, t *filter.Trace) (*frame.Frame, error) {
	picture, err := r.now.Apply(ctx, f, p, t)
	var failure *infer.Failure
	if r.spare == nil || ctx.Err() != nil || !errors.As(err, &failure) {
		return picture, err
	}
	if err := r.pass(err); err != nil {
		return nil, err
	}
	return r.now.Apply(ctx, f, p, t)
}

// pass puts the spare brush to work, and says why.
func (r *relay) pass(why error) error {
	spare, err := r.spare()
	if err != nil {
		return errors.Join(why, err)
	}
	r.log.Warn("computing goes on elsewhere", "before", r.now.provider, "now", spare.provider, "because", oneLine(why))
	err = r.now.Close()
	r.now, r.spare = spare, nil
	return err
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

// prove compares a known frame as the brush at work and the spare one paint it. If
// the first fails or paints something else, the spare one takes its place.
func (r *relay) prove(ctx context.Context, known func(*brush) (*frame.Frame, error)) error {
	spare, err := r.spare()
	if err != nil {
		return err
	}
	theirs, err := known(spare)
	if err != nil {
		return errors.Join(err, spare.Close())
	}
	defer theirs.Release()
	mine, err := known(r.now)
	if err == nil {
		apart := difference(mine, theirs)
		mine.Release()
		if apart <= tolerance {
			return spare.Close()
		}
		err = fmt.Errorf("its picture of a known frame is %.0f of 255 from the CPU's", apart)
	}
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), spare.Close())
	}
	r.spare = func() (*brush, error) { return spare, nil }
	return r.pass(err)
}
