package webrtc

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"sync"
	"time"

	"stylecam/filter"
	"stylecam/webrtc/i420"
)

// fakeCodec stands in for VP8: a picture is its first byte of luma and its size,
// behind VP8's mark of a key frame. What is tested here is everything else.
type fakeCodec struct {
	mu    sync.Mutex
	size  [2]int
	kbps  int
	coded int
	keys  int

	opened, closed int
}

func (c *fakeCodec) Encode(p *i420.Picture, _ int64, key bool) ([]byte, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	data := make([]byte, 3000) // three packets
	key = key || c.coded == 0
	if key {
		c.keys++
	} else {
		data[0] = 1 // RFC 6386, 9.1: the lowest bit is 0 for key frames
	}
	c.coded++
	data[10] = p.Pix[0]
	binary.LittleEndian.PutUint16(data[11:], uint16(p.Width))
	binary.LittleEndian.PutUint16(data[13:], uint16(p.Height))
	return data, key, nil
}

func (c *fakeCodec) Decode(data []byte, p *i420.Picture) (bool, error) {
	if len(data) < 3000 {
		return false, errors.New("no picture")
	}
	p.Resize(int(binary.LittleEndian.Uint16(data[11:])), int(binary.LittleEndian.Uint16(data[13:])))
	for i := range p.Pix {
		p.Pix[i] = data[10]
	}
	return true, nil
}

func (c *fakeCodec) SetRate(kbps int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kbps = kbps
	return nil
}

func (c *fakeCodec) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed++
}

func (c *fakeCodec) counts() (coded, keys int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.coded, c.keys
}

// fakeLive holds settings as filter.Live does.
type fakeLive struct {
	mu     sync.Mutex
	params filter.Params
}

func (l *fakeLive) Params() filter.Params {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.params
}

func (l *fakeLive) Update(change func(*filter.Params)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.params
	change(&p)
	if err := p.Validate(); err != nil {
		return err
	}
	l.params = p
	return nil
}

func (l *fakeLive) Stats() filter.Stats {
	return filter.Stats{
		Frames: 7, FPS: 29.5, Drops: 1,
		Stages: map[string]filter.Quantiles{"paint": {P50: 20 * time.Millisecond, P95: 25 * time.Millisecond, P99: 30 * time.Millisecond}},
		Sinks:  []filter.SinkStats{{Name: "webrtc", Written: 6, Drops: 1, Age: filter.Quantiles{P50: 50 * time.Millisecond}}},
	}
}

// fakeStyles is a collection in memory.
type fakeStyles struct {
	mu   sync.Mutex
	list []Style
}

func (s *fakeStyles) List() []Style {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

func (s *fakeStyles) Get(name string) (Style, bool) {
	for _, style := range s.List() {
		if style.Name == name {
			return style, true
		}
	}
	return Style{}, false
}

func (s *fakeStyles) Add(_ context.Context, name string, picture []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, Style{Name: name, Preview: picture})
	return nil
}

func (s *fakeStyles) Remove(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = slices.DeleteFunc(s.list, func(style Style) bool { return style.Name == name })
	return nil
}
