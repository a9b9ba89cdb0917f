// Package paint is the method, for one frame: Berezin and Volkova's (2019)
// SegNet cuts the person out, SANet paints, and person and background get as much
// of the style as each is to have,
//
//	F_out = F_content + α1·F_low + α2·F_high,
//
// put together by the mask.
//
//	frame ─┬─ shrink ── SegNet ── refine ── mask ─┬─ alpha map, share ─┐
//	       ├─ shrink ──────────────────────────────────────────────── SANet ── painting
//	       └────────────────────────────────────── └──────────────── compose ── picture
//
// Fused, the painting is made in one pass, with a map of alphas and of styles'
// shares that the mask gives: no seam. In the paper's way it is made twice and
// laid over by the mask at the frame's size. Networks run only where the picture
// needs them: see plan.
package paint

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"stylecam/blend"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/style"
)

// SegNet segments.
type SegNet interface {
	// Mask writes to dst (h*w) how much each place of image (h*w*3 bytes: blue,
	// green, red) belongs to a person, 0..1. h and w are multiples of 16.
	Mask(dst []float32, image []byte, h, w int) error
	// Reset says that the next image is not of the scene of those before.
	Reset()
}

// SANet paints.
type SANet interface {
	// Paint writes the painting of image (h*w*3 bytes: blue, green, red) to dst, of
	// the same size. share (S x h/4 x w/4) is each style's part at each place and
	// adds up to 1 there; alpha (2 x h/4 x w/4) holds α1 and α2. h and w are
	// multiples of 16.
	Paint(dst, image []byte, h, w int, styles []*style.Tensors, share, alpha []float32) error
}

// Config is what a Painter works with.
type Config struct {
	SegNet SegNet
	SANet  SANet
	// Style finds a style by its name in Params. It is asked when the styles of the
	// settings change, between two frames, so it has to know the answer already.
	Style func(name string) (*style.Tensors, error)
	// Device makes the usual pictures of films where the networks compute; nil: blend does.
	Device Device
	// OnGPU lets Best, and Auto, paint at the frame's own size, and Auto, unless it is
	// late, cut out as finely as Best.
	OnGPU bool
	// Pool is where pictures are taken from.
	Pool *frame.Pool
	// Interval tells the time between two frames of the source, which the quality Auto
	// holds. It is asked for every frame. While it tells 0, or without it, there is
	// nothing to hold, and Auto paints as Balanced does.
	Interval func() time.Duration
	// Still is for single pictures: nothing is remembered from frame to frame, SegNet
	// looks twice, which a Device does not, and Auto is Best.
	Still bool
	// Reuse keeps a painting while nothing moves in front of the camera and no
	// setting changes, which costs no more than the mask does. Off in measurements.
	Reuse bool
}

// Painter paints frames. It implements [filter.Filter]; like every filter it is
// used by one goroutine, and remembers the frames before for the mask's sake.
type Painter struct {
	Config
	scene    *blend.Scene
	refiner  *blend.Refiner
	composer *blend.Composer
	fader    fader
	pace     pace

	raw          []float32   // SegNet's mask
	rawOf        image.Point // the size of the frame that it is of
	share, alpha []float32
	tensors      []*style.Tensors
	paintings    [2][]byte // the paper's way needs two at once
	painted      painted   // what paintings holds
}

// New returns a painter, which the caller closes.
func New(c Config) (*Painter, error) {
	if c.SegNet == nil || c.SANet == nil || c.Style == nil || c.Pool == nil {
		return nil, errors.New("new painter: a network, the styles or the pool is missing")
	}
	if c.Interval == nil {
		c.Interval = func() time.Duration { return 0 }
	}
	if c.Still && c.Device != nil {
		return nil, errors.New("new painter: a device makes no stills")
	}
	if c.Still {
		c.SegNet = &mirrored{SegNet: c.SegNet}
	}
	reach := onHost
	if c.OnGPU {
		reach = onGPU
	}
	return &Painter{
		Config:   c,
		scene:    blend.NewScene(),
		refiner:  blend.NewRefiner(),
		composer: blend.NewComposer(),
		pace:     newPace(reach),
	}, nil
}

// Close frees the painter's memory. The networks stay the caller's.
func (p *Painter) Close() error {
	p.scene.Close()
	p.refiner.Close()
	p.composer.Close()
	return nil
}

// Apply returns the picture of f. See [filter.Filter].
func (p *Painter) Apply(ctx context.Context, f *frame.Frame, params *filter.Params, t *filter.Trace) (picture *frame.Frame, err error) {
	do := planFor(params)
	if do.nothing() {
		return f.Retain(), nil
	}
	if p.onDevice(do, params, f) {
		return p.byDevice(ctx, f, do, params, t)
	}
	err = p.with("paint", f, params, t, func(j *job) (err error) {
		picture, err = j.picture(ctx, do)
		return err
	})
	return picture, err
}

// Mask returns the refined mask of f: a byte a pixel, 255 = person, good until the
// painter's next frame.
func (p *Painter) Mask(ctx context.Context, f *frame.Frame, params *filter.Params, t *filter.Trace) (full []byte, err error) {
	err = p.with("mask", f, params, t, func(j *job) (err error) {
		full, err = j.full(ctx)
		return err
	})
	return full, err
}

// ApplyMasked is Apply and Mask of one frame.
func (p *Painter) ApplyMasked(ctx context.Context, f *frame.Frame, params *filter.Params, t *filter.Trace) (picture *frame.Frame, full []byte, err error) {
	err = p.with("paint", f, params, t, func(j *job) (err error) {
		if full, err = j.full(ctx); err == nil {
			picture, err = j.picture(ctx, planFor(params))
		}
		return err
	})
	return picture, full, err
}

// CutOut returns f with its refined mask as opacity.
func (p *Painter) CutOut(ctx context.Context, f *frame.Frame, params *filter.Params, t *filter.Trace) (out *image.NRGBA, err error) {
	err = p.with("cut out", f, params, t, func(j *job) error {
		mask, err := j.segment(ctx)
		if err == nil {
			out, err = p.composer.CutOut(p.scene, mask)
		}
		return err
	})
	return out, err
}

// with does one frame's work, which an error names.
func (p *Painter) with(what string, f *frame.Frame, params *filter.Params, t *filter.Trace, work func(*job) error) error {
	if p.Device != nil {
		p.Device.Forget() // what it remembers is no longer the last frame
	}
	err := p.scene.Load(f)
	if err == nil {
		defer p.scene.Unload()
		err = work(&job{Painter: p, params: params, trace: t, size: p.sizes(f, params)})
	}
	return failed(what, f, err)
}

// failed names the frame that something failed on, if it did.
func failed(what string, f *frame.Frame, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s frame %d of %dx%d: %w", what, f.Seq, f.Width, f.Height, err)
}

// sizes are what the networks work at for one frame.
func (p *Painter) sizes(f *frame.Frame, params *filter.Params) sizes {
	quality := params.Quality
	if p.Still && quality == filter.Auto {
		quality = filter.Best
	}
	return p.pace.size(f.Width, f.Height, quality)
}
