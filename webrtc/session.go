package webrtc

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// party is what a peer connects to: the Stream for one that watches, the Camera
// for one that publishes.
type party interface {
	// join prepares p for the answer. errBusy says that there is no room.
	join(p *peer) error
	// connected is told when p can be heard.
	connected(p *peer)
	// left is told, once, of a p that joined and is gone.
	left(p *peer)
	// codecs are those that the party speaks.
	codecs() []Codec
	// direction is that of the answer's video.
	direction() webrtc.RTPTransceiverDirection
}

var (
	errBusy   = errors.New("taken")
	errOffer  = errors.New("the offer is malformed")
	errAccept = errors.New("the offer holds no video in a codec of ours that goes the right way")
	errFull   = errors.New("too many sessions")
)

// connectWithin is how long a session may take from its answer to a connection.
const connectWithin = 15 * time.Second

// session is one WHEP or WHIP exchange, from the offer to its end. Its id and
// etag are 128 random bits: knowing the URL is the right to end it.
type session struct {
	id, etag string
	peer     *peer
	party    party
	deadline *time.Timer

	mu    sync.Mutex
	ended bool
}

// sessions are those that have not ended.
type sessions struct {
	mu     sync.Mutex
	byID   map[string]*session
	opened int // those in byID, and those being made
	most   int
	closed bool
	ending sync.WaitGroup
}

func newSessions(most int) *sessions {
	return &sessions{byID: make(map[string]*session), most: most}
}

// reserve takes a place, which open fills or release gives back.
func (s *sessions) reserve() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.opened >= s.most {
		return errFull
	}
	s.opened++
	return nil
}

func (s *sessions) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened--
}

// open answers an offer. Candidates are gathered before it returns, so that a
// client need not trickle to hear ours.
func (s *sessions) open(ctx context.Context, n *Network, who party, offer string) (_ *session, answer string, err error) {
	if err := s.reserve(); err != nil {
		return nil, "", err
	}
	p, err := n.newPeer(who.codecs(), startKbps, leastKbps, mostKbps(4096, 2160))
	if err != nil {
		s.release()
		return nil, "", err
	}
	ss := &session{id: rand.Text(), etag: rand.Text(), peer: p, party: who}
	joined := false
	defer func() {
		if err == nil {
			return
		}
		if joined {
			who.left(p)
		}
		_ = p.GracefulClose()
		s.release()
	}()
	if err := p.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return nil, "", fmt.Errorf("%w: %w", errOffer, err)
	}
	if err := who.join(p); err != nil {
		return nil, "", err
	}
	joined = true
	description, err := p.CreateAnswer(nil)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", errAccept, err)
	}
	if !hasVideo(description.SDP, who.direction()) {
		return nil, "", errAccept
	}
	ss.deadline = time.AfterFunc(connectWithin, func() { s.end(ss) })
	p.OnConnectionStateChange(func(state webrtc.PeerConnectionState) { s.changed(ss, state) })
	gathered := webrtc.GatheringCompletePromise(p.PeerConnection)
	if err := p.SetLocalDescription(description); err != nil {
		ss.deadline.Stop()
		return nil, "", fmt.Errorf("%w: %w", errOffer, err)
	}
	select {
	case <-gathered:
	case <-time.After(3 * time.Second): // a STUN server that does not answer
	case <-ctx.Done():
		ss.deadline.Stop()
		return nil, "", ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		ss.deadline.Stop()
		return nil, "", errFull
	}
	s.byID[ss.id] = ss
	return ss, p.LocalDescription().SDP, nil
}

// changed follows the connection.
func (s *sessions) changed(ss *session, state webrtc.PeerConnectionState) {
	switch state {
	case webrtc.PeerConnectionStateConnected:
		ss.mu.Lock()
		defer ss.mu.Unlock()
		if !ss.ended {
			ss.deadline.Stop()
			ss.party.connected(ss.peer)
		}
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		s.end(ss)
	}
}

// get finds a session that has not ended.
func (s *sessions) get(id string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byID[id]
}

// end ends a session, once. The connection is closed beside, since pion may be
// calling us from it.
func (s *sessions) end(ss *session) {
	ss.mu.Lock()
	ended := ss.ended
	ss.ended = true
	ss.mu.Unlock()
	if ended {
		return
	}
	ss.deadline.Stop()
	ss.party.left(ss.peer)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, ss.id)
	s.opened--
	s.ending.Go(func() { _ = ss.peer.GracefulClose() })
}

// close ends all sessions and waits for their connections.
func (s *sessions) close() {
	s.mu.Lock()
	s.closed = true
	var all []*session
	for _, ss := range s.byID {
		all = append(all, ss)
	}
	s.mu.Unlock()
	for _, ss := range all {
		s.end(ss)
	}
	s.ending.Wait()
}

// hasVideo tells whether a description holds video that goes the given way.
func hasVideo(description string, way webrtc.RTPTransceiverDirection) bool {
	var d sdp.SessionDescription
	if d.UnmarshalString(description) != nil {
		return false
	}
	for _, m := range d.MediaDescriptions {
		if _, ok := m.Attribute(way.String()); ok && m.MediaName.Media == "video" && m.MediaName.Port.Value != 0 {
			return true
		}
	}
	return false
}

// trickle is what a PATCH carries (RFC 8840): candidates, and whose they are.
type trickle struct {
	ufrag      string
	candidates []webrtc.ICECandidateInit
}

// mostCandidates is how many a PATCH may carry; browsers send a handful.
const mostCandidates = 64

func parseTrickle(fragment string) (trickle, error) {
	var t trickle
	mid := ""
	for line := range strings.Lines(fragment) {
		line = strings.TrimSpace(line)
		attribute, isAttribute := strings.CutPrefix(line, "a=")
		key, value, _ := strings.Cut(attribute, ":")
		switch {
		case line == "" || strings.HasPrefix(line, "m="):
		case !isAttribute:
			return t, fmt.Errorf("%q is no line of a trickle-ice-sdpfrag", clip(line))
		case key == "mid":
			mid = value
		case key == "ice-ufrag":
			t.ufrag = value
		case key == "candidate":
			if len(t.candidates) == mostCandidates {
				return t, fmt.Errorf("more than %d candidates", mostCandidates)
			}
			t.candidates = append(t.candidates, webrtc.ICECandidateInit{Candidate: attribute, SDPMid: &mid})
		}
	}
	return t, nil
}

// add gives the peer its remote's candidates.
func (ss *session) add(t trickle) error {
	for _, c := range t.candidates {
		if err := ss.peer.AddICECandidate(c); err != nil {
			return fmt.Errorf("candidate %q: %w", clip(c.Candidate), err)
		}
	}
	return nil
}

// restarts tells whether t speaks of other ICE credentials than the offer did.
func (ss *session) restarts(t trickle) bool {
	return t.ufrag != "" && !strings.Contains(ss.peer.RemoteDescription().SDP, "a=ice-ufrag:"+t.ufrag)
}

// clip keeps what a stranger sent short enough for a message.
func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
