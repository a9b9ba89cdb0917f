package testbed

import (
	"context"
	"errors"
	"testing"
	"time"

	video "stylecam/v4l2"
)

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
