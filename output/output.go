// Package output is where pictures go: video files, raw video on a pipe, still
// pictures, nowhere. Each kind is a filter.Sink in a file of its own; the window
// is a package apart, since Qt comes with it.
//
// What is written to a file is written beside it, under a hidden name, and takes
// its name when it is whole (part.go): no run, however it ends, leaves half a file
// under the name that was asked for.
package output

import (
	"context"
	"sync/atomic"

	"stylecam/frame"
)

// Options are what video file and pipe have in common.
type Options struct {
	// FPS is the rate that the output is played at. It defaults to 30.
	FPS float64
	// Policy is the run's. A picture stands where its time of capture says, so that
	// the video plays as fast as life went: it is repeated over a gap and, with
	// frame.Newest, dropped where pictures come too thick.
	Policy frame.Policy
	// Sound is a file whose sound goes with a video file's pictures. "" is silence.
	Sound string
}

func (o Options) fps() float64 {
	if o.FPS > 0 {
		return o.FPS
	}
	return 30
}

// Null takes pictures and keeps none: for measuring.
type Null struct{ frames atomic.Uint64 }

// Write counts f.
func (n *Null) Write(context.Context, *frame.Frame) error {
	n.frames.Add(1)
	return nil
}

// Close does nothing.
func (n *Null) Close() error { return nil }

// Frames tells how many pictures came.
func (n *Null) Frames() uint64 { return n.frames.Load() }
