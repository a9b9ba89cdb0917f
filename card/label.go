package card

import (
	"image"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"

	"stylecam/frame"
)

// Label returns lines of text on a dark ground, just large enough for them, to be
// laid over a picture. size is that of the type in pixels. A tab in a line begins
// the second column.
func Label(size float64, lines ...string) *frame.Frame {
	face := newFace(goregular.TTF, max(size, smallest))
	margin, step := lineHeight(face)/2, lineHeight(face)

	left, right := 0, 0 // the columns' widths
	for _, line := range lines {
		first, second, two := strings.Cut(line, "\t")
		if two {
			left = max(left, measure(face, first)+2*margin)
			right = max(right, measure(face, second))
		}
	}
	width := left + right
	for _, line := range lines {
		if !strings.Contains(line, "\t") {
			width = max(width, measure(face, line))
		}
	}
	label := frame.New(width+2*margin, len(lines)*step+margin)
	fill(label, image.Rect(0, 0, label.Width, label.Height), night)
	for i, line := range lines {
		y := margin/2 + i*step + baseline(face)
		first, second, two := strings.Cut(line, "\t")
		if two {
			drawText(label, face, margin, y, first, amber)
			drawText(label, face, margin+left, y, second, paper)
		} else {
			drawText(label, face, margin, y, line, paper)
		}
	}
	return label
}

func baseline(face font.Face) int {
	return (lineHeight(face) + face.Metrics().CapHeight.Ceil()) / 2
}
