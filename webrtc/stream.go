package webrtc

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"

	"stylecam/frame"
	"stylecam/webrtc/i420"
)

// Encoder codes pictures of one size.
type Encoder interface {
	// Encode returns the coded picture, valid until the next call, and whether it
	// is a key frame; key asks for one. pts counts 1/90000 s and grows.
	Encode(p *i420.Picture, pts int64, key bool) (data []byte, isKey bool, err error)
	SetRate(kbps int) error
	Close()
}

// NewEncoder opens an encoder.
type NewEncoder func(width, height, kbps int) (Encoder, error)

const (
	clockRate  = 90000 // of every video stream (RFC 7741)
	packetSize = 1200  // payload that fits every path's MTU, SRTP and TURN included
	leastKbps  = 300   // below, a painting is mud; the stream drops no lower

	// keyGap is the least time between two key frames, so that a roomful of
	// viewers who join at once, or lose the same packet, get one together.
	keyGap = 300 * time.Millisecond
)

// mostKbps is the most that a picture of that size is given: a painting has
// texture everywhere, so it is more than a face before a wall would take.
func mostKbps(width, height int) int { return min(1000+width*height/200, 12000) }

// Stream encodes pictures once, for all that watch. It is a filter.Sink.
type Stream struct {
	open NewEncoder

	key   atomic.Bool // somebody needs a key frame
	mu    sync.Mutex  // guards viewers and meter
	peers map[*peer]struct{}
	meter meter

	// What follows belongs to the goroutine that calls Write.
	encoder  Encoder
	picture  i420.Picture
	sending  []*peer // who gets this picture
	payload  codecs.VP8Payloader
	packet   rtp.Packet
	began    time.Time // time stamp 0
	last     int64     // time stamp of the last picture
	lastKey  time.Time
	kbps     int // the encoder's rate
	kbpsTime time.Time
}

// NewStream returns a stream that nobody watches yet.
func NewStream(open NewEncoder) *Stream {
	return &Stream{
		open:    open,
		peers:   make(map[*peer]struct{}),
		payload: codecs.VP8Payloader{EnablePictureID: true},
		packet:  rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: uint16(rand.Uint32())}},
		last:    -1,
	}
}

// join adds the picture to p's description, before the offer or answer is made.
//
// Each peer has a track of its own: pion writes a track's packets with one header
// to all its peers, and two that number the header extensions differently would
// get each other's.
func (s *Stream) join(p *peer) (err error) {
	p.track, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: clockRate}, "painting", "stylecam")
	if err != nil {
		return err
	}
	if p.RemoteDescription() != nil {
		sender, err := p.AddTrack(p.track) // the offer has a place for it
		if err == nil {
			go s.listen(sender)
		}
		return err
	}
	t, err := p.AddTransceiverFromTrack(p.track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err == nil {
		go s.listen(t.Sender())
	}
	return err
}

// Viewed tells whether anybody watches.
func (s *Stream) Viewed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.peers) > 0
}

func (s *Stream) direction() webrtc.RTPTransceiverDirection {
	return webrtc.RTPTransceiverDirectionSendonly
}

// connected counts p among the viewers: it can hear now.
func (s *Stream) connected(p *peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peers[p] = struct{}{}
	s.key.Store(true)
}

// left forgets p.
func (s *Stream) left(p *peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.peers, p)
}

// listen reads what a viewer reports, until its connection is closed.
func (s *Stream) listen(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if wantsKey(p) {
				s.key.Store(true)
			}
		}
	}
}

// Write encodes and sends f, if anybody watches.
func (s *Stream) Write(_ context.Context, f *frame.Frame) error {
	target, watched := s.target(mostKbps(f.Width, f.Height))
	if !watched {
		return nil
	}
	start := time.Now()
	if err := s.prepare(f, target); err != nil {
		return err
	}
	key := s.key.Load() && start.Sub(s.lastKey) >= keyGap
	if key {
		s.key.Store(false)
		s.lastKey = start
	}
	s.picture.FromBGR(f)
	data, isKey, err := s.encoder.Encode(&s.picture, s.stamp(f.Captured), key)
	if err != nil {
		return fmt.Errorf("stream, frame %d: %w", f.Seq, err)
	}
	took := time.Since(start)
	s.send(data)
	s.mu.Lock()
	s.meter.add(len(data), isKey, took)
	s.mu.Unlock()
	return nil
}

// prepare has an encoder ready for f's size, at the rate that the viewers bear.
func (s *Stream) prepare(f *frame.Frame, target int) error {
	if s.encoder != nil && (s.picture.Width != f.Width || s.picture.Height != f.Height) {
		s.encoder.Close()
		s.encoder = nil
	}
	now := time.Now()
	if s.encoder == nil {
		encoder, err := s.open(f.Width, f.Height, target)
		if err != nil {
			return fmt.Errorf("stream: %w", err)
		}
		s.encoder, s.kbps, s.kbpsTime = encoder, target, now
		return nil
	}
	// Down at once, up at leisure; and not for every wobble of the estimate.
	change := target - s.kbps
	if change < -s.kbps/20 || change > s.kbps/20 && now.Sub(s.kbpsTime) > time.Second {
		if err := s.encoder.SetRate(target); err != nil {
			return fmt.Errorf("stream: %w", err)
		}
		s.kbps, s.kbpsTime = target, now
	}
	return nil
}

// target is the rate that the slowest viewer bears, within bounds, in kbit/s. One
// encoder serves all, so a viewer on a bad line costs the others quality, but
// never makes them wait.
func (s *Stream) target(most int) (kbps int, watched bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kbps = most
	s.sending = s.sending[:0]
	for p := range s.peers {
		s.sending = append(s.sending, p)
		kbps = min(kbps, p.estimate.GetTargetBitrate()/1000)
	}
	return max(kbps, leastKbps), len(s.peers) > 0
}

// stamp is the time stamp of a picture captured at t. It grows even where a
// source's clock does not.
func (s *Stream) stamp(t time.Time) int64 {
	if s.began.IsZero() {
		s.began = t
	}
	// In two parts: an int64 of nanoseconds times 90000 holds a day.
	d := t.Sub(s.began)
	pts := int64(d/time.Second)*clockRate + int64(d%time.Second)*clockRate/int64(time.Second)
	s.last = max(pts, s.last+1)
	return s.last
}

// send cuts a coded picture into packets and gives them to every viewer. A viewer
// that cannot take one has left or will ask for it again.
func (s *Stream) send(data []byte) {
	payloads := s.payload.Payload(packetSize, data)
	s.packet.Timestamp = uint32(s.last)
	for i, payload := range payloads {
		s.packet.Marker = i == len(payloads)-1
		s.packet.Payload = payload
		for _, p := range s.sending {
			_ = p.track.WriteRTP(&s.packet)
		}
		s.packet.SequenceNumber++
	}
}

// Close frees the encoder.
func (s *Stream) Close() error {
	if s.encoder != nil {
		s.encoder.Close()
		s.encoder = nil
	}
	return nil
}
