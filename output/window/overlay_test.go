package window

import (
	"testing"
	"time"

	"gocv.io/x/gocv"
)

// A window can be dragged to any size: nothing of a text may fit.
func TestTextOnScreensOfAnySize(t *testing.T) {
	for side := 1; side < 40; side++ {
		screen := gocv.NewMatWithSize(side, side, gocv.MatTypeCV8UC3)
		for _, at := range []corner{topLeft, topRight, bottom} {
			if err := new(overlay).lay(&screen, at, 13, "style\nhokusai", time.Now()); err != nil {
				t.Errorf("%dx%d, corner %d: %v", side, side, at, err)
			}
		}
		if err := screen.Close(); err != nil {
			t.Error(err)
		}
	}
}
