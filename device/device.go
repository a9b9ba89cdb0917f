// Package device makes the picture of a frame where a GPU computes: the frame is
// uploaded once, one picture comes down, and what lies between is a chain of graphs
// over the device's own memory.
//
//	frame ─ load ─┬─ resize ─ image ── SegNet ─ raw ─┐
//	              │        └─ content ────────┐      │
//	              ├─ guide ──────────────── refine ──┴─ alpha, share ─ SANet ─ painting ─┐
//	              └─ frame, luma ──────────────── sharp, soft ──────────────────── compose ─ picture
//
// It is what package paint does by blend, step for step, for the usual picture of a film:
// both layers painted in one pass, or one layer alone. The graphs are training/device.py's,
// their tables resample's. By the CPU's provider the same chain gives the same picture
// as blend, within rounding, which is how it is tested.
package device

import (
	"errors"
	"image"

	"stylecam/blend"
	"stylecam/filter"
	"stylecam/infer"
	"stylecam/models"
	"stylecam/style"
)

// Coat is how one layer is painted, and finished.
type Coat struct {
	Alpha  filter.Alpha
	Share  []float32 // of each style, together 1
	Finish blend.Finish
}

// Job is how one frame's picture is made.
type Job struct {
	Mask, Paint        image.Point // what the networks work at, in pixels
	Masked             bool        // else all is Background
	Person, Background Coat
	Styles             []*style.Tensors
	Smoothing, Feather float32 // as in blend.Refinement
}

// Pipeline is the chain. One goroutine uses it.
type Pipeline struct {
	device  *infer.Device
	kernels map[string]*infer.Kernel
	sanet   *infer.SANet
	recalls bool // SegNet takes its last mask
	tensors map[string]*infer.Tensor

	rig   rig
	chain chain // bound for the rig

	turn   int  // which half of what is remembered is the last frame's
	warm   bool // there is a last frame
	memory size // that it was of
}

// New loads the chain's graphs beside the two networks, which stay the caller's and
// are to be closed after the pipeline.
func New(r *infer.Runtime, m *models.Manifest, segnet *infer.SegNet, sanet *infer.SANet) (_ *Pipeline, err error) {
	p := &Pipeline{
		recalls: segnet.Remembers(),
		sanet:   sanet,
		tensors: make(map[string]*infer.Tensor),
		kernels: map[string]*infer.Kernel{models.SegNet: segnet.Kernel(), models.SANetPaint: sanet.Kernel()},
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	for _, name := range []string{models.Load, models.Shrink, models.Interpolate, models.Refine, models.Compose} {
		g, err := m.Graph(models.Device, name)
		if err != nil {
			return nil, err
		}
		k, err := r.Kernel(g)
		if err != nil {
			return nil, err
		}
		p.kernels[name] = k
	}
	p.device, err = r.Device()
	return p, err
}

// Close frees all that New and Picture made.
func (p *Pipeline) Close() error {
	errs := []error{p.chain.close()}
	for _, t := range p.tensors {
		t.Free()
	}
	clear(p.tensors)
	for _, k := range p.kernels {
		errs = append(errs, k.Close())
	}
	if p.device != nil {
		errs = append(errs, p.device.Close())
	}
	return errors.Join(errs...)
}

// Forget makes the next frame the first of its scene.
func (p *Pipeline) Forget() { p.warm = false }

// Takes tells whether frames of a size can be painted at the sizes of a job: the
// graphs cannot see pictures of a few pixels, and only shrink the mask.
func Takes(size, paint image.Point) bool {
	guide := blend.GuideSize(size.X, size.Y)
	places := paint.Div(4).Sub(image.Pt(blend.Margin/2, blend.Margin/2))
	return guide.X >= places.X && guide.Y >= places.Y && min(size.X, size.Y) >= 32
}

// Picture makes the picture of a frame into dst: rows of blue, green, red without
// gaps, size pixels wide and high, as Takes wants it. done hears of each stage when
// it has ended.
func (p *Pipeline) Picture(dst, frame []byte, size image.Point, job *Job, done func(filter.Stage)) error {
	if err := p.sanet.Suits(job.Styles); err != nil {
		return err
	}
	rig := rig{frame: size, paint: job.Paint, styles: len(job.Styles)}
	if job.Masked {
		rig.mask, rig.masked = job.Mask, true
		rig.soften = blend.FeatherRadius(job.Feather, blend.GuideSize(size.X, size.Y).X, size.X)
	}
	if err := p.bind(rig, job.Styles); err != nil {
		return err
	}
	c := &p.chain
	fresh := !p.warm || job.Smoothing == 0
	c.set(job, p.turn, fresh)
	copy(c.host, frame)
	c.load.Renew("image")
	if err := c.load.Run(); err != nil {
		return err
	}
	if job.Masked {
		p.warm = false // unless all goes well
		if err := run(c.toImage); err != nil {
			return err
		}
		segment := c.segment[p.turn]
		if fresh && p.recalls {
			segment = c.segmentFirst[p.turn]
		}
		if err := segment.Run(); err != nil {
			return err
		}
		done(filter.StageMask)
		if err := c.refine[p.turn].Run(); err != nil {
			return err
		}
		done(filter.StageRefine)
	}
	if err := run(c.toContent); err != nil {
		return err
	}
	if err := c.paint.Run(); err != nil {
		return err
	}
	done(filter.StagePaint)
	if err := c.compose.Run(); err != nil {
		return err
	}
	copy(dst, c.picture)
	done(filter.StageCompose)
	if job.Masked {
		p.turn, p.warm = 1-p.turn, true
	}
	return nil
}

func run(calls []*infer.Call) error {
	for _, c := range calls {
		if err := c.Run(); err != nil {
			return err
		}
	}
	return nil
}
