package output

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"stylecam/blend/mats"
	"stylecam/card"
	"stylecam/frame"
)

func TestMain(m *testing.M) {
	status := m.Run()
	if err := goleak.Find(); status == 0 && err != nil {
		println(err.Error())
		status = 1
	}
	os.Exit(mats.Leaked(status))
}

// holds tells what a folder holds, and complains of anything else: half-written
// files have hidden names.
func holds(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the folder holds (-want +got):\n%s", diff)
	}
}

// testCard is frame seq of a source of 30 fps.
func testCard(w, h int, seq uint64) *frame.Frame {
	f := frame.New(w, h)
	card.Test(f, seq)
	f.Seq, f.Captured = seq, epoch.Add(time.Duration(seq)*time.Second/30)
	return f
}

var epoch = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// worst returns the largest difference of any channel where the picture is even:
// where colours meet, 4:2:0 mixes them by design.
func worst(a, b *frame.Frame) int {
	worst := 0
	for y := range a.Height {
		for x := range a.Width {
			if !even(a, x, y) {
				continue
			}
			for c := range 3 {
				d := int(a.Row(y)[3*x+c]) - int(b.Row(y)[3*x+c])
				worst = max(worst, d, -d)
			}
		}
	}
	return worst
}

// reach is how far a filter that scales chroma looks, in pixels.
const reach = 6

// even tells whether the neighbours of a pixel have nearly its colour.
func even(f *frame.Frame, x, y int) bool {
	p := f.Row(y)[3*x:]
	for v := max(0, y-reach); v <= min(f.Height-1, y+reach); v += 2 {
		row := f.Row(v)
		for u := max(0, x-reach); u <= min(f.Width-1, x+reach); u += 2 {
			for c := range 3 {
				if d := int(p[c]) - int(row[3*u+c]); d > 6 || d < -6 {
					return false
				}
			}
		}
	}
	return true
}
