package capture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"stylecam/card"
	"stylecam/filter"
	"stylecam/frame"
)

// open opens a source that ends with the test, and checks that no frame is left.
func open(t *testing.T, c Config) Source {
	t.Helper()
	c.Pool = new(frame.Pool)
	s, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if n := c.Pool.InUse(); n != 0 {
			t.Errorf("%d frames left behind", n)
		}
	})
	return s
}

// read returns a frame that no pool takes back.
func read(t *testing.T, s Source) *frame.Frame {
	t.Helper()
	f, err := s.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Release()
	kept := frame.New(f.Width, f.Height)
	kept.CopyFrom(f)
	return kept
}

func TestDrawnSourcesNumberTheirFramesAndEnd(t *testing.T) {
	for _, input := range []string{"demo", "card"} {
		t.Run(input, func(t *testing.T) {
			s := open(t, Config{Input: input, Width: 320, Height: 240, Frames: 5})
			if got := s.Info(); got.Width != 320 || got.Height != 240 || got.FPS != DefaultFPS || got.Frames != 5 || got.Camera {
				t.Errorf("info %+v", got)
			}
			for want := range uint64(5) {
				f := read(t, s)
				if f.Seq != want || f.Captured.IsZero() || f.Width != 320 || f.Height != 240 {
					t.Errorf("frame %d: number %d, %dx%d, captured %v", want, f.Seq, f.Width, f.Height, f.Captured)
				}
				if n, ok := card.ReadCode(f); input == "card" && (!ok || n != want) {
					t.Errorf("the card says %d, %v; want %d", n, ok, want)
				}
			}
			if _, err := s.Read(t.Context()); err != io.EOF {
				t.Errorf("after the last frame: %v, want io.EOF", err)
			}
		})
	}
}

func TestDemoRepeatsExactlyAndMoves(t *testing.T) {
	a, b := open(t, Config{Input: "demo"}), open(t, Config{Input: "demo"})
	first := read(t, a)
	if !bytes.Equal(first.Pix, read(t, b).Pix) {
		t.Error("the same frame differs between two runs")
	}
	second := read(t, a)
	d := difference(first, second)
	if d < 1 || d > 20 {
		t.Errorf("frames 0 and 1 differ by %.2f levels; want noise and a little motion", d)
	}
	for range 60 {
		second = read(t, a)
	}
	if later := difference(first, second); later < 2*d {
		t.Errorf("after two seconds frames differ by %.2f levels, after one frame by %.2f: it stands still", later, d)
	}
}

// The camera must not look past the portrait's edge, whatever its shape and time:
// draw would panic, since it does not look where it reads.
func TestDemoStaysInside(t *testing.T) {
	s, err := newScene()
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []image.Point{{1, 1}, {2, 2}, {16, 9}, {9, 16}, {100, 1}, {1, 100}, {64, 48}, {97, 101}} {
		f := frame.New(size.X, size.Y)
		for seq := range uint64(100) {
			s.draw(f, seq, float64(seq)*7.77)
		}
	}
}

func TestLivePaces(t *testing.T) {
	s := open(t, Config{Input: "card", Width: 64, Height: 48, FPS: 50, Live: true})
	read(t, s)
	begin := time.Now()
	for range 10 {
		read(t, s)
	}
	if took := time.Since(begin); took < 180*time.Millisecond {
		t.Errorf("ten frames at 50 a second took %v", took)
	}
}

func TestReadEndsWithContext(t *testing.T) {
	s := open(t, Config{Input: "card", FPS: 0.01, Live: true})
	read(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := s.Read(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestPacerSkipsWhatWasMissed(t *testing.T) {
	p := pacer{begin: time.Now().Add(-time.Hour)}
	if err := p.wait(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if ago := time.Since(p.begin); ago > time.Minute {
		t.Errorf("after a stall the clock still counts from %v ago", ago)
	}
}

func TestStillIsScaledToCover(t *testing.T) {
	// Twice as wide as high: blue at the left, green in the middle, red at the right.
	m := image.NewRGBA(image.Rect(0, 0, 80, 40))
	for i := range 80 * 40 {
		switch x := i % 80; {
		case x < 20:
			m.Pix[4*i+2] = 255
		case x < 60:
			m.Pix[4*i+1] = 255
		default:
			m.Pix[4*i] = 255
		}
		m.Pix[4*i+3] = 255
	}
	path := filepath.Join(t.TempDir(), "still.png")
	var file bytes.Buffer
	if err := png.Encode(&file, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if f := read(t, open(t, Config{Input: path})); f.Width != 80 || f.Height != 40 || f.Pix[0] != 255 {
		t.Errorf("at its own size: %dx%d, begins %v", f.Width, f.Height, f.Pix[:3])
	}
	f := read(t, open(t, Config{Input: path, Width: 64, Height: 64}))
	for x := range 64 {
		if got := f.Row(30)[3*x : 3*x+3]; !bytes.Equal(got, []byte{0, 255, 0}) {
			t.Fatalf("column %d is %v: the sides should be cut off", x, got)
		}
	}
}

func TestOpenRefusesNonsense(t *testing.T) {
	for _, c := range []Config{
		{}, {Input: "demo", Width: -1, Height: 2}, {Input: "demo", Width: 640}, {Input: "card", Width: 1 << 20, Height: 1 << 20},
		{Input: "demo", FPS: -1}, {Input: "demo", FPS: math.NaN()}, {Input: "no-such-file.png"},
	} {
		if _, err := Open(t.Context(), c); !errors.Is(err, filter.ErrInput) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func BenchmarkDemo(b *testing.B) {
	for _, size := range []image.Point{{640, 480}, {1280, 720}} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s, err := newScene()
			if err != nil {
				b.Fatal(err)
			}
			f := frame.New(size.X, size.Y)
			b.ReportAllocs()
			for n := range uint64(b.N) {
				s.draw(f, n, float64(n)/30)
			}
		})
	}
}

// difference is the mean distance of two pictures, in levels.
func difference(a, b *frame.Frame) float64 {
	sum := 0
	for i := range a.Pix {
		sum += max(int(a.Pix[i]), int(b.Pix[i])) - min(int(a.Pix[i]), int(b.Pix[i]))
	}
	return float64(sum) / float64(len(a.Pix))
}
