package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"stylecam/blend"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/y4m"
)

// rawVideo is a y4m stream: from a file, from another program's pipe, or from
// ffmpeg, which decodes a video for us.
type rawVideo struct {
	info   Info
	stream *y4m.Reader
	file   io.Closer
	pool   *frame.Pool
	clock  clock
	time   func(seq uint64) time.Duration // of a frame within the stream
	until  time.Duration                  // the latest of these so far
	lasts  time.Duration                  // as announced; 0 if unknown
	seq    uint64
}

// openY4M reads the stream in; file is closed with the source.
func openY4M(in io.Reader, file io.Closer, c Config) (*rawVideo, error) {
	stream, err := y4m.NewReader(in)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w: %w", c.Input, err, filter.ErrInput), file.Close())
	}
	h := stream.Header()
	info := Info{Name: c.Input, Width: h.Width, Height: h.Height, FPS: DefaultFPS}
	if c.Width > 0 {
		info.Width, info.Height = c.Width, c.Height
	}
	if fps := h.FPS(); fps > 0 && fps <= 1000 {
		info.FPS = fps
	}
	return &rawVideo{
		info: info, stream: stream, file: file, pool: c.Pool, clock: newClock(c.Live, info.FPS),
		time: func(seq uint64) time.Duration { return time.Duration(float64(seq) / info.FPS * float64(time.Second)) },
	}, nil
}

func (v *rawVideo) Info() Info   { return v.info }
func (v *rawVideo) Close() error { return v.file.Close() }

// Read returns the next frame. A stream that ends within a frame has ended there:
// whoever wrote it was stopped.
func (v *rawVideo) Read(ctx context.Context) (*frame.Frame, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	planes, err := v.stream.ReadFrame()
	switch {
	case err != nil && ctx.Err() != nil: // which ended ffmpeg
		return nil, ctx.Err()
	case errors.Is(err, io.ErrUnexpectedEOF) && v.seq > 0:
		v.info.Note = fmt.Sprintf("%s ends in the middle of frame %d: it seems to be cut off", v.info.Name, v.seq)
		return nil, io.EOF
	case err == io.EOF && v.seq > 0:
		v.ended()
		return nil, io.EOF
	case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("%s: holds no whole frame: %w", v.info.Name, filter.ErrInput)
	case err != nil:
		return nil, fmt.Errorf("%s: frame %d: %w: %w", v.info.Name, v.seq, err, filter.ErrInput)
	}
	at := v.time(v.seq)
	v.until = max(v.until, at)
	captured, err := v.clock.stamp(ctx, at)
	if err != nil {
		return nil, err
	}
	f, err := v.picture(planes)
	if err != nil {
		return nil, err
	}
	f.Seq, f.Captured = v.seq, captured
	v.seq++
	return f, nil
}

// picture turns planes into a frame of the size that was asked for.
func (v *rawVideo) picture(planes []byte) (*frame.Frame, error) {
	h := v.stream.Header()
	own := v.pool.Get(h.Width, h.Height)
	if err := h.Picture(own, planes); err != nil {
		own.Release()
		return nil, err
	}
	if h.Width == v.info.Width && h.Height == v.info.Height {
		return own, nil
	}
	defer own.Release()
	src, err := blend.Wrap(own)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	f := v.pool.Get(v.info.Width, v.info.Height)
	if err := cover(f, src); err != nil {
		f.Release()
		return nil, err
	}
	return f, nil
}

// ended notes that a file was over sooner than it announced. It is told by the time,
// not by the frames: recorders leave out those in which nothing moved. A little less
// is no fault.
func (v *rawVideo) ended() {
	until := v.until + v.clock.gap
	if until+until/20+2*v.clock.gap < v.lasts {
		v.info.Note = fmt.Sprintf("%s ended after %.1f of %.1f seconds: it seems to be cut off", v.info.Name, until.Seconds(), v.lasts.Seconds())
	}
}
