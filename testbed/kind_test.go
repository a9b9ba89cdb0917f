package testbed

import (
	"bytes"
	"testing"

	"stylecam/card"
	"stylecam/frame"
)

// What a reader may see of vivid's bars through the filter that makes negatives.
const (
	painted = "a painting"
	raw     = "the raw camera"
	lost    = "the card for a lost camera"
	failing = "the card for a filter that fails"
	ended   = "the card that stays behind"
	unknown = "something else"
)

// notices are the cards that stand for pictures.
var notices = map[string][]byte{
	lost:    notice("Camera lost", "waiting for it to come back"),
	failing: notice("The filter failed", "waiting for it to work again"),
	ended:   notice("stylecam is not running", "the picture comes back when it runs again"),
}

func notice(title, text string) []byte {
	f := frame.New(width, height)
	card.Notice(f, title, text)
	return encode(f)
}

// kind tells what a picture is: a card to the last byte, or bars by their colours,
// at the foot, where vivid writes nothing over them.
func kind(picture []byte) string {
	for name, whole := range notices {
		if bytes.Equal(picture, whole) {
			return name
		}
	}
	same, inverse := 0, 0
	row := decode(picture).Row(height - 4)
	for i, bar := range bars {
		at := 3 * width * (2*i + 1) / 16
		for c, v := range row[at : at+3] {
			if (v > 127) == (bar[c] > 127) {
				same++
			} else {
				inverse++
			}
		}
	}
	switch 3 * len(bars) {
	case same:
		return raw
	case inverse:
		return painted
	}
	return unknown
}

func TestKindsOfPictures(t *testing.T) {
	drawn := frame.New(width, height)
	for y := range height {
		for x := range width {
			copy(drawn.Row(y)[3*x:], bars[8*x/width][:])
		}
	}
	camera := encode(drawn)
	for i := range drawn.Pix {
		drawn.Pix[i] = 255 - drawn.Pix[i]
	}
	painting := encode(drawn)
	torn := append(bytes.Clone(notices[lost][:pictureSize/2]), painting[pictureSize/2:pictureSize*3/4]...)
	torn = append(torn, notices[lost][pictureSize*3/4:]...)
	for want, picture := range map[string][]byte{
		raw: camera, painted: painting, lost: notices[lost], failing: notices[failing], ended: notices[ended], unknown: torn,
	} {
		if got := kind(picture); got != want {
			t.Errorf("%s is taken for %s", want, got)
		}
	}
}
