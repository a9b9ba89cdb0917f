package paint

import (
	"context"
	"fmt"
	"image"
	"time"

	"stylecam/blend"
	"stylecam/filter"
	"stylecam/frame"
)

// job is the painter at work on one frame, which its scene holds.
type job struct {
	*Painter
	params *filter.Params
	trace  *filter.Trace
	size   sizes
	mask   *blend.Mask // once made
}

// painted is what paintings were made with.
type painted struct {
	params *filter.Params // never changed once handed over, so that one address is one setting
	size   sizes
}

// picture makes the picture that was planned, as a frame of the pool.
func (j *job) picture(ctx context.Context, do plan) (*frame.Frame, error) {
	f := j.scene.Frame
	picture := j.Pool.Get(f.Width, f.Height)
	picture.Seq, picture.Captured = f.Seq, f.Captured
	if err := j.paint(ctx, picture, do); err != nil {
		picture.Release()
		return nil, err
	}
	return picture, nil
}

// paint fills the picture.
func (j *job) paint(ctx context.Context, picture *frame.Frame, do plan) (err error) {
	began := time.Now()
	var mask *blend.Mask
	if do.mask {
		if mask, err = j.segment(ctx); err != nil {
			return err
		}
	}
	var fresh bool
	if do.paints() {
		if fresh, err = j.paintLayers(ctx, &do, mask); err != nil {
			return err
		}
	}
	start := time.Now()
	if err := j.compose(picture, do, mask); err != nil {
		return err
	}
	end := j.trace.Lap(filter.StageCompose, start)
	if fresh && j.params.Quality == filter.Auto {
		j.pace.took(j.Interval(), spentOn(j.trace, end.Sub(began)))
	}
	return nil
}

// segment makes the frame's mask, once: the refiner takes each call for a new frame.
func (j *job) segment(ctx context.Context) (*blend.Mask, error) {
	if j.mask != nil {
		return j.mask, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	start := time.Now()
	h, w := j.size.mask.Y, j.size.mask.X
	small, err := j.scene.Shrink(h, w)
	if err != nil {
		return nil, err
	}
	j.raw = grow(j.raw, h*w)
	// What is remembered of frames of another size lies elsewhere, though it be of one working size.
	size := image.Pt(j.scene.Frame.Width, j.scene.Frame.Height)
	first := j.Still || size != j.rawOf
	j.rawOf = size
	if first || j.params.Smoothing == 0 {
		j.SegNet.Reset()
	}
	if err := j.SegNet.Mask(j.raw, small, h, w); err != nil {
		return nil, fmt.Errorf("mask: %w", err)
	}
	start = j.trace.Lap(filter.StageMask, start)
	mask, err := j.refiner.Refine(j.scene, j.raw, h, w, blend.Refinement{
		Smoothing: j.params.Smoothing, Feather: j.params.Feather, Still: first,
	})
	j.trace.Lap(filter.StageRefine, start)
	if err != nil {
		return nil, err
	}
	j.mask = mask
	return mask, nil
}

// full is the frame's mask, a byte a pixel.
func (j *job) full(ctx context.Context) ([]byte, error) {
	mask, err := j.segment(ctx)
	if err != nil {
		return nil, err
	}
	return mask.Full()
}

// coat is how one layer is painted.
type coat struct {
	alpha filter.Alpha
	share func(part) float32
}

// paintLayers gives the plan's layers their paintings: fused, both the same one. It
// tells whether SANet ran for it, or had painted just this before.
func (j *job) paintLayers(ctx context.Context, do *plan, mask *blend.Mask) (fresh bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	start := time.Now()
	defer func() { j.trace.Lap(filter.StagePaint, start) }()
	parts, err := j.fader.parts(j.params, j.scene.Frame.Captured, j.Style, j.Still)
	if err != nil {
		return false, err
	}
	background := coat{j.params.Background, func(s part) float32 { return s.background }}
	person := coat{j.params.Person, func(s part) float32 { return s.person }}

	now := painted{j.params, j.size}
	fresh = !j.Reuse || mask == nil || j.refiner.Moved() || j.fader.fading() || now != j.painted
	if fresh {
		j.painted = painted{}
		switch {
		case do.fused:
			err = j.pass(0, parts, background, person, mask)
		default:
			if do.background.Kind == blend.Painted {
				err = j.pass(0, parts, background, background, nil)
			}
			if err == nil && do.paintsPersonApart() {
				err = j.pass(1, parts, person, person, nil)
			}
		}
		if err != nil {
			return false, err
		}
		j.painted = now
	}
	do.background.Painting = j.painting(0)
	do.person.Painting = j.painting(1)
	return fresh, nil
}

func (j *job) painting(buffer int) blend.Painting {
	return blend.Painting{Pix: j.paintings[buffer], H: j.size.paint.Y, W: j.size.paint.X}
}

// pass runs SANet once, into one of the two buffers: back where the mask is 0 and
// front where it is 1; no mask is all back.
func (j *job) pass(buffer int, parts []part, back, front coat, mask *blend.Mask) error {
	h, w := j.size.paint.Y, j.size.paint.X
	content, err := j.scene.Content(h, w)
	if err != nil {
		return err
	}
	places := h / 4 * w / 4
	j.alpha = grow(j.alpha, 2*places)
	low, high := j.alpha[:places], j.alpha[places:]
	who := low // the mask stands where α1 will
	if mask == nil {
		clear(who)
	} else if err := mask.Average(who, h/4, w/4); err != nil {
		return err
	}
	j.tensors, j.share = j.tensors[:0], j.share[:0]
	for _, s := range parts {
		b, f := back.share(s), front.share(s)
		if b == 0 && (f == 0 || mask == nil) {
			continue
		}
		j.tensors = append(j.tensors, s.tensors)
		for _, m := range who {
			j.share = append(j.share, b+m*(f-b))
		}
	}
	for i, m := range who {
		low[i] = back.alpha.Low + m*(front.alpha.Low-back.alpha.Low)
		high[i] = back.alpha.High + m*(front.alpha.High-back.alpha.High)
	}
	j.paintings[buffer] = grow(j.paintings[buffer], 3*h*w)
	if err := j.SANet.Paint(j.paintings[buffer], content, h, w, j.tensors, j.share, j.alpha); err != nil {
		return fmt.Errorf("paint: %w", err)
	}
	return nil
}

// compose puts the picture together, as the view wants it.
func (j *job) compose(picture *frame.Frame, do plan, mask *blend.Mask) (err error) {
	switch {
	case j.params.View == filter.MaskOverlay:
		err = j.composer.Overlay(picture, j.scene, mask)
	case do.fused:
		err = j.composer.Fused(picture, j.scene, mask, do.background.Painting, do.person.Finish, do.background.Finish)
	case do.mask:
		err = j.composer.Layers(picture, j.scene, mask, do.person, do.background)
	default:
		err = j.composer.Layer(picture, j.scene, do.background)
	}
	if err != nil {
		return err
	}
	if j.params.View == filter.SideBySide {
		blend.SideBySide(picture, j.scene)
	}
	if j.params.Mirror {
		return blend.Mirror(picture)
	}
	return nil
}

// grow returns a slice of length n, the given one where it is long enough.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
