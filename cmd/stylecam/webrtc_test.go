package main

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stylecam/capture"
	"stylecam/card"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/output"
	"stylecam/webrtc"
)

// studio is the program's own parts at work on the test card, whose frames carry
// their number: capture, painter, page and API, as `stylecam run` has them.
type studio struct {
	*program
	engine *engine
	web    *webrtc.Server
	live   *filter.Live
	card   *timed
}

// timed remembers when each frame of a source was captured.
type timed struct {
	filter.Source
	mu    sync.Mutex
	times []time.Time // by the frame's number
}

func (t *timed) Read(ctx context.Context) (*frame.Frame, error) {
	f, err := t.Source.Read(ctx)
	if err == nil {
		t.mu.Lock()
		t.times = append(t.times, f.Captured)
		t.mu.Unlock()
	}
	return f, err
}

// captured returns when frame n was, and how many there were so far.
func (t *timed) captured(n uint64) (at time.Time, all uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n < uint64(len(t.times)) {
		at = t.times[n]
	}
	return at, uint64(len(t.times))
}

// openStudio runs the loop at fps until the test ends, into the sink that is made.
func openStudio(tb testing.TB, size size, fps float64, sink func(*studio) (filter.Sink, error)) *studio {
	tb.Helper()
	if runtimeLibrary(tb) == "" {
		tb.Skip("ONNX Runtime is not installed; make runtime installs it")
	}
	s := &studio{program: newProgram("stylecam", nil, io.Discard, io.Discard, func(string) string { return "" })}
	s.settings.library = runtimeLibrary(tb)
	s.settings.web.address = "127.0.0.1:0"
	check := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	closes := func(c io.Closer) {
		tb.Cleanup(func() {
			if err := c.Close(); err != nil {
				tb.Error(err)
			}
		})
	}
	var err error
	s.engine, err = s.openEngine(tb.Context(), use{live: true})
	check(err)
	s.engine.hold(fps)
	closes(s.engine)
	s.web, err = s.openWeb(s.engine, drive{source: capture.Config{Input: "webrtc"}})
	check(err)
	closes(s.web)
	params, err := s.params(tb.Context(), s.engine)
	check(err)
	source, err := capture.Open(tb.Context(), capture.Config{Input: "card", Width: size.width, Height: size.height, FPS: fps, Live: true, Pool: s.engine.pool})
	check(err)
	s.card = &timed{Source: source}
	out, err := sink(s)
	check(err)
	s.live, err = filter.New(filter.Config{
		Open:   func(context.Context) (filter.Source, error) { return s.card, nil },
		Filter: s.engine.relay, Params: params, Check: s.engine.gallery.check, Pool: s.engine.pool,
		Sinks: []filter.NamedSink{{Name: "test", Sink: out}},
	})
	check(err)
	s.web.Serve(s.live)
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		_ = s.live.Run(ctx) // which says that it was stopped
	}()
	tb.Cleanup(func() { stop(); <-ran })
	return s
}

// BenchmarkGlassToGlass measures the whole path, painting included: a frame with
// its number in it is drawn, painted, encoded, published by WHIP over loopback,
// decoded, and its number read. The goal is a p95 of the filter's p95 and 60 ms.
func BenchmarkGlassToGlass(b *testing.B) {
	s := openStudio(b, size{640, 480}, 30, func(s *studio) (filter.Sink, error) {
		return s.openSink(s.engine, sinkSpec{"whip", s.web.URL() + "whip"}, output.Options{}, nil)
	})
	peer, err := s.web.Camera().Source(640, 480)
	if err != nil {
		b.Fatal(err)
	}
	defer peer.Close()
	const warm = 60 // until the encoder and the sizes of the painting have settled
	pictures := max(b.N, 600)
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute+time.Duration(pictures)*time.Second/5)
	defer cancel()
	var delays []time.Duration
	for n := 0; len(delays) < pictures; n++ {
		f, err := peer.Read(ctx)
		if err != nil {
			b.Fatalf("after %d pictures: %v", len(delays), err)
		}
		seq, ok := card.ReadCode(f)
		f.Release()
		if at, _ := s.card.captured(seq); ok && n >= warm && !at.IsZero() {
			delays = append(delays, time.Since(at))
		}
	}
	slices.Sort(delays)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	p95, filtering := ms(delays[pictures*95/100]), ms(s.live.Stats().Stages[filter.StageFilter.String()].P95)
	b.ReportMetric(ms(delays[pictures/2]), "p50-ms")
	b.ReportMetric(p95, "p95-ms")
	b.ReportMetric(filtering, "filter-p95-ms")
	b.ReportMetric(p95-filtering, "rest-p95-ms")
	b.ReportMetric(0, "ns/op") // it runs at thirty a second, whatever it costs
}

// recorder is a sink that keeps what a picture looks like.
type recorder struct{ looks chan look }

// look is a picture's number and the mean of its upper half, where the test card
// stands still.
type look struct {
	seq  uint64
	mean [3]float64
}

func (r recorder) Write(ctx context.Context, f *frame.Frame) error {
	l := look{seq: f.Seq}
	for y := range f.Height / 2 {
		for i, v := range f.Row(y) {
			l.mean[i%3] += float64(v) / float64(f.Width*f.Height/2)
		}
	}
	select {
	case r.looks <- l:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (recorder) Close() error { return nil }

// Whatever is changed over the API while the painter works shows with the second
// picture at the latest, and no frame is lost to it.
func TestPainterFollowsTheAPIWithinTwoFramesAndDropsNone(t *testing.T) {
	out := recorder{make(chan look, 100)}
	// Small and slow, so that a machine that is busy otherwise paints every frame.
	s := openStudio(t, size{160, 120}, 1, func(*studio) (filter.Sink, error) { return out, nil })
	next := func() look {
		t.Helper()
		select {
		case l := <-out.looks:
			return l
		case <-time.After(time.Minute):
			t.Fatal("no picture comes")
			panic("unreachable")
		}
	}
	shown := next()
	for range 4 { // until the painting has settled
		shown = next()
	}
	for _, change := range []string{
		`{"quality":"fast","style":"scream"}`, `{"style":"great-wave"}`, `{"style":"kiss:0.5,scream:0.5"}`,
		`{"background":[0,0],"person":[0,0]}`, `{"background":[1,1]}`, `{"view":"mask"}`, `{"view":"original"}`, `{"view":"painted","background_mode":"color:#00ff00"}`,
	} {
		req, err := http.NewRequestWithContext(t.Context(), "PATCH", s.web.URL()+"api/state", strings.NewReader(change))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if res.Body.Close(); res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", change, res.Status)
		}
		_, captured := s.card.captured(0)
		for before := shown; ; {
			l := next()
			if l.seq != shown.seq+1 {
				t.Fatalf("%s: after picture %d comes %d", change, shown.seq, l.seq)
			}
			shown = l
			d := 0.0
			for i := range l.mean {
				d = max(d, l.mean[i]-before.mean[i], before.mean[i]-l.mean[i])
			}
			if d > 4 {
				break
			}
			if l.seq >= captured+1 { // the last frame before the change is captured-1
				t.Fatalf("%s: does not show with picture %d, two after the change", change, l.seq)
			}
		}
	}
	if st := s.live.Stats(); st.Drops != 0 || st.Sinks[0].Drops != 0 {
		t.Errorf("%d frames were dropped before the painter, %d behind it", st.Drops, st.Sinks[0].Drops)
	}
}

// A style that is removed and made anew is painted with as it is now; and what is
// said of a bad picture names no file of ours.
func TestStylesOfThePageComeAndGo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	p, e := stillEngine(t)
	styles := webStyles{e, p}
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	if err := styles.Add(t.Context(), "mine", file.Bytes()); err != nil {
		t.Fatal(err)
	}
	if _, err := e.gallery.Tensors("mine"); err != nil {
		t.Error(err)
	}
	if err := styles.Remove("mine"); err != nil {
		t.Error(err)
	}
	if _, err := e.gallery.Tensors("mine"); err == nil {
		t.Error("a style that was removed is still loaded")
	}
	err := styles.Add(t.Context(), "cut", file.Bytes()[:40])
	if !errors.Is(err, filter.ErrInput) || strings.Contains(err.Error(), os.TempDir()) {
		t.Errorf("half a picture: %v", err)
	}
}

// A saved port that is somebody else's does not keep the camera from starting: the
// default serves instead, which is this machine's alone.
func TestSavedPortsThatAreTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	at := taken.Addr().(*net.TCPAddr)
	for _, option := range []string{"webrtc-address", "webrtc-port"} {
		p := newProgram("stylecam", nil, io.Discard, io.Discard, func(string) string { return "" })
		w := &p.settings.web
		switch w.address = "127.0.0.1:0"; option {
		case "webrtc-address":
			w.address = at.String()
		case "webrtc-port":
			w.mediaPort = at.Port
		}
		_, err := p.openWeb(&engine{pool: new(frame.Pool)}, drive{source: capture.Config{Input: "webrtc"}})
		if err == nil || p.forget(err) {
			t.Errorf("%s: %v; want an error, and what nobody saved kept", option, err)
		}
		p.saved[option] = "config.toml"
		if !p.forget(err) || w.mediaPort != 0 || option == "webrtc-address" && w.address != defaultAddress {
			t.Errorf("%s: %v leaves address %s and port %d", option, err, w.address, w.mediaPort)
		}
	}
}
