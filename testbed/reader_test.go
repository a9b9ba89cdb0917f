package testbed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stylecam/frame"
	video "stylecam/v4l2"
)

// tool runs a program and returns what it printed.
func tool(t *testing.T, limit time.Duration, name string, args ...string) string {
	t.Helper()
	ctx, cancel := testContext(t, limit)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// control sets vivid's controls.
func control(t *testing.T, settings string) {
	t.Helper()
	tool(t, 10*time.Second, "v4l2-ctl", "-d", vivid, "-c", settings)
}

// read reads n pictures of the virtual camera by v4l2-ctl.
func read(t *testing.T, n int) [][]byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pictures.yuv")
	said := tool(t, time.Minute, "v4l2-ctl", "-d", virtual, "--stream-mmap=3", fmt.Sprintf("--stream-count=%d", n), "--stream-to="+file)
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) != n*pictureSize {
		t.Fatalf("v4l2-ctl read %d bytes, want %d pictures of %d: %s", len(b), n, pictureSize, said)
	}
	var pictures [][]byte
	for len(b) > 0 {
		pictures = append(pictures, b[:pictureSize])
		b = b[pictureSize:]
	}
	return pictures
}

// decode makes a frame of a picture.
func decode(picture []byte) *frame.Frame {
	f := frame.New(width, height)
	for y := range height {
		video.UnpackYUYV(f.Row(y), picture[y*2*width:], video.SRGB601Limited)
	}
	return f
}

func testContext(t *testing.T, limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), limit)
}

// openVirtual opens the virtual camera as a reader does, until the test ends.
func openVirtual(t *testing.T) *video.Device {
	t.Helper()
	d, err := video.Open(virtual)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// reader streams from the virtual camera.
type reader struct {
	t *testing.T
	d *video.Device
}

func newReader(t *testing.T) *reader {
	t.Helper()
	d := openVirtual(t)
	if err := errors.Join(d.Map(3), d.StreamOn(video.Capture)); err != nil {
		t.Fatal(err)
	}
	return &reader{t: t, d: d}
}

// next waits for a picture.
func (r *reader) next(limit time.Duration) {
	r.t.Helper()
	ctx, cancel := testContext(r.t, limit)
	defer cancel()
	for {
		p, err := r.d.Dequeue()
		if errors.Is(err, video.ErrAgain) {
			err = r.d.Wait(ctx)
			if err == nil {
				continue
			}
		}
		if err == nil {
			err = r.d.Queue(p.Index)
		}
		if err != nil {
			r.t.Fatalf("reader: %v", err)
		}
		return
	}
}

func (r *reader) close() { _ = r.d.Close() }
