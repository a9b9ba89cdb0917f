package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"stylecam/capture"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/models"
	"stylecam/output"
	"stylecam/output/window"
	"stylecam/style"
)

// hearsay is a source that hands on what was told when its first frame is asked for.
type hearsay struct {
	capture.Source
	note  string
	told  *bytes.Buffer
	heard string
}

func (h *hearsay) Info() capture.Info {
	info := h.Source.Info()
	info.Note, info.FPS = h.note, 12.5
	return info
}

func (h *hearsay) Read(ctx context.Context) (*frame.Frame, error) {
	if h.heard == "" {
		h.heard = h.told.String() + "."
	}
	return h.Source.Read(ctx)
}

// newIdleEngine is an engine whose brush leaves every frame as it is.
func newIdleEngine() *engine {
	e := &engine{pool: new(frame.Pool), relay: &relay{now: &brush{Filter: filter.PassThrough{}}}}
	e.gallery = newGallery(style.NewCollection(embed.FS{}, ""), nil, models.Graph{})
	e.gallery.keep(defaultStyle, new(style.Tensors))
	return e
}

// A camera that gives another size gives it for as long as it runs: it is told before
// the first frame. And the rate that it has is the one to hold.
func TestWhatTheSourceIsCountsFromTheFirstFrameOn(t *testing.T) {
	var told bytes.Buffer
	p := newProgram("stylecam", nil, io.Discard, io.Discard, func(string) string { return "" })
	p.log = slog.New(slog.NewTextHandler(&told, nil))
	e := newIdleEngine()
	card, err := capture.Open(t.Context(), capture.Config{Input: "card", Pool: e.pool})
	if err != nil {
		t.Fatal(err)
	}
	source := &hearsay{Source: card, note: "the camera grants 640x480", told: &told}
	d := drive{sinks: []sinkSpec{{kind: "null"}}, params: filter.Defaults(defaultStyle), frames: 3}
	if r, err := p.driveFrom(t.Context(), e, d, source); err != nil || r.Frames != 3 {
		t.Fatalf("%d frames, %v", r.Frames, err)
	}
	if !strings.Contains(source.heard, source.note) || strings.Count(told.String(), source.note) != 1 {
		t.Errorf("before the first frame %q was told, in all %q", source.heard, told.String())
	}
	if got := time.Duration(e.interval.Load()); got != 80*time.Millisecond {
		t.Errorf("holds %v between two frames, want 80 ms", got)
	}
}

// What fails beside the work ends it, and is what is told; what waits for the work's
// end does not.
func TestWatched(t *testing.T) {
	untilStopped := func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}
	waits := func(ctx context.Context) { <-ctx.Done() }
	atOnce := func(context.Context) { panic("bar of length -1") }
	late := func(ctx context.Context) { <-ctx.Done(); panic("bar of length -1") }
	fails := func(context.Context) error { return io.ErrShortWrite }
	const bug = "a bug: bar of length -1"
	for _, c := range []struct {
		name  string
		watch func(context.Context)
		work  func(context.Context) error
		want  string
	}{
		{"all goes well", waits, func(context.Context) error { return nil }, ""},
		{"the work fails", waits, fails, io.ErrShortWrite.Error()},
		{"a watcher does", atOnce, untilStopped, bug},
		{"a watcher does, at its end", late, func(context.Context) error { return nil }, bug},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := watched(t.Context(), []func(context.Context){waits, c.watch}, c.work)
			if (err == nil) != (c.want == "") || err != nil && err.Error() != c.want {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// A bug is told in one line, with what to do; with -v the place follows.
func TestPanicIsOneLine(t *testing.T) {
	for _, c := range []struct {
		flags []string
		lines int // at least
		most  int
	}{{nil, 1, 1}, {[]string{"-v"}, 5, 1000}} {
		var told bytes.Buffer
		p := newProgram("stylecam", nil, io.Discard, &told, func(string) string { panic("nobody knows") })
		status := p.main(t.Context(), append(append([]string{"stylecam"}, c.flags...), "config"))
		first, _, _ := strings.Cut(told.String(), "\n")
		if want := "stylecam: a bug: nobody knows; please report it with the output of `stylecam doctor` and of the same command with -v"; status != statusFailed || first != want {
			t.Errorf("%v: status %d, told %q", c.flags, status, first)
		}
		if n := strings.Count(told.String(), "\n"); n < c.lines || n > c.most {
			t.Errorf("%v: %d lines:\n%s", c.flags, n, told.String())
		}
	}
}

// A window that breaks is an error like any other: the loop beside it is waited for
// before what it paints by is closed.
func TestServeReturnsWhereTheWindowBreaks(t *testing.T) {
	pool := new(frame.Pool)
	card, err := capture.Open(t.Context(), capture.Config{Input: "card", Pool: pool})
	if err != nil {
		t.Fatal(err)
	}
	live, err := filter.New(filter.Config{
		Open: func(context.Context) (filter.Source, error) { return card, nil }, Filter: filter.PassThrough{},
		Params: filter.Defaults("any"), Pool: pool, Sinks: []filter.NamedSink{{Name: "null", Sink: new(output.Null)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var bug *filter.Bug
	if err := serve(ctx, live, new(window.Window)); !errors.As(err, &bug) || !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want those of the window, which was not made by New, and of the loop", err)
	}
}
