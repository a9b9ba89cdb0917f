// Package frame holds the one type that flows through stylecam, the pool it is
// taken from, and the Slot that hands it from one goroutine to the next.
//
//	Source ──> Slot ──> filter ──> Slot ──> Sink
//
// Frames are counted: whoever holds one owns a reference and gives it back with
// Release; the last Release returns the pixels to the pool. Nothing here needs
// OpenCV or cgo.
package frame

import (
	"fmt"
	"sync/atomic"
	"time"
)

// Frame is one picture: 8 bits a channel, three channels in the order blue,
// green, red. Pixels are read-only to everyone but the one who took the frame
// from the pool, and to them only until they pass it on.
type Frame struct {
	Pix           []byte // rows of Stride bytes; pixel (x, y) begins at y*Stride + 3*x
	Width, Height int    // in pixels, at least 1
	Stride        int    // bytes from one row to the next, at least 3*Width

	Seq      uint64    // counts up at the source; gaps are frames that were dropped
	Captured time.Time // when the light fell in, as near as the source can tell
	Card     bool      // a notice in place of a picture: text, which no mirror may turn round

	refs atomic.Int32
	pool *Pool
}

// New returns a frame that belongs to no pool: for stills that live as long as
// the program (a backdrop, a card). Retain and Release do nothing on it.
func New(width, height int) *Frame {
	return &Frame{Pix: make([]byte, 3*width*height), Width: width, Height: height, Stride: 3 * width}
}

// Row returns the 3*Width bytes of row y.
func (f *Frame) Row(y int) []byte {
	return f.Pix[y*f.Stride : y*f.Stride+3*f.Width]
}

// Retain adds a reference, for a second holder, and returns f.
func (f *Frame) Retain() *Frame {
	if f.pool != nil && f.refs.Add(1) <= 1 {
		panic("frame: Retain of a released frame")
	}
	return f
}

// Release gives one reference back. After the last one the pixels belong to
// somebody else. Releasing more often than retained is a bug of the caller and
// panics, since the picture would tear somewhere far away.
func (f *Frame) Release() {
	if f.pool == nil {
		return
	}
	switch n := f.refs.Add(-1); {
	case n == 0:
		f.pool.put(f)
	case n < 0:
		panic("frame: released twice")
	}
}

// CopyFrom copies pixels, number, time and kind of src, which has the same size.
func (f *Frame) CopyFrom(src *Frame) {
	if f.Width != src.Width || f.Height != src.Height {
		panic(fmt.Sprintf("frame: copy of %dx%d into %dx%d", src.Width, src.Height, f.Width, f.Height))
	}
	for y := range f.Height {
		copy(f.Row(y), src.Row(y))
	}
	f.Seq, f.Captured, f.Card = src.Seq, src.Captured, src.Card
}
