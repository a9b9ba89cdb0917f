package filter

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stylecam/frame"
)

// viewedSink is a fakeSink that knows whether anybody looks.
type viewedSink struct {
	fakeSink
	looked atomic.Bool
}

func (s *viewedSink) Viewed() bool { return s.looked.Load() }

// camera opens sources that never end, one every 10 ms, and counts those open.
type camera struct {
	pool  *frame.Pool
	takes time.Duration // to open
	opens atomic.Int32
	open  atomic.Int32
}

type cameraSource struct {
	fakeSource
	of *camera
}

func (c *camera) Open(context.Context) (Source, error) {
	c.opens.Add(1)
	time.Sleep(c.takes)
	c.open.Add(1)
	return &cameraSource{fakeSource{pool: c.pool, interval: 10 * time.Millisecond, frames: -1}, c}, nil
}

func (s *cameraSource) Close() error { s.of.open.Add(-1); return nil }

// running starts a Live over a camera and a sink, and ends it with the test.
func running(t *testing.T, cfg Config) *Live {
	t.Helper()
	cfg.Retry = true
	if cfg.Filter == nil {
		cfg.Filter = markFilter{pool: cfg.Pool}
	}
	l := start(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := l.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("run ended: %v", err)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		if cfg.Pool.InUse() != 0 {
			t.Errorf("%d frames left behind", cfg.Pool.InUse())
		}
	})
	return l
}

// A picture is in the making when the source is closed.
func TestARestDoesNotCountAsASlowPicture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := new(frame.Pool)
		cam, sink := &camera{pool: pool}, &viewedSink{}
		l := running(t, Config{Open: cam.Open, Pool: pool, Filter: markFilter{pool: pool, delay: 27 * time.Millisecond}, Idle: 5 * time.Second, Sinks: []NamedSink{{"virtual", sink}}})
		time.Sleep(10 * time.Minute)
		if !l.Stats().Resting {
			t.Fatal("it does not rest")
		}
		sink.looked.Store(true)
		time.Sleep(3 * time.Second)
		if fps := l.Stats().FPS; fps < 30 {
			t.Errorf("%g pictures a second after a rest, want some 37", fps)
		}
	})
}

func TestCameraRestsWhileNobodyLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := new(frame.Pool)
		cam, sink := &camera{pool: pool}, &viewedSink{}
		l := running(t, Config{Open: cam.Open, Pool: pool, Idle: 5 * time.Second, Sinks: []NamedSink{{"virtual", sink}}})
		until := func(what string, limit time.Duration, ok func() bool) time.Duration {
			t.Helper()
			begin := time.Now()
			for !ok() {
				if time.Since(begin) > limit {
					t.Fatalf("%s: not within %v", what, limit)
				}
				time.Sleep(10 * time.Millisecond)
			}
			return time.Since(begin)
		}
		released := func() bool { return cam.open.Load() == 0 && l.Stats().Resting }
		painting := func() bool { return cam.open.Load() == 1 && !l.Stats().Resting }

		if took := until("released", 6*time.Second, released); took < 5*time.Second {
			t.Errorf("released after %v, want 5 s", took)
		}
		pictures := l.Stats().Frames
		for range 20 { // a program that polls: 100 ms in 3 s
			sink.looked.Store(true)
			time.Sleep(100 * time.Millisecond)
			sink.looked.Store(false)
			time.Sleep(2900 * time.Millisecond)
		}
		if cam.opens.Load() != 1 || l.Stats().Frames > pictures+1 {
			t.Errorf("glances opened the camera %d times", cam.opens.Load()-1)
		}

		sink.looked.Store(true)
		before := len(sink.shown())
		until("back", time.Second, func() bool { s := sink.shown(); return len(s) > before && s[len(s)-1] == marked })
		time.Sleep(time.Minute)
		if cam.opens.Load() != 2 || !painting() {
			t.Errorf("opened %d times while somebody looked", cam.opens.Load())
		}
		sink.looked.Store(false)
		time.Sleep(3 * time.Second) // a program that opens it anew, as browsers do
		sink.looked.Store(true)
		time.Sleep(time.Second)
		if cam.opens.Load() != 2 {
			t.Error("released although the reader came back within the debounce")
		}
		sink.looked.Store(false)
		for range 3 { // nor do glances keep it awake
			time.Sleep(2 * time.Second)
			sink.looked.Store(true)
			time.Sleep(100 * time.Millisecond)
			sink.looked.Store(false)
		}
		if !released() {
			t.Error("glances kept the camera awake")
		}
		if s := l.Stats(); s.Lost != 0 {
			t.Errorf("resting counts as lost %d times", s.Lost)
		}
	})
}

func TestUnpluggedCameraIsBackWithinTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := new(frame.Pool)
		cam, sink := &switched{camera: camera{pool: pool, takes: time.Second}}, &fakeSink{}
		cam.plugged.Store(true)
		l := running(t, Config{Open: cam.Open, Pool: pool, Sinks: []NamedSink{{"sink", sink}}})
		time.Sleep(2 * time.Second)
		for i := range 50 {
			cam.plugged.Store(false)
			time.Sleep(time.Second + time.Duration(i)*137*time.Millisecond)
			if got := string(slices.Compact(sink.forget())); !strings.HasSuffix(got, "c") {
				t.Fatalf("unplugged: shown %q, want a card at last", got)
			}
			cam.plugged.Store(true)
			time.Sleep(2 * time.Second)
			if got := string(slices.Compact(sink.forget())); !strings.HasSuffix(got, "p") {
				t.Fatalf("2 s after it was plugged in: shown %q", got)
			}
		}
		if s := l.Stats(); s.Lost != 50 {
			t.Errorf("lost %d times, want 50", s.Lost)
		}
	})
}

// While it is gone and nobody looks nothing is opened either; who comes meanwhile
// is noticed.
func TestLostCameraRestsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := new(frame.Pool)
		cam, sink := &switched{camera: camera{pool: pool}}, seen()
		cam.plugged.Store(true)
		var tries atomic.Int32
		open := func(ctx context.Context) (Source, error) {
			tries.Add(1)
			return cam.Open(ctx)
		}
		running(t, Config{Open: open, Pool: pool, Card: drawTitle, Idle: 5 * time.Second, Sinks: []NamedSink{{"virtual", sink}}})
		time.Sleep(time.Second)
		cam.plugged.Store(false)
		sink.looked.Store(false)
		time.Sleep(10 * time.Second)
		screens{sink}.since(t, "unplugged, then nobody looks", "plr")
		before := tries.Load()
		time.Sleep(time.Minute)
		if n := tries.Load() - before; n != 0 {
			t.Errorf("opened %d times while nobody looked", n)
		}
		sink.looked.Store(true)
		time.Sleep(time.Second)
		screens{sink}.since(t, "somebody looks", "l")
		cam.plugged.Store(true)
		time.Sleep(2 * time.Second)
		screens{sink}.since(t, "plugged in", "lp")
		if n := cam.opens.Load(); n != 2 {
			t.Errorf("opened %d times, want 2: now and before it was unplugged", n)
		}
	})
}

// Who comes at the last moment finds the camera open, unless it was only a glance.
func TestWhoComesJustBeforeItRestsKeepsTheCameraOn(t *testing.T) {
	for _, c := range []struct {
		comes, stays time.Duration
		open         int32 // cameras, ten seconds later
	}{
		{4850 * time.Millisecond, time.Minute, 1},
		{4950 * time.Millisecond, time.Minute, 1},
		{4850 * time.Millisecond, 200 * time.Millisecond, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			pool := new(frame.Pool)
			cam, sink := &camera{pool: pool}, &viewedSink{}
			l := running(t, Config{Open: cam.Open, Pool: pool, Idle: 5 * time.Second, Sinks: []NamedSink{{"virtual", sink}}})
			time.Sleep(c.comes)
			sink.looked.Store(true)
			time.AfterFunc(c.stays, func() { sink.looked.Store(false) })
			time.Sleep(10 * time.Second)
			if cam.opens.Load() != 1 || cam.open.Load() != c.open || l.Stats().Resting != (c.open == 0) {
				t.Errorf("one comes after %v for %v: opened %d times, %d open", c.comes, c.stays, cam.opens.Load(), cam.open.Load())
			}
		})
	}
}

// sizedSink notes the size of what it is given first, which a virtual camera keeps
// for life.
type sizedSink struct {
	viewedSink
	first atomic.Pointer[size]
}

func (s *sizedSink) Write(ctx context.Context, f *frame.Frame) error {
	s.first.CompareAndSwap(nil, &size{f.Width, f.Height})
	return s.viewedSink.Write(ctx, f)
}

func TestCardBeforeTheFirstPictureHasTheCamerasSize(t *testing.T) {
	for name, blank := range map[string]bool{"rests before it is painted": false, "switched off from the start": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pool := new(frame.Pool)
				cam, sink := &camera{pool: pool, takes: time.Second}, &sizedSink{}
				l := running(t, Config{
					Open: cam.Open, Pool: pool, Filter: markFilter{pool: pool, delay: 5 * time.Second},
					Idle: time.Second, Sinks: []NamedSink{{"virtual", sink}},
				})
				if err := l.Update(func(p *Params) { p.Blank = blank }); err != nil {
					t.Fatal(err)
				}
				time.Sleep(4 * time.Second)
				if got := sink.first.Load(); got == nil || *got != (size{4, 2}) || sink.shown()[0] != carded {
					t.Errorf("shown first: %v, of size %v, want a card of 4x2", sink.shown(), got)
				}
			})
		})
	}
}

// What is drawn, and not waited for when it fails, rests as a camera does.
func TestDemoRestsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := new(frame.Pool)
		cam, sink := &camera{pool: pool}, &viewedSink{}
		l := start(t, Config{
			Open: cam.Open, Filter: markFilter{pool: pool}, Pool: pool, Frames: 1000,
			Idle: time.Second, Sinks: []NamedSink{{"virtual", sink}},
		})
		time.AfterFunc(time.Minute, func() { sink.looked.Store(true) })
		begin := time.Now()
		if err := l.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took < time.Minute || cam.opens.Load() != 2 || cam.open.Load() != 0 {
			t.Errorf("1000 frames took %v, opened %d times", took, cam.opens.Load())
		}
	})
}

func TestCameraStaysOnForASinkThatCannotTell(t *testing.T) {
	for name, cfg := range map[string]Config{
		"a second sink":  {Idle: time.Second, Sinks: []NamedSink{{"virtual", &viewedSink{}}, {"file", &fakeSink{}}}},
		"never to rest":  {Idle: 0, Sinks: []NamedSink{{"virtual", &viewedSink{}}}},
		"somebody looks": {Idle: time.Second, Sinks: []NamedSink{{"unseen", &viewedSink{}}, {"seen", seen()}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg.Pool = new(frame.Pool)
				cam := &camera{pool: cfg.Pool}
				cfg.Open = cam.Open
				running(t, cfg)
				time.Sleep(time.Minute)
				if cam.opens.Load() != 1 || cam.open.Load() != 1 {
					t.Errorf("opened %d times", cam.opens.Load())
				}
			})
		})
	}
}

func seen() *viewedSink {
	s := &viewedSink{}
	s.looked.Store(true)
	return s
}

func TestFrozenDriverIsNoticedAndPassedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := new(frame.Pool)
		cam := &camera{pool: pool}
		frozen := make(chan struct{})
		var opened atomic.Int32
		sink := &fakeSink{}
		l := running(t, Config{
			Pool: pool, Sinks: []NamedSink{{"sink", sink}},
			Open: func(ctx context.Context) (Source, error) {
				switch opened.Add(1) {
				case 1:
					return &fakeSource{pool: pool, interval: 10 * time.Millisecond, frames: 10, end: io.EOF, hang: frozen}, nil
				case 2: // opening hangs as well
					<-frozen
					return nil, errors.New("woken")
				}
				return cam.Open(ctx)
			},
		})
		time.Sleep(100 * time.Millisecond) // ten frames, then nothing
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if s := sink.shown(); s[len(s)-1] != carded {
			t.Error("no card after 2 s of silence")
		}
		cards := len(sink.shown())
		time.Sleep(4 * time.Second)
		if n := len(sink.shown()) - cards; n < 6 {
			t.Errorf("the card was repeated %d times in 4 s", n)
		}
		time.Sleep(6 * time.Second)
		if s := sink.shown(); s[len(s)-1] != marked || l.Stats().Lost != 1 {
			t.Errorf("no picture again; lost %d times", l.Stats().Lost)
		}
		close(frozen)
	})
}

// silent opens sources of which some take long for their first frame: as long as
// the camera, opened so often, is said to.
func silent(cam *camera, first func(opened int32) time.Duration) func(context.Context) (Source, error) {
	return func(ctx context.Context) (Source, error) {
		src, err := cam.Open(ctx)
		return &lateSource{src, first(cam.opens.Load())}, err
	}
}

type lateSource struct {
	Source
	late time.Duration
}

func (s *lateSource) Read(ctx context.Context) (*frame.Frame, error) {
	if err := wait(ctx, s.late); err != nil {
		return nil, err
	}
	s.late = 0
	return s.Source.Read(ctx)
}

func TestCameraThatOpensAndStaysSilentIsOpenedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := new(frame.Pool)
		cam := &camera{pool: pool, takes: 100 * time.Millisecond}
		var asleep atomic.Int64
		l := start(t, Config{
			Open: silent(cam, func(opened int32) time.Duration {
				if opened == 2 {
					return time.Hour
				}
				return 0
			}),
			Retry: true, Filter: markFilter{pool: pool}, Pool: pool, Sinks: []NamedSink{{"sink", &fakeSink{}}},
		})
		l.wall = func() time.Time { return time.Now().Add(time.Duration(asleep.Load())) }
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- l.Run(ctx) }()
		time.Sleep(time.Second)
		asleep.Store(int64(time.Hour)) // which makes it be opened again
		for cam.opens.Load() < 2 {
			time.Sleep(10 * time.Millisecond)
		}
		begin := time.Now()
		for cam.opens.Load() < 3 {
			time.Sleep(10 * time.Millisecond)
		}
		if took := time.Since(begin); took > 2200*time.Millisecond { // silent for 1.5 s, and 0.5 s later again
			t.Errorf("opened again after %v", took)
		}
		cancel()
		<-done
	})
}

// One that takes four seconds to wake comes in the end, and then at once.
func TestSlowCameraIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := new(frame.Pool)
		cam, sink := &camera{pool: pool}, seen()
		l := running(t, Config{
			Open: silent(cam, func(int32) time.Duration { return 4 * time.Second }), Pool: pool,
			Idle: time.Second, Sinks: []NamedSink{{"virtual", sink}},
		})
		rests := func(yes bool) {
			for l.Stats().Resting != yes {
				time.Sleep(10 * time.Millisecond)
			}
		}
		for _, opens := range []int32{1, 4, 5} { // at first it has 10 s, then 1.5, 3 and 6
			sink.looked.Store(true)
			rests(false)
			time.Sleep(20 * time.Second)
			if n := cam.opens.Load(); opens != n || cam.open.Load() != 1 {
				t.Errorf("opened %d times, want %d", n, opens)
			}
			sink.looked.Store(false)
			rests(true)
		}
	})
}

// A driver that never returns keeps a thread a try.
func TestHungDriverIsNotTriedForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := new(frame.Pool)
		cam, sink := &camera{pool: pool}, &fakeSink{}
		hung := make(chan struct{})
		var opened atomic.Int32
		running(t, Config{
			Pool: pool, Sinks: []NamedSink{{"sink", sink}},
			Open: func(ctx context.Context) (Source, error) {
				if n := opened.Add(1); n == 1 {
					return &fakeSource{pool: pool, interval: 10 * time.Millisecond, frames: 10, end: io.EOF, hang: hung}, nil
				}
				select {
				case <-hung:
					return cam.Open(ctx)
				default:
				}
				<-hung
				return nil, errors.New("woken")
			},
		})
		time.Sleep(10 * time.Minute)
		if n := opened.Load(); n != hungAtMost {
			t.Errorf("opened %d times in 10 minutes, want %d", n, hungAtMost)
		}
		close(hung)
		time.Sleep(2 * time.Second)
		if s := sink.shown(); s[len(s)-1] != marked {
			t.Error("no picture 2 s after it came back")
		}
	})
}

func TestCameraIsOpenedAnewAfterSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := new(frame.Pool)
		cam, sink := &camera{pool: pool}, &fakeSink{}
		var asleep atomic.Int64
		ctx, cancel := context.WithCancel(t.Context())
		l := start(t, Config{Open: cam.Open, Retry: true, Filter: markFilter{pool: pool}, Pool: pool, Sinks: []NamedSink{{"sink", sink}}})
		l.wall = func() time.Time { return time.Now().Add(time.Duration(asleep.Load())) }
		done := make(chan error)
		go func() { done <- l.Run(ctx) }()
		time.Sleep(time.Second)
		asleep.Store(int64(8 * time.Hour))
		time.Sleep(2 * time.Second)
		if cam.opens.Load() != 2 || cam.open.Load() != 1 {
			t.Errorf("opened %d times, %d open", cam.opens.Load(), cam.open.Load())
		}
		if got := string(slices.Compact(sink.shown())); got != "pcp" {
			t.Errorf("shown %q, want pictures, a card, pictures", got)
		}
		time.Sleep(time.Minute)
		if cam.opens.Load() != 2 {
			t.Errorf("opened %d times after waking once", cam.opens.Load())
		}
		cancel()
		<-done
	})
}
