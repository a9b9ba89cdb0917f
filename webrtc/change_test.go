package webrtc

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"stylecam/filter"
	"stylecam/frame"
)

// metronome is a source of frames at an even beat, whatever becomes of them.
type metronome struct {
	pool  *frame.Pool
	beat  time.Duration
	began time.Time
	given atomic.Uint64
}

func (m *metronome) Read(ctx context.Context) (*frame.Frame, error) {
	n := m.given.Load()
	select {
	case <-time.After(time.Until(m.began.Add(time.Duration(n) * m.beat))):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	f := m.pool.Get(64, 48)
	f.Seq, f.Captured = n, m.began.Add(time.Duration(n)*m.beat)
	m.given.Store(n + 1)
	return f, nil
}

func (m *metronome) Close() error { return nil }

// greyer paints everything in a grey that tells the feather in force.
type greyer struct{ pool *frame.Pool }

func (g greyer) Apply(_ context.Context, f *frame.Frame, p *filter.Params, _ *filter.Trace) (*frame.Frame, error) {
	out := g.pool.Get(f.Width, f.Height)
	out.Seq, out.Captured = f.Seq, f.Captured
	for i := range out.Pix {
		out.Pix[i] = byte(3 * p.Feather)
	}
	return out, nil
}

// From the API to the viewer's picture: a change shows with the second frame at
// the latest, and none is lost to it.
func TestChangeShowsWithinTwoFramesAndDropsNone(t *testing.T) {
	r := listenRig(t, nil)
	// A beat that a busy machine keeps: what is late by itself would be taken for dropped.
	source := &metronome{pool: r.cfg.Pool, beat: time.Second / 2, began: time.Now()}
	live, err := filter.New(filter.Config{
		Open:   func(context.Context) (filter.Source, error) { return source, nil },
		Filter: greyer{r.cfg.Pool},
		Params: filter.Defaults("waves"),
		Pool:   r.cfg.Pool,
		Sinks:  []filter.NamedSink{{Name: "webrtc", Sink: r.stream}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.stream.began = source.began // so that time stamps tell the frames' numbers
	r.Serve(live)
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- live.Run(ctx) }()
	defer func() { stop(); <-ran }()

	viewer := newClient(t, watch)
	viewer.connect(r, "/whep")
	number := func(a arrival) uint64 { return uint64(a.stamp) * uint64(time.Second) / clockRate / uint64(source.beat) }
	shown := number(receive(t, "the first picture", viewer.pictures))
	for feather := 10; feather <= 60; feather += 10 {
		if res := r.do("PATCH", "/api/state", fmt.Sprintf(`{"feather":%d}`, feather), "Content-Type: application/json"); res.StatusCode != 200 {
			t.Fatal(res.Status, text(res))
		}
		last := source.given.Load() - 1 // captured before the change was in force
		want := byte(16 + 219*3*feather/255)
		for {
			got := receive(t, "a picture", viewer.pictures)
			if n := number(got); n != shown+1 {
				t.Fatalf("after frame %d comes %d", shown, n)
			}
			shown++
			if got.luma == want || got.luma == want+1 { // rounded
				break
			}
			if shown >= last+2 {
				t.Fatalf("feather %d does not show with frame %d, two after the change", feather, shown)
			}
		}
	}
	if s := live.Stats(); s.Drops != 0 || s.Sinks[0].Drops != 0 {
		t.Errorf("%d frames were dropped before the filter, %d before the encoder", s.Drops, s.Sinks[0].Drops)
	}
}
