package filter

import (
	"context"
	"io"
	"runtime"
	"testing"

	"stylecam/frame"
)

// Ten thousand pictures leave no more behind than the first thousand.
func TestMemoryStaysFlat(t *testing.T) {
	const width, height = 320, 180
	var pool frame.Pool
	sink := &measuringSink{first: 1000}
	l := start(t, Config{
		Open:   once(&stillSource{pool: &pool, frames: 10_000, width: width, height: height}),
		Filter: PassThrough{}, Policy: frame.Every, Pool: &pool, Sinks: []NamedSink{{"null", sink}},
	})
	if err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if sink.frames != 10_000 || pool.InUse() != 0 {
		t.Errorf("%d pictures, %d frames left behind", sink.frames, pool.InUse())
	}
	if grown := int64(heap()) - int64(sink.heap); grown > 10*3*width*height {
		t.Errorf("the heap grew by %d KiB", grown/1024)
	}
}

// stillSource yields frames without a pause.
type stillSource struct {
	pool                  *frame.Pool
	frames, width, height int
}

// measuringSink counts, and measures the heap once.
type measuringSink struct {
	frames, first int
	heap          uint64
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (s *stillSource) Read(context.Context) (*frame.Frame, error) {
	if s.frames == 0 {
		return nil, io.EOF
	}
	s.frames--
	return s.pool.Get(s.width, s.height), nil
}

func (s *measuringSink) Write(context.Context, *frame.Frame) error {
	if s.frames++; s.frames == s.first {
		s.heap = heap()
	}
	return nil
}

func (s *stillSource) Close() error   { return nil }
func (s *measuringSink) Close() error { return nil }
