package output

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"

	"gocv.io/x/gocv"

	"stylecam/blend"
	"stylecam/frame"
)

// codecs are, by a file's ending, what OpenCV is asked to encode with, the best
// first. H.264 plays in every browser and player; MPEG-4 part 2, at a quarter of
// the time and ten times the size, stands in where OpenCV has no encoder for it.
// Measured at 640x480: avc1 4 to 5 ms a frame, mp4v 1, MJPG 2
// (go test ./output -bench Video).
var codecs = map[string][]string{
	".mp4": {"avc1", "mp4v"},
	".mov": {"avc1", "mp4v"},
	".mkv": {"avc1", "mp4v"},
	".avi": {"MJPG"},
}

// VideoEndings are those of the video files that can be written.
var VideoEndings = []string{".mp4", ".mov", ".mkv", ".avi"}

// CheckVideo refuses a name whose ending promises what is not written.
func CheckVideo(path string) error {
	if slices.Contains(VideoEndings, strings.ToLower(filepath.Ext(path))) {
		return nil
	}
	return fmt.Errorf("%s: videos are written as %s", path, strings.Join(VideoEndings, ", "))
}

// Video writes a video file of a constant frame rate, and lays another file's
// sound under it.
//
// The first picture fixes the size; one of another size is scaled to it. Sizes
// must be even, since chroma is halved: an odd picture gets its last row or
// column twice. Colours are BT.601 in limited range, and tagged so (tag.go).
type Video struct {
	opts   Options
	part   *part
	line   timeline
	scaler scaler

	writer        *gocv.VideoWriter // nil before the first picture
	width, height int               // of the pictures
	picture       gocv.Mat          // the last one, of even size
	frames        int               // written
	notes         []string

	err     error // the first failure
	aborted atomic.Bool
}

// CreateVideo makes sure that path can be written. The encoder starts with the
// first picture.
func CreateVideo(path string, o Options) (*Video, error) {
	if err := CheckVideo(path); err != nil {
		return nil, err
	}
	p, f, err := newPart(path)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(f.Close(), room(p)); err != nil {
		p.discard()
		return nil, cannotWrite(path, err)
	}
	return &Video{opts: o, part: p, line: timeline{fps: o.fps(), policy: o.Policy}}, nil
}

// Write encodes f, or nothing, or the last picture again and then f, as its time
// of capture asks.
func (v *Video) Write(ctx context.Context, f *frame.Frame) error {
	if v.err == nil {
		v.err = v.write(ctx, f)
	}
	if v.err != nil {
		return cannotWrite(v.part.path, v.err)
	}
	return nil
}

func (v *Video) write(ctx context.Context, f *frame.Frame) error {
	if v.writer == nil {
		if err := v.begin(f.Width, f.Height); err != nil {
			return err
		}
	}
	repeat, write := v.line.place(f.Captured)
	for range repeat {
		if ctx.Err() != nil {
			return nil // told to stop: the last picture need not be held
		}
		if err := v.encode(); err != nil {
			return err
		}
	}
	if !write {
		return nil
	}
	if err := v.load(f); err != nil {
		return err
	}
	return v.encode()
}

func (v *Video) begin(width, height int) error {
	v.width, v.height = width, height
	evenWidth, evenHeight := width+width%2, height+height%2
	for _, codec := range codecs[strings.ToLower(filepath.Ext(v.part.path))] {
		w, err := gocv.VideoWriterFileWithAPI(v.part.temp, gocv.VideoCaptureFFmpeg, codec, v.opts.fps(), evenWidth, evenHeight, true)
		if err == nil && w.IsOpened() {
			v.writer, v.picture = w, gocv.NewMat()
			if codec == "mp4v" {
				v.note("no H.264 encoder in this OpenCV: the video is MPEG-4 part 2, which browsers do not play")
			}
			if evenWidth != width || evenHeight != height {
				v.note("a video's sides are even: %dx%d is written as %dx%d, the edge repeated", width, height, evenWidth, evenHeight)
			}
			return nil
		}
		w.Close()
	}
	return fmt.Errorf("OpenCV has no encoder for it of %dx%d at %g frames a second; another ending may do (%s)",
		width, height, v.opts.fps(), strings.Join(VideoEndings, ", "))
}

// load makes f the picture that is encoded next.
func (v *Video) load(f *frame.Frame) error {
	f, err := v.scaler.fit(f, v.width, v.height)
	if err != nil {
		return err
	}
	in, err := blend.Wrap(f)
	if err != nil {
		return err
	}
	defer in.Close()
	if v.width%2 == 0 && v.height%2 == 0 {
		return in.CopyTo(&v.picture)
	}
	return gocv.CopyMakeBorder(in, &v.picture, 0, v.height%2, 0, v.width%2, gocv.BorderReplicate, color.RGBA{})
}

// encode writes the picture. OpenCV does not tell whether a frame reached the
// disk; so the room that is left is looked at once a second, and what was written
// is counted in the end.
func (v *Video) encode() error {
	if err := v.writer.Write(v.picture); err != nil {
		return err
	}
	v.frames++
	if v.frames%int(max(1, v.opts.fps())) == 0 {
		return room(v.part)
	}
	return nil
}

// Abort has Close leave nothing. It may be called at any time.
func (v *Video) Abort() { v.aborted.Store(true) }

// Close finishes the file and gives it its name. A run that stopped early leaves
// what it has, playable; one that got no picture, or failed, leaves nothing. Only
// a recording that ran out of room is kept too: nobody can film it again.
func (v *Video) Close() error {
	if v.writer == nil {
		v.part.discard()
		return nil
	}
	err := v.writer.Close()
	v.picture.Close()
	full := errors.Is(v.err, syscall.ENOSPC) && v.opts.Policy == frame.Newest
	if v.aborted.Load() || v.err != nil && !full || v.frames == 0 {
		v.part.discard()
		return nil
	}
	if err == nil {
		err = v.check()
	}
	if err == nil && v.isMP4() {
		err = tagColours(v.part.temp)
	}
	if err == nil && v.opts.Sound != "" {
		v.addSound()
	}
	if err != nil {
		v.part.discard()
		return cannotWrite(v.part.path, err)
	}
	return v.part.keep()
}

// check counts the frames that can be read back.
func (v *Video) check() error {
	c, err := gocv.VideoCaptureFileWithAPI(v.part.temp, gocv.VideoCaptureFFmpeg)
	if err != nil {
		c.Close()
		return errors.Join(room(v.part), fmt.Errorf("what was written cannot be read: %w", err))
	}
	defer c.Close()
	got := int(c.Get(gocv.VideoCaptureFrameCount))
	if slack := 2 + v.frames/100; got < v.frames-slack { // mkv's count is an estimate
		return errors.Join(room(v.part), fmt.Errorf("of %d frames %d were written", v.frames, got))
	}
	return nil
}

func (v *Video) isMP4() bool {
	ending := strings.ToLower(filepath.Ext(v.part.path))
	return ending == ".mp4" || ending == ".mov"
}

func (v *Video) note(format string, args ...any) {
	v.notes = append(v.notes, fmt.Sprintf(format, args...))
}

// Notes are what the user should hear of the file once it is closed: what is not
// as was asked for, and why.
func (v *Video) Notes() []string { return v.notes }
