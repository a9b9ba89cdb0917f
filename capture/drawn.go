package capture

import (
	"cmp"
	"context"
	"io"
	"time"

	"stylecam/card"
	"stylecam/frame"
)

// drawn is a source whose frames the program makes itself, each from its number
// alone: the same number gives the same picture.
type drawn struct {
	info Info
	pool *frame.Pool
	draw func(dst *frame.Frame, seq uint64)
	live bool
	pace pacer
	seq  uint64
}

func newDrawn(name string, c Config, draw func(*frame.Frame, uint64)) *drawn {
	return &drawn{
		info: Info{
			Name:    name,
			Width:   cmp.Or(c.Width, DefaultWidth),
			Height:  cmp.Or(c.Height, DefaultHeight),
			FPS:     cmp.Or(c.FPS, DefaultFPS),
			Frames:  c.Frames,
			Endless: c.Frames == 0,
		},
		pool: c.Pool,
		live: c.Live,
		draw: draw,
	}
}

// newCard is the test card, whose frames carry their number (card.ReadCode).
func newCard(c Config) *drawn { return newDrawn("test card", c, card.Test) }

// newStill shows one picture for ever, at its own size if none is asked for.
func newStill(c Config, picture *frame.Frame) (*drawn, error) {
	if c.Width == 0 {
		c.Width, c.Height = picture.Width, picture.Height
	}
	still, err := covering(picture, c.Width, c.Height)
	if err != nil {
		return nil, err
	}
	return newDrawn(c.Input, c, func(dst *frame.Frame, _ uint64) { dst.CopyFrom(still) }), nil
}

func (d *drawn) Info() Info   { return d.info }
func (d *drawn) Close() error { return nil }

// Read draws the next frame.
func (d *drawn) Read(ctx context.Context) (*frame.Frame, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if d.info.Frames > 0 && d.seq == d.info.Frames {
		return nil, io.EOF
	}
	if d.live { // the rest is not worth a clock: these frames are captured as they are drawn
		due := time.Duration(float64(d.seq) / d.info.FPS * float64(time.Second))
		if err := d.pace.wait(ctx, due); err != nil {
			return nil, err
		}
	}
	f := d.pool.Get(d.info.Width, d.info.Height)
	captured := time.Now()
	d.draw(f, d.seq)
	f.Seq, f.Captured = d.seq, captured
	d.seq++
	return f, nil
}
