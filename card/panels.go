package card

import (
	"image"

	"golang.org/x/image/font/gofont/goregular"

	"stylecam/frame"
)

// Panel is one picture of a figure, with what stands below it.
type Panel struct {
	Picture *frame.Frame
	Caption string
}

// Panels returns a figure: pictures of one size side by side on white, each with
// its caption below, in one line or several.
func Panels(panels []Panel) *frame.Frame {
	if len(panels) == 0 {
		return frame.New(1, 1)
	}
	w, h := panels[0].Picture.Width, panels[0].Picture.Height
	unit := float64(min(w, h))
	gap := max(2, int(unit/24))
	face := newFace(goregular.TTF, max(unit/16, smallest))

	captions := make([][]string, len(panels))
	lines := 0
	for i, p := range panels {
		captions[i] = wrap(face, p.Caption, w)
		lines = max(lines, len(captions[i]))
	}
	figure := frame.New(len(panels)*(w+gap)+gap, h+2*gap+lines*lineHeight(face)+gap)
	fill(figure, image.Rect(0, 0, figure.Width, figure.Height), white)
	for i, p := range panels {
		left := gap + i*(w+gap)
		for y := range h {
			copy(figure.Row(gap + y)[3*left:], p.Picture.Row(y)[:3*min(w, p.Picture.Width)])
		}
		box := image.Rect(left, 2*gap+h, left+w, figure.Height)
		drawLines(figure, face, captions[i], box, box.Min.Y, night)
	}
	return figure
}
