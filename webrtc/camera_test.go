package webrtc

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/webrtc/v4"

	"stylecam/filter"
	"stylecam/frame"
	"stylecam/webrtc/i420"
)

// Who would lend a camera that nobody paints is told so.
func TestACameraThatIsNotTheInputIsRefused(t *testing.T) {
	r := newRig(t, nil)
	c := newClient(t, func(pc *webrtc.PeerConnection) { show(pc) })
	if res := r.do("POST", "/whip", c.offer(), "Content-Type: application/sdp"); res.StatusCode != http.StatusConflict || !strings.Contains(text(res), "--input webrtc") {
		t.Errorf("%s", res.Status)
	}
}

// Nor does one that cannot be decoded keep the place.
func TestACameraThatCannotBeDecodedIsSentAway(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Decoder = func() (Decoder, error) { return nil, errors.New("no decoder") }
	})
	source, err := r.Camera().Source(320, 240)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	_, stop := publish(t, r)
	defer stop()
	eventually(t, "the place is free", func() bool { return !r.Camera().Publishing() })
}

// A browser that lends its camera and sends nothing is not lost, and its card is
// nobody's picture to paint.
func TestAQuietCameraIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := new(frame.Pool)
		c := newCamera(nil, pool, "http://localhost/", nil)
		c.publisher = new(peer)
		ctx, stop := context.WithCancel(t.Context())
		written := 0
		live, err := filter.New(filter.Config{
			Open:   func(context.Context) (filter.Source, error) { return c.Source(64, 48) },
			Retry:  true,
			Filter: unpainted{t},
			Params: filter.Defaults("night"),
			Pool:   pool,
			Sinks: []filter.NamedSink{{Name: "sink", Sink: sinkFunc(func(f *frame.Frame) {
				if written++; !f.Card {
					t.Error("the card is a picture")
				}
			})}},
		})
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Minute, stop)
		if err := live.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if lost := live.Stats().Lost; lost != 0 || written < 60 {
			t.Errorf("lost %d times in a minute, %d cards seen", lost, written)
		}
	})
}

// unpainted is a filter for what must not be filtered.
type unpainted struct{ *testing.T }

func (u unpainted) Apply(context.Context, *frame.Frame, *filter.Params, *filter.Trace) (*frame.Frame, error) {
	u.Error("a card is painted")
	return nil, errors.New("a card is painted")
}

type sinkFunc func(*frame.Frame)

func (s sinkFunc) Write(_ context.Context, f *frame.Frame) error { s(f); return nil }
func (s sinkFunc) Close() error                                  { return nil }

func TestBrowserIsTheCamera(t *testing.T) {
	r := newRig(t, nil)
	source, err := r.Camera().Source(320, 240)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	// next reads until a frame of that width comes: 320 is the card's.
	next := func(what string, width int) {
		t.Helper()
		eventually(t, what, func() bool {
			f, err := source.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer f.Release()
			return f.Width == width
		})
	}
	next("the card, before anybody publishes", 320)
	f, err := source.Read(t.Context())
	if err != nil || !f.Card {
		t.Fatalf("the card is not marked as text, %v", err)
	}
	f.Release()
	c, stop := publish(t, r)
	defer stop()
	for range 10 {
		next("the camera's picture", 64)
	}
	second := newClient(t, func(pc *webrtc.PeerConnection) { show(pc) })
	if res := r.do("POST", "/whip", second.offer(), "Content-Type: application/sdp"); res.StatusCode != http.StatusConflict {
		t.Errorf("a second camera: %s, want 409", res.Status)
	}
	if _, err := r.Camera().Source(1, 1); err == nil {
		t.Error("two sources read one camera")
	}
	if res := r.do("DELETE", c.location, ""); res.StatusCode != 200 {
		t.Errorf("DELETE: %s", res.Status)
	}
	eventually(t, "the card, after it has gone", func() bool {
		f, err := source.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer f.Release()
		return f.Pix[0] != f.Pix[len(f.Pix)/2] || f.Pix[0] > 5 // the camera's are all black
	})
	_, stop = publish(t, r)
	stop()
}

func TestOneTrackOfAnOfferIsPainted(t *testing.T) {
	r := newRig(t, nil)
	source, err := r.Camera().Source(320, 240)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	_, stop := publishTracks(t, r, 64, 32)
	defer stop()
	width := 320
	for n := 0; n < 50; {
		f, err := source.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := f.Width
		f.Release()
		if got == 320 {
			continue
		}
		if n++; n > 1 && got != width {
			t.Fatalf("picture %d is of another track: %d wide after %d", n, got, width)
		}
		width = got
	}
}

func TestPicturesThatNobodyCanPaintAreLeftOut(t *testing.T) {
	r := newRig(t, nil)
	source, err := r.Camera().Source(320, 240)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	var p i420.Picture
	for i, size := range [][2]int{{15, 48}, {48, 2}, {4097, 16}, {16, 4098}, {16, 4096}, {4096, 16}} {
		p.Resize(size[0], size[1])
		r.Camera().deliver(&p)
		if got, want := r.Camera().seq, uint64(max(0, i-3)); got != want {
			t.Errorf("after %v: %d pictures taken, want %d", size, got, want)
		}
	}
}
