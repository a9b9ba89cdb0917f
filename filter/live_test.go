package filter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stylecam/frame"
)

// The tests run in synctest's bubble: its clock moves only when every goroutine
// waits, so that seconds of waiting cost nothing and come out exact, and a
// goroutine left behind fails the test.

// fakeSource yields frames of 4x2, one each interval.
type fakeSource struct {
	pool     *frame.Pool
	interval time.Duration
	frames   int           // then end
	end      error         // what the last Read returns
	hang     chan struct{} // if set, the last Read waits for it instead
	seq      uint64
	closed   chan struct{}
}

func (s *fakeSource) Read(ctx context.Context) (*frame.Frame, error) {
	if int(s.seq) == s.frames {
		if s.hang != nil {
			<-s.hang
		}
		return nil, s.end
	}
	select {
	case <-time.After(s.interval):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	f := s.pool.Get(4, 2)
	clear(f.Pix)
	f.Seq, f.Captured = s.seq, time.Now()
	s.seq++
	return f, nil
}

func (s *fakeSource) Close() error {
	if s.closed != nil {
		close(s.closed)
	}
	return nil
}

// fakeSink notes what it was given.
type fakeSink struct {
	mu     sync.Mutex
	seqs   []uint64
	marks  []byte // first byte of each picture
	delay  time.Duration
	fail   func(n int) error
	closed int

	aborted atomic.Bool
}

func (s *fakeSink) Write(ctx context.Context, f *frame.Frame) error {
	time.Sleep(s.delay)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(len(s.seqs)); err != nil {
			return err
		}
	}
	s.seqs = append(s.seqs, f.Seq)
	s.marks = append(s.marks, f.Pix[0])
	return nil
}

func (s *fakeSink) Abort()       { s.aborted.Store(true) }
func (s *fakeSink) Close() error { s.closed++; return nil }

func (s *fakeSink) shown() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.marks)
}

// Marks that the fakes leave in a picture's first byte.
const (
	marked = 'p' // went through markFilter
	carded = 'c' // is a card
)

// markFilter paints a mark, and takes its time.
type markFilter struct {
	pool  *frame.Pool
	delay time.Duration
	fail  func(seq uint64) error
}

func (m markFilter) Apply(_ context.Context, f *frame.Frame, _ *Params, t *Trace) (*frame.Frame, error) {
	start := time.Now()
	time.Sleep(m.delay)
	t.Lap(StagePaint, start)
	if m.fail != nil {
		if err := m.fail(f.Seq); err != nil {
			return nil, err
		}
	}
	out := m.pool.Get(f.Width, f.Height)
	out.CopyFrom(f)
	out.Pix[0] = marked
	return out, nil
}

func drawCard(dst *frame.Frame, _, _ string) { dst.Pix[0] = carded }

// once opens src the first time and fails afterwards.
func once(src Source) func(context.Context) (Source, error) {
	return func(context.Context) (Source, error) {
		if src == nil {
			return nil, errors.New("opened twice")
		}
		s := src
		src = nil
		return s, nil
	}
}

func start(t *testing.T, cfg Config) *Live {
	t.Helper()
	cfg.Params = Defaults("any")
	if cfg.Card == nil {
		cfg.Card = drawCard
	}
	l, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestOfflineEveryFrameInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pool frame.Pool
		slow, fast := &fakeSink{delay: 50 * time.Millisecond}, &fakeSink{}
		l := start(t, Config{
			Open:   once(&fakeSource{pool: &pool, frames: 100, end: io.EOF}),
			Filter: markFilter{pool: &pool}, Policy: frame.Every, Pool: &pool,
			Sinks: []NamedSink{{"slow", slow}, {"fast", fast}},
		})
		if err := l.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		for name, s := range map[string]*fakeSink{"slow": slow, "fast": fast} {
			if len(s.seqs) != 100 || !slices.IsSorted(s.seqs) || s.closed != 1 || s.aborted.Load() {
				t.Errorf("%s sink saw %d frames, closed %d times, aborted %t", name, len(s.seqs), s.closed, s.aborted.Load())
			}
		}
		if pool.InUse() != 0 {
			t.Errorf("%d frames left behind", pool.InUse())
		}
		if s := l.Stats(); s.Frames != 100 || s.Drops != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestLiveNewestWinsAndSlowSinkSlowsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pool frame.Pool
		slow, fast := &fakeSink{delay: time.Second}, &fakeSink{}
		l := start(t, Config{
			Open:   once(&fakeSource{pool: &pool, interval: 10 * time.Millisecond, frames: 300, end: io.EOF}),
			Filter: markFilter{pool: &pool, delay: 25 * time.Millisecond}, Pool: &pool,
			Sinks: []NamedSink{{"slow", slow}, {"fast", fast}},
		})
		if err := l.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := l.Stats()
		if s.Frames+s.Drops != 300 || s.Drops < 150 {
			t.Errorf("%d made and %d dropped of 300", s.Frames, s.Drops)
		}
		if len(fast.seqs) != int(s.Frames) || s.Sinks[1].Drops != 0 {
			t.Errorf("the fast sink saw %d of %d", len(fast.seqs), s.Frames)
		}
		if len(slow.seqs) > 5 || s.Sinks[0].Drops == 0 {
			t.Errorf("the slow sink saw %d, dropped %d", len(slow.seqs), s.Sinks[0].Drops)
		}
		if age := s.Sinks[1].Age.P50; age < 25*time.Millisecond || age > 50*time.Millisecond {
			t.Errorf("age at the fast sink %v", age)
		}
		if p := s.Stages["paint"].P50; p != 25*time.Millisecond {
			t.Errorf("paint took %v, want 25ms", p)
		}
		if pool.InUse() != 0 {
			t.Errorf("%d frames left behind", pool.InUse())
		}
	})
}

func TestFrameLimitAndInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pool frame.Pool
		sink := &fakeSink{}
		cfg := Config{
			Open: func(context.Context) (Source, error) {
				return &fakeSource{pool: &pool, interval: time.Millisecond, frames: -1}, nil
			},
			Filter: PassThrough{}, Pool: &pool, Frames: 7, Sinks: []NamedSink{{"sink", sink}},
		}
		if err := start(t, cfg).Run(t.Context()); err != nil {
			t.Errorf("limited run: %v", err)
		}
		if n := sink.seqs; len(n) != 7 {
			t.Errorf("%d frames, want 7", len(n))
		}

		cfg.Frames, sink.closed = 0, 0
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := start(t, cfg).Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("interrupted run: %v", err)
		}
		if sink.closed != 1 || pool.InUse() != 0 {
			t.Errorf("closed %d times, %d frames left behind", sink.closed, pool.InUse())
		}
	})
}

func TestLostCameraShowsACardAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pool frame.Pool
		opened := 0
		sink := &fakeSink{}
		l := start(t, Config{
			Open: func(context.Context) (Source, error) {
				switch opened++; opened {
				case 1:
					return &fakeSource{pool: &pool, interval: 10 * time.Millisecond, frames: 5, end: errors.New("unplugged")}, nil
				case 2, 3:
					return nil, errors.New("no such device")
				}
				return &fakeSource{pool: &pool, interval: 10 * time.Millisecond, frames: -1}, nil
			},
			Retry: true, Filter: markFilter{pool: &pool}, Pool: &pool, Frames: 10, Sinks: []NamedSink{{"sink", sink}},
		})
		begin := time.Now()
		if err := l.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := string(slices.Compact(sink.shown())); got != "pcp" {
			t.Errorf("pictures and cards came as %q, want pictures, cards, pictures", got)
		}
		if !slices.IsSorted(sink.seqs) {
			t.Errorf("numbers went back: %v", sink.seqs)
		}
		if s := l.Stats(); s.Lost != 1 {
			t.Errorf("lost %d times, want 1", s.Lost)
		}
		if took := time.Since(begin); took > 2*time.Second+100*time.Millisecond {
			t.Errorf("back after %v, want within 2 s", took)
		}
		if pool.InUse() != 0 {
			t.Errorf("%d frames left behind", pool.InUse())
		}
	})
}

func TestHangingReadIsAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pool frame.Pool
		hung := &fakeSource{pool: &pool, frames: 1, end: io.EOF, hang: make(chan struct{}), closed: make(chan struct{})}
		sources := []Source{hung, &fakeSource{pool: &pool, frames: 3, end: io.EOF}}
		sink := &fakeSink{}
		l := start(t, Config{
			Open: func(context.Context) (Source, error) {
				s := sources[0]
				sources = sources[1:]
				return s, nil
			},
			Retry: true, Filter: markFilter{pool: &pool}, Pool: &pool, Sinks: []NamedSink{{"sink", sink}},
		})
		if err := l.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if l.Stats().Lost != 1 || !slices.Contains(sink.shown(), carded) {
			t.Errorf("lost %d, shown %q", l.Stats().Lost, sink.shown())
		}
		close(hung.hang) // the driver wakes at last: its source is closed then
		<-hung.closed
	})
}

func TestFileThatFailsEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pool frame.Pool
		broken := fmt.Errorf("%w: cut short", ErrInput)
		sink := &fakeSink{}
		l := start(t, Config{
			Open:   once(&fakeSource{pool: &pool, frames: 3, end: broken}),
			Filter: markFilter{pool: &pool}, Policy: frame.Every, Pool: &pool, Sinks: []NamedSink{{"sink", sink}},
		})
		if err := l.Run(t.Context()); !errors.Is(err, ErrInput) {
			t.Errorf("got %v, want %v", err, broken)
		}
		if !sink.aborted.Load() {
			t.Error("half a file is kept")
		}
	})
}

func TestCameraThatNeverOpenedIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pool frame.Pool
		l := start(t, Config{
			Open:  func(context.Context) (Source, error) { return nil, ErrMissing },
			Retry: true, Filter: PassThrough{}, Pool: &pool, Sinks: []NamedSink{{"sink", &fakeSink{}}},
		})
		if err := l.Run(t.Context()); !errors.Is(err, ErrMissing) {
			t.Errorf("got %v, want %v", err, ErrMissing)
		}
	})
}

func TestFailingFilter(t *testing.T) {
	boom := errors.New("boom")
	tests := []struct {
		name   string
		policy frame.Policy
		fail   func(seq uint64) error
		show   bool
		want   error
		shown  string // with repeats removed
	}{
		{"never worked: the run ends", frame.Newest, func(uint64) error { return boom }, false, boom, ""},
		{"offline: the run ends", frame.Every, func(seq uint64) error {
			if seq == 2 {
				return boom
			}
			return nil
		}, false, boom, "p"},
		{"live: a card, never the raw picture", frame.Newest, func(seq uint64) error {
			if seq == 2 {
				return boom
			}
			return nil
		}, false, nil, "pcp"},
		{"live, asked for: the original", frame.Newest, func(seq uint64) error {
			if seq == 2 {
				return boom
			}
			return nil
		}, true, nil, "p\x00p"},
		{"a panic that is there from the first is an error", frame.Newest, func(uint64) error { panic("Mat is empty") }, false, nil, ""},
		{"live, a panic of a library is a failure as others", frame.Newest, func(seq uint64) error {
			if seq == 2 {
				panic("Mat is empty")
			}
			return nil
		}, false, nil, "pcp"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var pool frame.Pool
				sink := &fakeSink{}
				l := start(t, Config{
					Open:   once(&fakeSource{pool: &pool, interval: time.Millisecond, frames: 6, end: io.EOF}),
					Filter: markFilter{pool: &pool, fail: tt.fail}, Policy: tt.policy, Pool: &pool,
					ShowOriginal: tt.show, Sinks: []NamedSink{{"sink", sink}},
				})
				err := l.Run(t.Context())
				if tt.want != nil && !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				if got := string(slices.Compact(sink.shown())); got != tt.shown {
					t.Errorf("shown %q, want %q", got, tt.shown)
				}
				if err == nil && l.Stats().Failures != 1 {
					t.Errorf("%d failures counted, want 1", l.Stats().Failures)
				}
				if pool.InUse() != 0 {
					t.Errorf("%d frames left behind", pool.InUse())
				}
			})
		})
	}
}

func TestSinkThatFails(t *testing.T) {
	full := errors.New("disk full")
	failAt3 := func(err error) func(int) error {
		return func(n int) error {
			if n == 3 {
				return err
			}
			return nil
		}
	}
	tests := []struct {
		name   string
		policy frame.Policy
		err    error
		other  bool
		want   error
		frames uint64 // at least
	}{
		{"the only one ends the run", frame.Newest, full, false, full, 3},
		{"live, the others go on", frame.Newest, full, true, full, 20},
		{"offline, all end", frame.Every, full, true, full, 3},
		{"closed by its reader ends the run well", frame.Newest, ErrClosed, true, nil, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var pool frame.Pool
				sinks := []NamedSink{{"failing", &fakeSink{fail: failAt3(tt.err)}}}
				if tt.other {
					sinks = append(sinks, NamedSink{"other", &fakeSink{}})
				}
				l := start(t, Config{
					Open:   once(&fakeSource{pool: &pool, interval: time.Millisecond, frames: 20, end: io.EOF}),
					Filter: markFilter{pool: &pool}, Policy: tt.policy, Pool: &pool, Sinks: sinks,
				})
				if err := l.Run(t.Context()); !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				if n := l.Stats().Frames; n < tt.frames {
					t.Errorf("%d pictures made, want at least %d", n, tt.frames)
				}
				for _, s := range l.Stats().Sinks {
					if left := s.Name == "failing" && errors.Is(tt.err, ErrClosed); s.Left != left {
						t.Errorf("%s: its reader left: %t", s.Name, s.Left)
					}
				}
				if pool.InUse() != 0 {
					t.Errorf("%d frames left behind", pool.InUse())
				}
			})
		})
	}
}

func TestSinkThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pool frame.Pool
		panics := func(n int) error {
			if n == 3 {
				panic("Mat is empty")
			}
			return nil
		}
		l := start(t, Config{
			Open:   once(&fakeSource{pool: &pool, interval: time.Millisecond, frames: 20, end: io.EOF}),
			Filter: markFilter{pool: &pool}, Pool: &pool,
			Sinks: []NamedSink{{"failing", &fakeSink{fail: panics}}, {"other", &fakeSink{}}},
		})
		var failed *SinkError
		if err := l.Run(t.Context()); !errors.As(err, &failed) || failed.Name != "failing" {
			t.Errorf("got %v, want the sink's failure", err)
		}
		if n := l.Stats().Frames; n < 20 {
			t.Errorf("%d pictures made, want 20: the other sink goes on", n)
		}
		if pool.InUse() != 0 {
			t.Errorf("%d frames left behind", pool.InUse())
		}
	})
}

func TestSettingsAreRefusedWhole(t *testing.T) {
	l := start(t, Config{Filter: PassThrough{}, Pool: new(frame.Pool), Check: func(p *Params) error {
		if p.Style[0].Name == "unknown" {
			return ErrInput
		}
		return nil
	}})
	before := l.Params()
	for name, change := range map[string]func(*Params){
		"alpha out of range": func(p *Params) { p.Feather, p.Person.Low = 9, 9 },
		"unknown style":      func(p *Params) { p.Feather, p.Style = 9, Mix{{"unknown", 1}} },
	} {
		if err := l.Update(change); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if l.Params().Feather != before.Feather {
		t.Error("a refused change took effect in part")
	}
}
