package filter

import (
	"testing"
	"testing/synctest"
	"time"
)

// Who comes back from a rest of ten minutes is not told of half a picture a second.
func TestPausesDoNotCountAsSlowPictures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		for range 2 {
			for range 10 {
				r.picture(new(Trace))
				time.Sleep(100 * time.Millisecond)
			}
			r.pause()
			time.Sleep(10 * time.Minute)
		}
		if got := r.snapshot(); got.FPS != 10 || got.Frames != 20 {
			t.Errorf("%g pictures a second, %d in all; want 10, 20", got.FPS, got.Frames)
		}
	})
}
