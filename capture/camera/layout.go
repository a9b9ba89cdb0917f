package camera

import (
	"fmt"
	"slices"

	"stylecam/filter"
	"stylecam/v4l2"
)

// layouts that can be read, in the order of preference: what is not compressed
// looks better and costs less, but fills the cable at large sizes.
var layouts = []v4l2.Fourcc{v4l2.YUYV, v4l2.I420, v4l2.MJPEG, v4l2.JPEG}

// ErrUnreadable is a camera for other eyes, such as the infrared one that laptops
// have to know their owner by, or one whose pictures a [Decoder] refuses. Where the
// choice is open the next is tried.
var ErrUnreadable = fmt.Errorf("another kind of camera (%w)", filter.ErrMissing)

// lister is what is asked of a device in order to choose a layout.
type lister interface {
	Formats(v4l2.Queue) []v4l2.Fourcc
	Sizes(v4l2.Fourcc) []v4l2.Size
	Rates(f v4l2.Fourcc, width, height int) []float64
}

// chooseLayout returns the first layout in which the device gives the wanted size
// at the wanted rate, else the first that it gives at all, compressed ones before
// the others since they reach further.
func chooseLayout(d lister, want mode) (v4l2.Fourcc, error) {
	given := d.Formats(v4l2.Capture)
	for _, f := range layouts {
		if slices.Contains(given, f) && reaches(d, f, want) {
			return f, nil
		}
	}
	for _, f := range slices.Backward(layouts) {
		if slices.Contains(given, f) {
			return f, nil
		}
	}
	return 0, fmt.Errorf("gives pictures as %v, of which none can be read (%v can): %w", given, layouts, ErrUnreadable)
}

func reaches(d lister, f v4l2.Fourcc, want mode) bool {
	fits := func(s v4l2.Size) bool {
		return s.MinWidth <= want.width && want.width <= s.Width && s.MinHeight <= want.height && want.height <= s.Height
	}
	if sizes := d.Sizes(f); len(sizes) > 0 && !slices.ContainsFunc(sizes, fits) {
		return false
	}
	rates := d.Rates(f, want.width, want.height)
	return len(rates) == 0 || slices.Max(rates) > want.fps-0.5
}
