package frame

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
)

func TestPoolReusesAndCounts(t *testing.T) {
	var p Pool
	a := p.Get(4, 2)
	if len(a.Pix) != 24 || a.Stride != 12 || len(a.Row(1)) != 12 {
		t.Fatalf("4x2 frame has %d bytes, stride %d", len(a.Pix), a.Stride)
	}
	a.Retain()
	a.Release()
	if p.InUse() != 1 {
		t.Fatalf("in use %d with one reference left, want 1", p.InUse())
	}
	a.Release()
	if p.InUse() != 0 {
		t.Fatalf("in use %d after the last release, want 0", p.InUse())
	}
	if b := p.Get(4, 2); b != a {
		t.Error("the released frame was not used again")
	}
	if c := p.Get(2, 4); c == a {
		t.Error("a frame of another size was handed out")
	}
}

func TestPoolForgetsSizesThatAreGone(t *testing.T) {
	var p Pool
	old := p.Get(100, 100)
	old.Release()
	for range 2 * keep {
		frames := []*Frame{p.Get(2, 2), p.Get(2, 2), p.Get(3, 3)}
		for _, f := range frames {
			f.Release()
		}
	}
	for side := range keep { // as many sizes as the pool holds
		p.Get(side+10, 1).Release()
	}
	if f := p.Get(100, 100); f == old {
		t.Error("a frame that nobody asked for again was kept")
	}
	if len(p.idle) > keep {
		t.Errorf("%d idle frames, at most %d", len(p.idle), keep)
	}
}

func TestMisusePanics(t *testing.T) {
	for name, misuse := range map[string]func(*Frame){
		"second release":          func(f *Frame) { f.Release(); f.Release() },
		"retain after release":    func(f *Frame) { f.Release(); f.Retain() },
		"copy from another shape": func(f *Frame) { f.CopyFrom(New(3, 3)) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			var p Pool
			misuse(p.Get(2, 2))
		})
	}
}

func TestUnpooledFrameIgnoresCounting(t *testing.T) {
	f := New(1, 1)
	f.Release()
	f.Retain().Release()
}

func TestSlotNewestDropsTheOlder(t *testing.T) {
	var p Pool
	s := NewSlot(Newest)
	ctx := context.Background()
	for seq := range uint64(3) {
		f := p.Get(1, 1)
		f.Seq = seq
		if err := s.Put(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	f, err := s.Take(ctx)
	if err != nil || f.Seq != 2 {
		t.Fatalf("took %v, %v; want frame 2", f, err)
	}
	f.Release()
	if s.Drops() != 2 || p.InUse() != 0 {
		t.Errorf("drops %d, in use %d; want 2 and 0", s.Drops(), p.InUse())
	}
}

func TestSlotEveryKeepsOrder(t *testing.T) {
	var p Pool
	s := NewSlot(Every)
	ctx := context.Background()
	go func() {
		for seq := range uint64(100) {
			f := p.Get(1, 1)
			f.Seq = seq
			_ = s.Put(ctx, f)
		}
		s.Close()
	}()
	for want := range uint64(100) {
		f, err := s.Take(ctx)
		if err != nil || f.Seq != want {
			t.Fatalf("took %v, %v; want frame %d", f, err, want)
		}
		f.Release()
	}
	if _, err := s.Take(ctx); !errors.Is(err, io.EOF) {
		t.Errorf("after the last frame: %v, want io.EOF", err)
	}
	if s.Drops() != 0 || p.InUse() != 0 {
		t.Errorf("drops %d, in use %d; want none", s.Drops(), p.InUse())
	}
}

func TestSlotEndsWithContext(t *testing.T) {
	var p Pool
	s := NewSlot(Every)
	ctx, cancel := context.WithCancel(context.Background())
	if err := s.Put(ctx, p.Get(1, 1)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := s.Put(ctx, p.Get(1, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Put into a full slot: %v, want canceled", err)
	}
	s.Close()
	s.Drain()
	if p.InUse() != 0 {
		t.Errorf("%d frames left behind", p.InUse())
	}
}

func TestSlotUnderContention(t *testing.T) {
	var p Pool
	s := NewSlot(Newest)
	ctx := context.Background()
	var wg sync.WaitGroup
	wg.Go(func() {
		for seq := range uint64(10_000) {
			f := p.Get(2, 2)
			f.Seq = seq
			_ = s.Put(ctx, f)
		}
		s.Close()
	})
	var taken, last uint64
	for {
		f, err := s.Take(ctx)
		if err != nil {
			break
		}
		if f.Seq < last {
			t.Fatalf("frame %d after %d", f.Seq, last)
		}
		last = f.Seq
		f.Release()
		taken++
	}
	wg.Wait()
	if taken+s.Drops() != 10_000 || last != 9_999 || p.InUse() != 0 {
		t.Errorf("taken %d + dropped %d, last %d, in use %d", taken, s.Drops(), last, p.InUse())
	}
}
