package frame

import (
	"context"
	"io"
	"sync/atomic"
)

// Policy says what a Slot does when a frame comes before the last one was taken.
type Policy int

const (
	// Newest drops the older frame: live, where a late picture is worth nothing.
	Newest Policy = iota
	// Every makes the producer wait: files, where each frame counts.
	Every
)

// Slot hands frames from one producer to one consumer and holds at most one.
//
// Put and Close are the producer's, Take and Drain the consumer's.
type Slot struct {
	policy Policy
	ch     chan *Frame
	drops  atomic.Uint64
}

// NewSlot returns an empty slot.
func NewSlot(p Policy) *Slot {
	return &Slot{policy: p, ch: make(chan *Frame, 1)}
}

// Put passes on the caller's reference to f, whatever it returns. With Newest it
// never waits; with Every it waits for room and returns ctx's error if that ends
// first.
func (s *Slot) Put(ctx context.Context, f *Frame) error {
	if s.policy == Every {
		select {
		case s.ch <- f:
			return nil
		case <-ctx.Done():
			f.Release()
			return ctx.Err()
		}
	}
	for {
		select {
		case s.ch <- f:
			return nil
		default:
		}
		select {
		case old := <-s.ch:
			old.Release()
			s.drops.Add(1)
		default: // the consumer took it just now
		}
	}
}

// Take returns the waiting frame, or waits for one; the caller owns the
// reference. After Close and the last frame it returns io.EOF, and ctx's error
// if that ends first.
func (s *Slot) Take(ctx context.Context) (*Frame, error) {
	select {
	case f, ok := <-s.ch:
		if !ok {
			return nil, io.EOF
		}
		return f, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Close says that no frame follows.
func (s *Slot) Close() { close(s.ch) }

// Drain releases what was put and never taken, and returns after Close.
func (s *Slot) Drain() {
	for f := range s.ch {
		f.Release()
	}
}

// Drops counts the frames that a newer one replaced.
func (s *Slot) Drops() uint64 { return s.drops.Load() }
