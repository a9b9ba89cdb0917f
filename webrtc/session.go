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

	"golang.org/x/time/rate"
	"stylecam/filter"
)

// party is what a peer connects to: the Stream for one that watches, the Camera
// for one that publishes.
type party interface {
	// join prepares p for the answer. errBusy says that there is no room,
	// errUnread that what it sends is not wanted.
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
	errUnread = errors.New("not painted")
	errOffer  = errors.New("the offer is malformed")
	errAccept = errors.New("the offer holds no video in a codec of ours that goes the right way")
	errFull   = errors.New("too many sessions")
	errLate   = errors.New("the session took too long to be made")
)

// gatherWithin is how long our own candidates are waited for: a STUN server may
// not answer.
const gatherWithin = 3 * time.Second

// session is one WHEP or WHIP exchange, from the offer to its end. Its id and
// etag are 128 random bits: knowing the URL is the right to end it.
type session struct {
	id, etag string
	peer     *peer
	party    party
	deadline *time.Timer // ends a session that does not come to a connection

	patches *rate.Limiter

	mu         sync.Mutex
	joined     bool // the party has to be told of the end
	ended      bool
	candidates int // that the other side has told
}

// sessions are those that have not ended.
type sessions struct {
	mu     sync.Mutex
	byID   map[string]*session
	opened map[party]int // those in byID, and those being made
	closed bool
	ending sync.WaitGroup
}

func newSessions() *sessions {
	return &sessions{byID: make(map[string]*session), opened: make(map[party]int)}
}

// reserve takes one of most places at who, which the session's end gives back.
func (s *sessions) reserve(who party, most int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.opened[who] >= most {
		return errFull
	}
	s.opened[who]++
	return nil
}

// open answers an offer, if who has not given away most places; the session ends if
// it is not connected within that time.
func (s *sessions) open(ctx context.Context, n *Network, who party, most int, offer string, within time.Duration) (_ *session, answer string, err error) {
	if err := s.reserve(who, most); err != nil {
		return nil, "", err
	}
	p, err := n.newPeer(who.codecs(), startKbps, leastKbps, mostKbps(4096, 2160))
	if err != nil {
		s.release(who)
		return nil, "", err
	}
	ss := &session{id: rand.Text(), etag: rand.Text(), peer: p, party: who, patches: newPatchLimiter()}
	ss.mu.Lock() // which end waits for
	ss.deadline = time.AfterFunc(within, func() {
		_ = filter.Guard(func() error { s.end(ss); return nil })
	})
	ss.mu.Unlock()
	p.OnConnectionStateChange(func(state webrtc.PeerConnectionState) { s.changed(ss, state) })
	if answer, err = ss.negotiate(ctx, offer); err == nil {
		err = s.add(ss)
	}
	if err != nil {
		s.end(ss)
		return nil, "", err
	}
	return ss, answer, nil
}

// negotiate turns an offer into its answer. Candidates are gathered before it
// returns, so that a client need not trickle to hear ours.
func (ss *session) negotiate(ctx context.Context, offer string) (answer string, err error) {
	p := ss.peer
	if strings.Count(offer, "a=candidate:") > mostCandidates || strings.Count(offer, "\nm=") > mostSections {
		return "", fmt.Errorf("%w: more than %d candidates or %d media", errOffer, mostCandidates, mostSections)
	}
	if err := p.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", fmt.Errorf("%w: %w", errOffer, err)
	}
	if err := ss.join(); err != nil {
		return "", err
	}
	description, err := p.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errAccept, err)
	}
	if !hasVideo(description.SDP, ss.party.direction()) {
		return "", errAccept
	}
	gathered := webrtc.GatheringCompletePromise(p.PeerConnection)
	if err := p.SetLocalDescription(description); err != nil {
		return "", fmt.Errorf("%w: %w", errOffer, err)
	}
	select {
	case <-gathered:
	case <-time.After(gatherWithin):
	case <-ctx.Done():
	}
	return p.LocalDescription().SDP, ctx.Err() // a client that is gone needs no session
}

// join has the party take the peer, unless the session is over already.
func (ss *session) join() error {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.ended {
		return errLate
	}
	if err := ss.party.join(ss.peer); err != nil {
		return err
	}
	ss.joined = true
	return nil
}

// add lets the session be found.
func (s *sessions) add(ss *session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ss.mu.Lock()
	defer ss.mu.Unlock()
	switch {
	case s.closed:
		return errFull
	case ss.ended:
		return errLate
	}
	s.byID[ss.id] = ss
	return nil
}

func (s *sessions) release(who party) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened[who]--
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

// end ends a session, once, however far it came. The connection is closed beside,
// since pion may be calling us from it.
func (s *sessions) end(ss *session) {
	ss.mu.Lock()
	ended, joined := ss.ended, ss.joined
	ss.ended = true
	ss.mu.Unlock()
	if ended {
		return
	}
	ss.deadline.Stop()
	if joined {
		ss.party.left(ss.peer)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, ss.id)
	s.opened[ss.party]--
	s.ending.Go(func() { _ = filter.Guard(ss.peer.GracefulClose) })
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
