package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"gocv.io/x/gocv"

	"stylecam/filter"
	"stylecam/frame"
)

// video is a file, decoded by the ffmpeg within OpenCV: frames in order, turned
// upright, all of the first one's size.
type video struct {
	*grabber
	info  Info
	pool  *frame.Pool
	clock clock
	first *frame.Frame // read when the file was opened; nil once it is given out
	seq   uint64
}

func openVideo(path string, c Config) (*video, error) {
	quiet()
	// An absolute path is never taken for one of ffmpeg's protocols, whatever the name.
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	notVideo := fmt.Errorf("%s: is no video that can be read, or is cut off at its beginning; give MP4, MKV, WebM, AVI, MOV or y4m: %w", c.Input, filter.ErrInput)
	vc, err := gocv.VideoCaptureFileWithAPI(abs, gocv.VideoCaptureFFmpeg)
	if err != nil {
		return nil, notVideo
	}
	v := &video{grabber: newGrabber(vc), pool: c.Pool}
	v.info = Info{Name: c.Input, Width: c.Width, Height: c.Height, FPS: DefaultFPS}
	if fps := vc.Get(gocv.VideoCaptureFPS); fps > 0 && fps <= 1000 {
		v.info.FPS = fps
	}
	if n := vc.Get(gocv.VideoCaptureFrameCount); n >= 1 && n < 1e12 {
		v.info.Frames = uint64(n)
	}
	v.clock = newClock(c.Live, v.info.FPS)
	// The first frame proves that there are any, and gives their size.
	v.first, err = v.decode()
	switch {
	case err == io.EOF:
		err = notVideo
	case err != nil:
		err = fmt.Errorf("%s: %w: %w", c.Input, err, filter.ErrInput)
	}
	if err != nil {
		return nil, errors.Join(err, v.Close())
	}
	return v, nil
}

func (v *video) Info() Info { return v.info }

// Read returns the next frame.
func (v *video) Read(ctx context.Context) (*frame.Frame, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f := v.first
	v.first = nil
	if f == nil {
		var err error
		if f, err = v.decode(); err != nil {
			return nil, err
		}
	}
	var err error
	if f.Captured, err = v.clock.stamp(ctx, v.position()); err != nil {
		f.Release()
		return nil, err
	}
	return f, nil
}

func (v *video) decode() (f *frame.Frame, err error) {
	ok, err := v.grab(func(m gocv.Mat) error {
		if v.info.Width == 0 {
			v.info.Width, v.info.Height = m.Cols(), m.Rows()
		}
		f = v.pool.Get(v.info.Width, v.info.Height)
		return cover(f, m)
	})
	switch {
	case err != nil && f != nil:
		f.Release()
		return nil, err
	case err != nil:
		return nil, err
	case !ok:
		v.ended()
		return nil, io.EOF
	}
	f.Seq = v.seq
	v.seq++
	return f, nil
}

// ended notes that a file gave less than it announced. Announcements of some
// containers are estimates: a few frames do not count.
func (v *video) ended() {
	if v.seq > 0 && v.seq+v.seq/20+2 < v.info.Frames {
		v.info.Note = fmt.Sprintf("%s ended after %d of the %d frames it announces: it seems to be cut off", v.info.Name, v.seq, v.info.Frames)
	}
}

// position is the time of the frame decoded last, from the file's beginning.
func (v *video) position() time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return 0
	}
	return time.Duration(v.vc.Get(gocv.VideoCapturePosMsec) * float64(time.Millisecond))
}

// Close frees the file and the frame that nobody asked for.
func (v *video) Close() error {
	if v.first != nil {
		v.first.Release()
		v.first = nil
	}
	return v.grabber.Close()
}
