// Package filter is the live loop: it takes frames from a source, has each one
// painted, and hands the picture to every sink, and it keeps doing so while
// cameras vanish, sinks stall and settings change.
//
//	Source ──> Slot ──> Filter.Apply(frame, params) ──┬──> Slot ──> Sink
//	 own goroutine       one goroutine                └──> Slot ──> Sink   (a goroutine each)
//
// Live, the newest frame wins in every slot: a slow sink drops its own frames
// and slows nobody. Offline it is the same loop with slots that wait, so that
// every frame arrives, in order.
//
// The package knows frames and settings alone; cameras, networks and windows
// stand behind the three interfaces below. It needs neither OpenCV nor cgo.
package filter

import (
	"context"

	"stylecam/frame"
)

// Source delivers frames.
type Source interface {
	// Read returns the next frame; the caller releases it. io.EOF says that the
	// source has ended, any other error that it failed. Read may ignore ctx (a
	// driver's read does): the loop then abandons it.
	Read(ctx context.Context) (*frame.Frame, error)
	// Close is called once, after the last Read has returned or was abandoned.
	Close() error
}

// Sink takes pictures.
type Sink interface {
	// Write shows, stores or sends f, which it borrows until it returns.
	// [ErrClosed] says that whoever looked has had enough, and ends the run.
	Write(ctx context.Context, f *frame.Frame) error
	// Close finishes what was written; called once, after the last Write.
	Close() error
}

// Viewed is a Sink that knows whether anybody looks at it: a virtual camera, a
// web page. While every sink is one and nobody looks, the source may rest.
type Viewed interface {
	// Viewed is asked several times a second, by one goroutine, and does not wait.
	Viewed() bool
}

// Aborter is a Sink that can leave nothing behind. Where every frame counts and the
// run failed, Abort is called before Close: half a file is no result.
type Aborter interface {
	Abort() // perhaps during a Write
}

// Filter makes the picture of a frame. One goroutine calls it, in the frames' order.
type Filter interface {
	// Apply returns the picture of f under the given settings, as a frame that the
	// caller releases, with f's number and time; f itself stays the caller's. The
	// time that each stage took is noted in t.
	Apply(ctx context.Context, f *frame.Frame, p *Params, t *Trace) (*frame.Frame, error)
}

// PassThrough is the filter that does nothing: the picture is the frame. Tests of
// everything around a filter use it.
type PassThrough struct{}

// Apply returns f itself.
func (PassThrough) Apply(_ context.Context, f *frame.Frame, _ *Params, _ *Trace) (*frame.Frame, error) {
	return f.Retain(), nil
}
