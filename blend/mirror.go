package blend

import (
	"gocv.io/x/gocv"

	"stylecam/frame"
)

// Mirror turns a picture left to right.
func Mirror(picture *frame.Frame) error {
	out, err := Wrap(picture)
	if err != nil {
		return err
	}
	defer out.Close()
	return gocv.Flip(out, &out, 1)
}

// MeanMirrored makes mask the mean of itself and of what was found in the picture's
// mirror image, turned back: both of rows of w, and of the same length.
func MeanMirrored(mask, mirrored []float32, w int) {
	for row := 0; row < len(mask); row += w {
		for x := range w {
			mask[row+x] = (mask[row+x] + mirrored[row+w-1-x]) / 2
		}
	}
}
