package webrtc

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"stylecam/filter"
	"stylecam/frame"
	"stylecam/webrtc/i420"
)

// Stream encodes pictures once a codec, for all that watch. It is a filter.Sink.
type Stream struct {
	renditions []*rendition
	log        *slog.Logger
	ending     sync.WaitGroup // of peers whose encoder failed

	mu     sync.Mutex // guards what follows
	peers  map[*peer]struct{}
	rested bool // nobody watched since the last picture
	meter  meter

	// What follows belongs to the goroutine that calls Write.
	picture i420.Picture
	began   time.Time // time stamp 0
	last    int64     // time stamp of the last picture
}

// NewStream returns a stream that nobody watches yet, in the given codecs, the
// preferred one first. log hears of encoders that fail.
func NewStream(log *slog.Logger, codecs ...Codec) *Stream {
	s := &Stream{log: log, peers: make(map[*peer]struct{}), last: -1}
	for _, c := range codecs {
		s.renditions = append(s.renditions, newRendition(c))
	}
	return s
}

func (s *Stream) codecs() []Codec {
	var all []Codec
	for _, r := range s.renditions {
		all = append(all, r.codec)
	}
	return all
}

// join adds the picture to p's description, before the offer or answer is made.
func (s *Stream) join(p *peer) error {
	p.outlet = &outlet{renditions: s.renditions}
	if p.RemoteDescription() != nil {
		sender, err := p.AddTrack(p.outlet) // the offer has a place for it
		if err == nil {
			go s.hear(p.outlet, sender)
		}
		return err
	}
	t, err := p.AddTransceiverFromTrack(p.outlet, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err == nil {
		go s.hear(p.outlet, t.Sender())
	}
	return err
}

func (s *Stream) direction() webrtc.RTPTransceiverDirection {
	return webrtc.RTPTransceiverDirectionSendonly
}

// connected counts p among the viewers: it can hear now.
func (s *Stream) connected(p *peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peers[p] = struct{}{}
	p.outlet.askKey()
}

// left forgets p.
func (s *Stream) left(p *peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.peers, p)
	s.rested = s.rested || len(s.peers) == 0
}

// Viewed tells whether anybody watches.
func (s *Stream) Viewed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.peers) > 0
}

// hear reads what a viewer reports, until its connection is closed.
func (s *Stream) hear(o *outlet, sender *webrtc.RTPSender) {
	err := filter.Guard(func() error {
		for {
			packets, _, err := sender.ReadRTCP()
			if err != nil { // the connection has ended
				return nil
			}
			if slices.ContainsFunc(packets, wantsKey) {
				o.askKey()
			}
		}
	})
	if err != nil {
		s.log.Error("a viewer is no longer heard", "err", err)
	}
}

func wantsKey(p rtcp.Packet) bool {
	switch p.(type) {
	case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
		return true
	}
	return false
}

// Write encodes and sends f, if anybody watches. An encoder that fails ends the
// sessions of those who watch in its codec, and nothing else.
func (s *Stream) Write(_ context.Context, f *frame.Frame) error {
	if !s.assign(mostKbps(f.Width, f.Height)) {
		return nil
	}
	start := time.Now()
	s.picture.FromBGR(f)
	pts := s.stamp(f.Captured)
	for _, r := range s.renditions {
		if len(r.viewers) == 0 {
			continue
		}
		data, isKey, err := r.encode(&s.picture, pts)
		if err != nil {
			s.fail(r, fmt.Errorf("frame %d, %dx%d: %w", f.Seq, f.Width, f.Height, err))
			continue
		}
		r.failed = false
		s.mu.Lock()
		s.meter.add(len(data), isKey, time.Since(start))
		s.mu.Unlock()
		r.send(data, pts)
		start = time.Now()
	}
	return nil
}

// fail closes a rendition and the connections of those who watch it. They may come
// again, to another size of picture; what fails again at once is not told again.
func (s *Stream) fail(r *rendition, err error) {
	if !r.failed {
		s.log.Error("a codec's viewers are sent away", "codec", r.codec.capability.MimeType, "err", err)
	}
	r.failed = true
	r.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.peers {
		if b := p.outlet.bound.Load(); b != nil && b.rendition == r {
			s.ending.Go(func() { _ = filter.Guard(p.Close) }) // beside: pion tells the session, which tells us
		}
	}
}

// assign tells each rendition who gets the next picture, and at which rate: what
// the slowest of them bears, within bounds. One encoder serves all, so a viewer on
// a bad line costs the others quality, but never makes them wait. A request for a
// key frame is taken before the viewers are counted: who asks later gets the next
// one. Without a viewer an encoder is closed; after a pause, its rate control
// would start with mud.
func (s *Stream) assign(most int) (watched bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.renditions {
		clear(r.viewers) // holds nobody who has left
		r.viewers, r.target = r.viewers[:0], most
		r.keyDue = r.key.Swap(false) || r.keyDue
		if s.rested {
			r.close()
		}
	}
	s.rested = false
	for p := range s.peers {
		b := p.outlet.bound.Load()
		if b == nil {
			continue
		}
		r := b.rendition
		r.viewers = append(r.viewers, b)
		r.target = max(leastKbps, min(r.target, p.estimate.GetTargetBitrate()/1000))
		watched = true
	}
	for _, r := range s.renditions {
		if len(r.viewers) == 0 {
			r.close()
		}
	}
	return watched
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

// Close frees the encoders.
func (s *Stream) Close() error {
	s.ending.Wait()
	for _, r := range s.renditions {
		r.close()
	}
	return nil
}
