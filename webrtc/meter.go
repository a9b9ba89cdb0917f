package webrtc

import (
	"time"
)

// StreamStats is what a stream has sent.
type StreamStats struct {
	Viewers   int     `json:"viewers"`
	Frames    uint64  `json:"frames"`     // encoded, ever
	KeyFrames uint64  `json:"key_frames"` // of them
	Bytes     uint64  `json:"bytes"`      // coded, ever; each viewer gets them all
	Kbps      int     `json:"kbps"`       // coded in the last second
	FPS       float64 `json:"fps"`        // encoded in the last second
	EncodeMs  float64 `json:"encode_ms"`  // conversion and coding, mean of the last second
}

// meter sums up what is encoded, and speaks of the last whole second.
type meter struct {
	total, second StreamStats
	busy          time.Duration // in this second
	since         time.Time
}

func (m *meter) add(bytes int, key bool, took time.Duration) {
	m.roll(time.Now())
	m.total.Frames++
	m.total.Bytes += uint64(bytes)
	if key {
		m.total.KeyFrames++
	}
	m.second.Frames++
	m.second.Bytes += uint64(bytes)
	m.busy += took
}

// roll ends the second, when it is over.
func (m *meter) roll(now time.Time) {
	d := now.Sub(m.since)
	if d < time.Second {
		return
	}
	m.total.Kbps = int(float64(8*m.second.Bytes) / d.Seconds() / 1000)
	m.total.FPS = float64(m.second.Frames) / d.Seconds()
	m.total.EncodeMs = 0
	if m.second.Frames > 0 {
		m.total.EncodeMs = m.busy.Seconds() * 1000 / float64(m.second.Frames)
	}
	m.second, m.busy, m.since = StreamStats{}, 0, now
}

// Stats returns what was sent so far.
func (s *Stream) Stats() StreamStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meter.roll(time.Now())
	stats := s.meter.total
	stats.Viewers = len(s.peers)
	return stats
}
