package card

import (
	"bytes"
	"testing"
)

func TestLabelIsAsLargeAsItsText(t *testing.T) {
	one := Label(16, "filter off")
	wide := Label(16, "filter off, and then some")
	two := Label(16, "n  p\tnext style", "q\tquit")
	if wide.Width <= one.Width || wide.Height != one.Height || two.Height <= one.Height {
		t.Errorf("sizes %dx%d, %dx%d, %dx%d", one.Width, one.Height, wide.Width, wide.Height, two.Width, two.Height)
	}
	for name, f := range map[string][]byte{"first column": amber[:], "second": paper[:]} {
		if !bytes.Contains(two.Pix, f) {
			t.Errorf("the %s is not to be seen", name)
		}
	}
	// The margin stays free: nothing is cut.
	for y := range wide.Height {
		row := wide.Row(y)
		if !bytes.Equal(row[:3], night[:]) || !bytes.Equal(row[len(row)-3:], night[:]) {
			t.Fatalf("text touches the edge in row %d", y)
		}
	}
	Label(1)
	Label(16, "")
}
