package output

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"stylecam/card"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/y4m"
)

// readAll returns what a stream's header says and the card numbers of its frames.
func readAll(t *testing.T, stream io.Reader) (y4m.Header, []uint64) {
	t.Helper()
	r, err := y4m.NewReader(stream)
	if err != nil {
		t.Fatal(err)
	}
	f := frame.New(r.Header().Width, r.Header().Height)
	var numbers []uint64
	for {
		planes, err := r.ReadFrame()
		if err == io.EOF {
			return r.Header(), numbers
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Header().Picture(f, planes); err != nil {
			t.Fatal(err)
		}
		n, ok := card.ReadCode(f)
		if !ok {
			t.Fatalf("frame %d carries no number", len(numbers))
		}
		numbers = append(numbers, n)
	}
}

func TestY4MKeepsTimeAndSize(t *testing.T) {
	var stream bytes.Buffer
	y := NewY4M(&stream, Options{FPS: 30})
	for _, f := range []*frame.Frame{testCard(320, 240, 0), testCard(320, 240, 1), testCard(640, 480, 4)} {
		if err := y.Write(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	if err := y.Close(); err != nil {
		t.Fatal(err)
	}
	h, numbers := readAll(t, &stream)
	if h.Width != 320 || h.Height != 240 || h.FPS() != 30 {
		t.Errorf("header %+v", h)
	}
	if got, want := numbers, []uint64{0, 1, 1, 1, 4}; !slices.Equal(got, want) {
		t.Errorf("frames %v, want %v", got, want)
	}
}

// ffmpeg decodes the colours that were meant.
func TestY4MColours(t *testing.T) {
	needs(t, "ffmpeg")
	want := testCard(320, 240, 7)
	var stream bytes.Buffer
	y := NewY4M(&stream, Options{})
	if err := y.Write(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got := frame.New(320, 240)
	got.Pix = ffmpeg(t, &stream, "-f", "yuv4mpegpipe", "-i", "-")
	if len(got.Pix) != len(want.Pix) {
		t.Fatalf("ffmpeg decodes %d bytes, want %d", len(got.Pix), len(want.Pix))
	}
	if d := worst(want, got); d > 2 {
		t.Errorf("pixels differ by %d of 255", d)
	}
}

func needs(t *testing.T, programs ...string) {
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed: apt-get install %s", p, p)
		}
	}
}

// ffmpeg decodes what the arguments name to BGR.
func ffmpeg(t *testing.T, in io.Reader, args ...string) []byte {
	t.Helper()
	args = append(append([]string{"-v", "error"}, args...),
		"-sws_flags", "bicubic+accurate_rnd+full_chroma_int", "-pix_fmt", "bgr24", "-f", "rawvideo", "-")
	cmd := exec.Command("ffmpeg", args...)
	cmd.Stdin = in
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffmpeg %v: %v: %s", args, err, complaint.String())
	}
	return out
}

func TestY4MReaderGoesAway(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r.Close()
	y := NewY4M(w, Options{})
	if err := y.Write(t.Context(), testCard(64, 48, 0)); !errors.Is(err, filter.ErrClosed) {
		t.Errorf("error %v, want one that ends the run well", err)
	}
	if err := y.Close(); err != nil {
		t.Error(err)
	}
}

func TestY4MFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.y4m")
	create := func(path string) *Y4M {
		y, err := CreateY4M(path, Options{Policy: frame.Every})
		if err != nil {
			t.Fatal(err)
		}
		return y
	}
	write := func(y *Y4M, n uint64) {
		for seq := range n {
			if err := y.Write(t.Context(), testCard(161, 121, seq)); err != nil {
				t.Fatal(err)
			}
		}
		if err := y.Close(); err != nil {
			t.Fatal(err)
		}
	}
	write(create(path), 0)
	holds(t, dir)

	aborted := create(path)
	aborted.Abort()
	write(aborted, 1)
	holds(t, dir)

	write(create(path), 3)
	holds(t, dir, "a.y4m")
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, numbers := readAll(t, f); len(numbers) != 3 {
		t.Errorf("%d frames", len(numbers))
	}
}

// Ctrl-C may come while pictures are repeated to keep the time.
func TestY4MFileIsKeptWhenTheRunIsEnded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.y4m")
	y, err := CreateY4M(path, Options{FPS: 30})
	if err != nil {
		t.Fatal(err)
	}
	f := frame.New(16, 16)
	f.Captured = time.Unix(100, 0)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range 2 {
		if err := y.Write(ctx, f); err != nil {
			t.Fatal(err)
		}
		cancel()
		f.Captured = f.Captured.Add(time.Second)
	}
	if err := y.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestY4MDeviceThatIsFull(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full")
	}
	y, err := CreateY4M("/dev/full", Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = y.Write(t.Context(), testCard(64, 48, 0))
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "cannot write /dev/full: the disk is full") {
		t.Errorf("error %v", err)
	}
	if err := y.Close(); err != nil {
		t.Error(err)
	}
}

func BenchmarkY4M(b *testing.B) {
	y := NewY4M(io.Discard, Options{Policy: frame.Every})
	f := testCard(640, 480, 1)
	f.Captured = time.Now()
	b.ReportAllocs()
	for b.Loop() {
		if err := y.Write(b.Context(), f); err != nil {
			b.Fatal(err)
		}
	}
}
