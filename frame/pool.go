package frame

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Pool keeps the pixels of released frames for the next ones of the same size,
// so that a running pipeline allocates nothing. The zero value is ready; all
// methods may be called from any goroutine.
type Pool struct {
	mu    sync.Mutex
	idle  []*Frame // the longest unused first
	inUse atomic.Int64
}

// keep bounds the idle frames: a pipeline holds a handful at once, and those of a
// size that is gone (a camera that came back smaller) make room for the new ones.
const keep = 12

// Get returns a frame of the given size with one reference. Its pixels are
// whatever the last holder left.
func (p *Pool) Get(width, height int) *Frame {
	p.inUse.Add(1)
	f := p.take(width, height)
	if f == nil {
		f = New(width, height)
		f.pool = p
	}
	f.Card = false
	f.refs.Store(1)
	return f
}

func (p *Pool) take(width, height int) *Frame {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, f := range slices.Backward(p.idle) {
		if f.Width == width && f.Height == height {
			p.idle = slices.Delete(p.idle, i, i+1)
			return f
		}
	}
	return nil
}

func (p *Pool) put(f *Frame) {
	p.inUse.Add(-1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == keep {
		p.idle = slices.Delete(p.idle, 0, 1)
	}
	p.idle = append(p.idle, f)
}

// InUse tells how many frames are out: zero once everything was released.
func (p *Pool) InUse() int { return int(p.inUse.Load()) }
