package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stylecam/filter"
	"stylecam/frame"
	"stylecam/infer"
	"stylecam/native"
)

// providerFinding paints one frame, and, where something else than the CPU does
// it, the same frame on the CPU: a GPU that computes nonsense is found here.
func (p *program) providerFinding(ctx context.Context) finding {
	f := finding{Name: "provider", Status: missing, Mend: "stylecam doctor --provider cpu"}
	mine, by, took, err := p.proof(ctx, p.settings.provider)
	if err != nil {
		f.Detail = oneLine(err)
		return f
	}
	f.Detail = fmt.Sprintf("%s, asked for %s: one frame painted in %d ms by the networks %q", by.provider, p.settings.provider, took.Milliseconds(), by.model)
	if by.provider != infer.CPU.String() {
		theirs, _, _, err := p.proof(ctx, infer.CPU)
		if err != nil {
			f.Detail += "; the CPU cannot: " + oneLine(err)
			return f
		}
		apart := difference(mine, theirs)
		f.Detail += fmt.Sprintf(", %.2f of 255 from the CPU's", apart)
		if apart > tolerance {
			f.Mend = "stylecam run --provider cpu; then look at the GPU's driver"
			return f
		}
	}
	f.Status, f.Mend = good, ""
	return f
}

// proof paints the known frame by a provider: the second time, since the first pays
// for what is set up once. The brush that did it is closed.
func (p *program) proof(ctx context.Context, provider infer.Provider) (picture *frame.Frame, by *brush, took time.Duration, err error) {
	settings := p.settings
	defer func() { p.settings = settings }()
	p.settings.provider = provider
	e, err := p.openEngine(ctx, use{}) // as of a film: a GPU's chain paints no stills, and is to be tried
	if err != nil {
		return nil, nil, 0, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	for range 2 {
		if picture != nil {
			picture.Release()
		}
		start := time.Now()
		if picture, err = p.known(ctx, e, e.relay.now); err != nil {
			return nil, nil, 0, err
		}
		took = time.Since(start)
	}
	return picture, e.relay.now, took, nil
}

// known is the picture of one frame of the demo in the first of the styles, at a fixed quality.
func (p *program) known(ctx context.Context, e *engine, b *brush) (*frame.Frame, error) {
	photo, err := portrait(ctx, 640, 480)
	if err != nil {
		return nil, err
	}
	names, err := e.gallery.collection.Names()
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("there is no style: %w", filter.ErrMissing)
	}
	params := filter.Defaults(names[0])
	params.Quality = filter.Balanced // the same sizes on a GPU as on the CPU, to compare them
	if err := e.gallery.load(ctx, params.Style); err != nil {
		return nil, err
	}
	return b.Apply(ctx, photo, &params, new(filter.Trace))
}

// difference is the mean distance of two pictures of one size, of 255.
func difference(a, b *frame.Frame) float64 {
	sum := 0
	for i := range a.Pix {
		sum += max(int(a.Pix[i])-int(b.Pix[i]), int(b.Pix[i])-int(a.Pix[i]))
	}
	return float64(sum) / float64(len(a.Pix))
}

func gpuFinding(r *infer.Runtime) finding {
	f := finding{Name: "gpu", Status: good, Detail: "none of NVIDIA's; the CPU computes"}
	if r.OnGPU() {
		f.Detail = "NVIDIA, in use"
		return f
	}
	if !native.Here().Driver().Present() {
		return f
	}
	f.Status, f.Detail = without, "NVIDIA, not in use"
	if reason := r.Fallback(); reason != "" {
		f.Detail += ": " + reason
		f.Mend = "stylecam doctor --gpu"
	}
	return f
}
