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
	// Pool is where pictures are taken from.
	Pool *frame.Pool
	// Interval is the time between two frames of the source, which the quality Auto
	// holds. At 0 there is nothing to hold, and Auto is Balanced.
	Interval time.Duration
	// Still is for single pictures: nothing is remembered from frame to frame, and
	// Auto is Best.
	Still bool
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

	raw          []float32 // SegNet's mask
	share, alpha []float32
	tensors      []*style.Tensors
	paintings    [2][]byte // the paper's way needs two at once
}

// New returns a painter, which the caller closes.
func New(c Config) (*Painter, error) {
	if c.SegNet == nil || c.SANet == nil || c.Style == nil || c.Pool == nil {
		return nil, errors.New("new painter: a network, the styles or the pool is missing")
	}
	return &Painter{
		Config:   c,
		scene:    blend.NewScene(),
		refiner:  blend.NewRefiner(),
		composer: blend.NewComposer(),
		pace:     newPace(c.Interval),
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
func (p *Painter) Apply(ctx context.Context, f *frame.Frame, params *filter.Params, t *filter.Trace) (*frame.Frame, error) {
	do := planFor(params)
	if do.nothing() {
		return f.Retain(), nil
	}
	picture := p.Pool.Get(f.Width, f.Height)
	picture.Seq, picture.Captured = f.Seq, f.Captured
	if err := p.paint(ctx, picture, f, params, do, t); err != nil {
		picture.Release()
		return nil, fmt.Errorf("paint frame %d of %dx%d: %w", f.Seq, f.Width, f.Height, err)
	}
	return picture, nil
}

func (p *Painter) paint(ctx context.Context, picture, f *frame.Frame, params *filter.Params, do plan, t *filter.Trace) error {
	began := time.Now()
	if err := p.scene.Load(f); err != nil {
		return err
	}
	defer p.scene.Unload()
	size := p.size(f, params)

	var mask *blend.Mask
	if do.mask {
		var err error
		if mask, err = p.mask(ctx, params, size, t); err != nil {
			return err
		}
	}
	background, person, err := p.layers(ctx, params, do, mask, size, t)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := p.compose(picture, params, do, mask, background, person); err != nil {
		return err
	}
	p.pace.took(params.Quality, t.Lap(filter.StageCompose, start).Sub(began), t.Took(filter.StagePaint))
	return nil
}

// size chooses what the networks work at.
func (p *Painter) size(f *frame.Frame, params *filter.Params) sizes {
	quality := params.Quality
	if p.Still && quality == filter.Auto {
		quality = filter.Best
	}
	return p.pace.size(f.Width, f.Height, quality)
}

// mask segments the scene's frame.
func (p *Painter) mask(ctx context.Context, params *filter.Params, size sizes, t *filter.Trace) (*blend.Mask, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	start := time.Now()
	h, w := size.mask.Y, size.mask.X
	small, err := p.scene.Shrink(h, w)
	if err != nil {
		return nil, err
	}
	p.raw = grow(p.raw, h*w)
	if err := p.SegNet.Mask(p.raw, small, h, w); err != nil {
		return nil, fmt.Errorf("mask: %w", err)
	}
	start = t.Lap(filter.StageMask, start)
	mask, err := p.refiner.Refine(p.scene, p.raw, h, w, blend.Refinement{
		Smoothing: params.Smoothing, Feather: params.Feather, Still: p.Still,
	})
	t.Lap(filter.StageRefine, start)
	return mask, err
}

// layers paints what is to be painted. Fused, both layers are the one painting.
func (p *Painter) layers(ctx context.Context, params *filter.Params, do plan, mask *blend.Mask, size sizes, t *filter.Trace) (background, person blend.Layer, err error) {
	background, person = do.background, do.person
	if !do.paints() {
		return background, person, nil
	}
	if err := ctx.Err(); err != nil {
		return background, person, err
	}
	start := time.Now()
	defer func() { t.Lap(filter.StagePaint, start) }()
	parts, err := p.fader.parts(params, p.scene.Frame.Captured, p.Style, p.Still)
	if err != nil {
		return background, person, err
	}
	back, front := coat{params.Background, backgroundShare}, coat{params.Person, personShare}
	if do.fused {
		background.Painting, err = p.pass(0, size, parts, back, front, mask)
		return background, person, err
	}
	if background.Kind == blend.Painted {
		if background.Painting, err = p.pass(0, size, parts, back, back, nil); err != nil {
			return background, person, err
		}
	}
	if do.mask && person.Kind == blend.Painted {
		person.Painting, err = p.pass(1, size, parts, front, front, nil)
	}
	return background, person, err
}

// coat is how one layer is painted.
type coat struct {
	alpha filter.Alpha
	share func(part) float32
}

func backgroundShare(s part) float32 { return s.background }
func personShare(s part) float32     { return s.person }

// pass runs SANet once, back where the mask is 0 and front where it is 1; no mask
// is all back. Which of the two buffers it paints to is the caller's choice.
func (p *Painter) pass(buffer int, size sizes, parts []part, back, front coat, mask *blend.Mask) (blend.Painting, error) {
	h, w := size.paint.Y, size.paint.X
	content, err := p.scene.Content(h, w)
	if err != nil {
		return blend.Painting{}, err
	}
	n := h / 4 * w / 4
	p.alpha = grow(p.alpha, 2*n)
	low, high := p.alpha[:n], p.alpha[n:]
	if mask == nil {
		clear(low)
	} else if err := mask.Average(low, h/4, w/4); err != nil {
		return blend.Painting{}, err
	}
	p.tensors, p.share = p.tensors[:0], p.share[:0]
	for _, s := range parts {
		b, f := back.share(s), front.share(s)
		if b == 0 && (f == 0 || mask == nil) {
			continue
		}
		p.tensors = append(p.tensors, s.tensors)
		for _, m := range low {
			p.share = append(p.share, b+m*(f-b))
		}
	}
	for i, m := range low { // low holds the mask until here
		low[i] = back.alpha.Low + m*(front.alpha.Low-back.alpha.Low)
		high[i] = back.alpha.High + m*(front.alpha.High-back.alpha.High)
	}
	pix := grow(p.paintings[buffer], 3*h*w)
	p.paintings[buffer] = pix
	if err := p.SANet.Paint(pix, content, h, w, p.tensors, p.share, p.alpha); err != nil {
		return blend.Painting{}, fmt.Errorf("paint: %w", err)
	}
	return blend.Painting{Pix: pix, H: h, W: w}, nil
}

// compose puts the picture together, as the view wants it.
func (p *Painter) compose(picture *frame.Frame, params *filter.Params, do plan, mask *blend.Mask, background, person blend.Layer) error {
	var err error
	switch {
	case params.View == filter.MaskOverlay:
		err = p.composer.Overlay(picture, p.scene, mask)
	case do.fused:
		err = p.composer.Fused(picture, p.scene, mask, background.Painting, person.Finish, background.Finish)
	case do.mask:
		err = p.composer.Layers(picture, p.scene, mask, person, background)
	default:
		err = p.composer.Layer(picture, p.scene, nil, background)
	}
	if err != nil {
		return err
	}
	if params.View == filter.SideBySide {
		blend.SideBySide(picture, p.scene)
	}
	if params.Mirror {
		return blend.Mirror(picture)
	}
	return nil
}

// Mask returns the refined mask of f: a byte a pixel, 255 = person, good until the
// painter's next frame.
func (p *Painter) Mask(ctx context.Context, f *frame.Frame, params *filter.Params, t *filter.Trace) ([]byte, error) {
	var full []byte
	err := p.withMask(ctx, f, params, t, func(m *blend.Mask) (err error) { full, err = m.Full(); return err })
	return full, err
}

// CutOut returns f with its refined mask as opacity.
func (p *Painter) CutOut(ctx context.Context, f *frame.Frame, params *filter.Params, t *filter.Trace) (*image.NRGBA, error) {
	var out *image.NRGBA
	err := p.withMask(ctx, f, params, t, func(m *blend.Mask) (err error) { out, err = p.composer.CutOut(p.scene, m); return err })
	return out, err
}

func (p *Painter) withMask(ctx context.Context, f *frame.Frame, params *filter.Params, t *filter.Trace, use func(*blend.Mask) error) error {
	err := p.scene.Load(f)
	if err == nil {
		defer p.scene.Unload()
		var mask *blend.Mask
		if mask, err = p.mask(ctx, params, p.size(f, params), t); err == nil {
			err = use(mask)
		}
	}
	if err != nil {
		return fmt.Errorf("mask frame %d of %dx%d: %w", f.Seq, f.Width, f.Height, err)
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
