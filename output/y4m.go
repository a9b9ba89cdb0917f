package output

import (
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"syscall"

	"stylecam/filter"
	"stylecam/frame"
	"stylecam/y4m"
)

// Y4M writes raw video for another program to take up:
//
//	stylecam run --out y4m:- | ffmpeg -i - …
//
// The first picture fixes the size; one of another size is scaled to it.
type Y4M struct {
	path string // "" for a pipe
	w    io.Writer
	file io.Closer // what Close closes; nil for a pipe
	part *part     // nil for a pipe or a device

	line   timeline
	scaler scaler
	header y4m.Header
	enc    *y4m.Writer
	planes []byte // of the last picture

	failed atomic.Bool
}

// NewY4M writes to w, which stays open. A reader that goes away ends the run
// (filter.ErrClosed); for standard output the program must have asked to hear of
// SIGPIPE, of which it would die otherwise.
func NewY4M(w io.Writer, o Options) *Y4M {
	y := &Y4M{w: w, line: timeline{fps: o.fps(), policy: o.Policy}}
	y.header.Rate(o.fps())
	return y
}

// CreateY4M writes a file, or to a device or named pipe.
func CreateY4M(path string, o Options) (*Y4M, error) {
	if isDevice(path) {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, cannotWrite(path, err)
		}
		y := NewY4M(f, o)
		y.path, y.file = path, f
		return y, nil
	}
	p, f, err := newPart(path)
	if err != nil {
		return nil, err
	}
	y := NewY4M(f, o)
	y.path, y.file, y.part = path, f, p
	return y, nil
}

// Write writes f, or nothing, or the last picture again and then f, as its time
// of capture asks.
func (y *Y4M) Write(ctx context.Context, f *frame.Frame) error {
	err := y.write(ctx, f)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EPIPE), errors.Is(err, io.ErrClosedPipe):
		return filter.ErrClosed
	}
	y.failed.Store(true)
	if y.path != "" {
		return cannotWrite(y.path, err)
	}
	return err
}

func (y *Y4M) write(ctx context.Context, f *frame.Frame) error {
	if y.enc == nil {
		if err := y.begin(f.Width, f.Height); err != nil {
			return err
		}
	}
	repeat, write := y.line.place(f.Captured)
	for range repeat {
		if ctx.Err() != nil {
			return nil // told to end: what was written so far is a good file
		}
		if err := y.enc.WriteFrame(y.planes); err != nil {
			return err
		}
	}
	if !write {
		return nil
	}
	f, err := y.scaler.fit(f, y.header.Width, y.header.Height)
	if err != nil {
		return err
	}
	if err := y.header.Planes(y.planes, f); err != nil {
		return err
	}
	return y.enc.WriteFrame(y.planes)
}

func (y *Y4M) begin(width, height int) (err error) {
	y.header.Width, y.header.Height = width, height
	if y.enc, err = y4m.NewWriter(y.w, y.header); err != nil {
		return err
	}
	y.planes = make([]byte, y.header.FrameSize())
	return nil
}

// Abort has Close leave nothing. It may be called at any time.
func (y *Y4M) Abort() { y.failed.Store(true) }

// Close gives a file its name.
func (y *Y4M) Close() error {
	if y.file == nil {
		return nil
	}
	err := y.file.Close()
	switch {
	case y.part == nil:
	case err != nil, y.failed.Load(), y.enc == nil:
		y.part.discard()
	default:
		return y.part.keep()
	}
	if err != nil {
		return cannotWrite(y.path, err)
	}
	return nil
}
