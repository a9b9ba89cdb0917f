package frame

import (
	"sync"
	"sync/atomic"
)

// Pool keeps the pixels of released frames for the next ones of the same size,
// so that a running pipeline allocates nothing. The zero value is ready; all
// methods may be called from any goroutine.
type Pool struct {
	mu    sync.Mutex
	free  map[size][]*Frame
	inUse atomic.Int64
}

type size struct{ width, height int }

// keep bounds the idle frames of one size: a pipeline holds a handful at once,
// and a size that is gone (a camera that came back smaller) should not linger.
const keep = 8

// Get returns a frame of the given size with one reference. Its pixels are
// whatever the last holder left.
func (p *Pool) Get(width, height int) *Frame {
	p.inUse.Add(1)
	f := p.take(size{width, height})
	if f == nil {
		f = New(width, height)
		f.pool = p
	}
	f.Card = false
	f.refs.Store(1)
	return f
}

func (p *Pool) take(s size) *Frame {
	p.mu.Lock()
	defer p.mu.Unlock()
	idle := p.free[s]
	if len(idle) == 0 {
		return nil
	}
	f := idle[len(idle)-1]
	p.free[s] = idle[:len(idle)-1]
	return f
}

func (p *Pool) put(f *Frame) {
	p.inUse.Add(-1)
	s := size{f.Width, f.Height}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free == nil {
		p.free = make(map[size][]*Frame)
	}
	if len(p.free[s]) < keep {
		p.free[s] = append(p.free[s], f)
	}
}

// InUse tells how many frames are out: zero once everything was released.
func (p *Pool) InUse() int { return int(p.inUse.Load()) }
