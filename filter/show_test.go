package filter

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stylecam/frame"
)

// Marks of the cards, beside those of markFilter.
const (
	off   = 'o' // picture off
	lost  = 'l'
	rests = 'r'
	fails = 'f'
)

func drawTitle(dst *frame.Frame, title, _ string) {
	dst.Pix[0] = map[string]byte{
		pictureOff.title: off, cameraLost.title: lost, cameraRests.title: rests, filterFails.title: fails,
	}[title]
}

// switched is a camera that is plugged in or not.
type switched struct {
	camera
	plugged atomic.Bool
}

func (c *switched) Open(ctx context.Context) (Source, error) {
	if !c.plugged.Load() {
		return nil, errors.New("no such device")
	}
	s, err := c.camera.Open(ctx)
	return &switchedSource{s.(*cameraSource), c}, err
}

type switchedSource struct {
	*cameraSource
	of *switched
}

func (s *switchedSource) Read(ctx context.Context) (*frame.Frame, error) {
	if !s.of.plugged.Load() {
		return nil, errors.New("unplugged")
	}
	return s.cameraSource.Read(ctx)
}

// screens are sinks that must all show the same.
type screens []*viewedSink

// since returns what each was shown, repeats removed, and forgets it.
func (s screens) since(t *testing.T, when string, want string) {
	t.Helper()
	synctest.Wait()
	for i, sink := range s {
		if got := string(slices.Compact(sink.forget())); got != want {
			t.Errorf("%s: screen %d showed %q, want %q", when, i, got, want)
		}
	}
}

func (s *fakeSink) forget() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	marks := s.marks
	s.marks = nil
	return marks
}

func blank(t *testing.T, l *Live, on bool) {
	t.Helper()
	if err := l.Update(func(p *Params) { p.Blank = on }); err != nil {
		t.Fatal(err)
	}
}

func TestBlankGoesBeforeEverythingOnEveryScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := new(frame.Pool)
		cam := &switched{camera: camera{pool: pool}}
		cam.plugged.Store(true)
		all := screens{seen(), seen(), seen()}
		var failing atomic.Bool
		l := running(t, Config{
			Open: cam.Open, Pool: pool, Card: drawTitle,
			Filter: markFilter{pool: pool, delay: 5 * time.Millisecond, fail: func(uint64) error {
				if failing.Load() {
					return errors.New("boom")
				}
				return nil
			}},
			Sinks: []NamedSink{{"virtual", all[0]}, {"page", all[1]}, {"window", all[2]}},
		})
		time.Sleep(time.Second)
		all.since(t, "at first", "p")

		time.Sleep(3 * time.Millisecond) // a frame is being painted now
		blank(t, l, true)
		all.since(t, "blank, at once", string(off))
		before := l.Stats()
		time.Sleep(3 * time.Second)
		all.since(t, "blank", string(off))
		if now := l.Stats(); now.Frames > before.Frames+1 || now.Handled < before.Handled+100 {
			t.Errorf("in 3 s of blank %d frames were painted, %d dealt with", now.Frames-before.Frames, now.Handled-before.Handled)
		}
		failing.Store(true)
		time.Sleep(time.Second)
		all.since(t, "blank, and the filter would fail", string(off))
		blank(t, l, false)
		time.Sleep(time.Second)
		all.since(t, "the filter fails", string(fails))
		failing.Store(false)
		time.Sleep(time.Second)
		all.since(t, "and works again", "p")

		cam.plugged.Store(false)
		time.Sleep(3 * time.Second)
		all.since(t, "unplugged", "pl")
		for range 20 { // whenever it comes, between the card's repetitions and with them
			blank(t, l, true)
			all.since(t, "unplugged and blank, at once", string(off))
			time.Sleep(cardEvery * 13 / 10)
			all.since(t, "unplugged and blank", string(off))
			blank(t, l, false)
			all.since(t, "unplugged and no longer blank, at once", string(lost))
			time.Sleep(cardEvery)
			all.since(t, "unplugged and no longer blank", string(lost))
		}
		blank(t, l, true)
		cam.plugged.Store(true)
		time.Sleep(3 * time.Second)
		all.since(t, "plugged in while blank", string(off))
		blank(t, l, false)
		time.Sleep(time.Second)
		all.since(t, "no longer blank", "p")
	})
}

func TestBlankWhileTheCameraRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := new(frame.Pool)
		cam, sink := &camera{pool: pool}, &viewedSink{}
		l := running(t, Config{Open: cam.Open, Pool: pool, Card: drawTitle, Idle: time.Second, Sinks: []NamedSink{{"virtual", sink}}})
		time.Sleep(3 * time.Second)
		all := screens{sink}
		all.since(t, "nobody looks", "pr")
		blank(t, l, true)
		all.since(t, "blank", string(off))
		sink.looked.Store(true)
		time.Sleep(3 * time.Second)
		all.since(t, "blank, and somebody looks", string(off))
		sink.looked.Store(false)
		time.Sleep(3 * time.Second)
		all.since(t, "blank, and nobody looks", string(off))
		blank(t, l, false)
		all.since(t, "no longer blank", string(rests))
	})
}

// A stalled screen neither holds up the others nor shows an old picture afterwards.
func TestBlankPassesAScreenThatStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := new(frame.Pool)
		cam, quick, slow := &camera{pool: pool}, seen(), seen()
		slow.delay = 2 * time.Second
		l := running(t, Config{Open: cam.Open, Pool: pool, Card: drawTitle, Sinks: []NamedSink{{"quick", quick}, {"slow", slow}}})
		time.Sleep(3 * time.Second)
		blank(t, l, true)
		synctest.Wait()
		quick.forget()
		time.Sleep(4 * time.Second)
		if got := string(slices.Compact(quick.forget())); got != string(off) {
			t.Errorf("the quick screen showed %q", got)
		}
		if got := string(slow.forget()); !strings.HasSuffix(got, string(off)) {
			t.Errorf("the slow screen showed %q", got)
		}
	})
}
