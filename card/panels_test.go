package card

import (
	"bytes"
	"testing"

	"golang.org/x/image/font/gofont/goregular"

	"stylecam/frame"
)

func TestPanelsStandSideBySide(t *testing.T) {
	one, two := frame.New(64, 48), frame.New(64, 48)
	for i := range one.Pix {
		one.Pix[i], two.Pix[i] = 10, 200
	}
	figure := Panels([]Panel{{one, "one"}, {two, "a caption of several words, in lines"}})
	if figure.Width < 2*64 || figure.Height <= 48 {
		t.Fatalf("the figure is %dx%d", figure.Width, figure.Height)
	}
	for _, panel := range []*frame.Frame{one, two} {
		if !contains(figure, panel) {
			t.Errorf("a picture of %d is not in the figure", panel.Pix[0])
		}
	}
	if below := figure.Row(figure.Height - lineHeight(newFace(goregular.TTF, smallest)))[:]; bytes.Count(below, []byte{255}) == len(below) {
		t.Error("nothing is written below the pictures")
	}
	if blank := Panels(nil); blank.Width < 1 {
		t.Error("no panels make no frame")
	}
}

// contains tells whether a picture of one colour stands whole in the figure.
func contains(figure, picture *frame.Frame) bool {
	rows := 0
	for y := range figure.Height {
		if bytes.Contains(figure.Row(y), picture.Row(0)) {
			rows++
		}
	}
	return rows == picture.Height
}
