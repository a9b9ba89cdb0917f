package paint

import (
	"context"
	"image"
	"time"

	"stylecam/blend"
	"stylecam/device"
	"stylecam/filter"
	"stylecam/frame"
)

// Device makes whole pictures in the memory of what computes: package device.
type Device interface {
	// Picture makes the picture of frame into dst, both of the given size, and tells
	// of each stage that is done.
	Picture(dst, frame []byte, size image.Point, job *device.Job, done func(filter.Stage)) error
	// Forget makes the next frame the first of its scene.
	Forget()
}

// onDevice tells whether the device makes such pictures: painted, of one layer or of
// both in one pass. All else is put together by blend, with the networks wherever
// they compute.
func (p *Painter) onDevice(do plan, params *filter.Params, f *frame.Frame) bool {
	if p.Device == nil || params.View != filter.Painted || do.mask != do.fused || do.background.Kind != blend.Painted {
		return false
	}
	size := p.sizes(f, params)
	return f.Stride == 3*f.Width && device.Takes(image.Pt(f.Width, f.Height), size.paint)
}

// byDevice has the device make the picture of f.
func (p *Painter) byDevice(ctx context.Context, f *frame.Frame, do plan, params *filter.Params, t *filter.Trace) (*frame.Frame, error) {
	if err := ctx.Err(); err != nil {
		return nil, failed("paint", f, err)
	}
	job, err := p.deviceJob(f, do, params)
	if err != nil {
		return nil, failed("paint", f, err)
	}
	p.rawOf = image.Point{} // what blend remembers is no longer the last frame
	picture := p.Pool.Get(f.Width, f.Height)
	picture.Seq, picture.Captured = f.Seq, f.Captured
	began := time.Now()
	last := began
	err = p.Device.Picture(picture.Pix, f.Pix, image.Pt(f.Width, f.Height), job, func(s filter.Stage) { last = t.Lap(s, last) })
	if err == nil && params.Mirror {
		err = blend.Mirror(picture)
	}
	if err != nil {
		picture.Release()
		return nil, failed("paint", f, err)
	}
	if params.Quality == filter.Auto {
		p.pace.took(p.Interval(), spentOn(t, last.Sub(began)))
	}
	return picture, nil
}

// deviceJob is a plan in the device's words.
func (p *Painter) deviceJob(f *frame.Frame, do plan, params *filter.Params) (*device.Job, error) {
	parts, err := p.fader.parts(params, f.Captured, p.Style, false)
	if err != nil {
		return nil, err
	}
	size := p.sizes(f, params)
	job := &device.Job{
		Mask: size.mask, Paint: size.paint, Masked: do.mask,
		Smoothing: params.Smoothing, Feather: params.Feather,
		Background: device.Coat{Alpha: params.Background, Finish: do.background.Finish},
		Person:     device.Coat{Alpha: params.Person, Finish: do.person.Finish},
	}
	for _, s := range parts {
		if s.background == 0 && (s.person == 0 || !do.mask) {
			continue
		}
		job.Styles = append(job.Styles, s.tensors)
		job.Background.Share = append(job.Background.Share, s.background)
		job.Person.Share = append(job.Person.Share, s.person)
	}
	return job, nil
}
