package main

import (
	"bytes"
	"image"
	"image/jpeg"
	"io"
	"testing"

	"stylecam/filter"
	"stylecam/models"
)

// A style belongs to the encoder that made it: after a training all are made again.
func TestBuiltinStylesFitTheNetworks(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	m, err := models.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	p := newProgram("stylecam", nil, io.Discard, io.Discard, func(string) string { return "" })
	fit, unfit, err := p.styleFit(m)
	if err != nil {
		t.Fatal(err)
	}
	if len(fit) < 12 || len(unfit) > 0 {
		t.Errorf("%d styles fit the networks, these do not: %q; run: make styles", len(fit), unfit)
	}
	styles := p.collection()
	if _, err := styles.Get(defaultStyle); err != nil {
		t.Errorf("the default style: %v", err)
	}
}

// The previews are golden pictures of the whole way with the networks that come with
// the program: a photograph, SegNet's mask, SANet's painting, composed. What is
// painted now may differ by what processors round otherwise.
func TestBuiltinPreviewsAreWhatIsPainted(t *testing.T) {
	_, e := stillEngine(t)
	for _, name := range []string{defaultStyle, "great-wave", "scream"} {
		s, err := e.gallery.collection.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.gallery.load(t.Context(), filter.Mix{{Name: name, Weight: 1}}); err != nil {
			t.Fatal(err)
		}
		now, err := e.preview(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if d := distance(t, s.Preview, now); d > 2 {
			t.Errorf("%s: the preview differs by %.1f of 255 in the mean from what is painted now; if that is as it should be, run: make styles, and look at them", name, d)
		}
	}
}

// distance is the mean distance of two JPEGs' luminances.
func distance(t *testing.T, a, b []byte) float64 {
	t.Helper()
	grey := func(file []byte) *image.YCbCr {
		m, err := jpeg.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		return m.(*image.YCbCr)
	}
	x, y := grey(a), grey(b)
	if x.Rect != y.Rect {
		t.Fatalf("of %v and %v", x.Rect, y.Rect)
	}
	sum := 0
	for i := range x.Y {
		sum += max(int(x.Y[i]), int(y.Y[i])) - min(int(x.Y[i]), int(y.Y[i]))
	}
	return float64(sum) / float64(len(x.Y))
}
