package webrtc

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pion/webrtc/v4"
)

// trickle is what a PATCH carries (RFC 8840): candidates, and whose they are.
type trickle struct {
	ufrag      string
	candidates []webrtc.ICECandidateInit
}

// mostCandidates is how many a session may be told of: we send to each of them, and
// browsers have a handful.
const mostCandidates = 64

// mostSections is how many media an offer may have: sound, pictures, data and some more.
const mostSections = 16

func parseTrickle(fragment string) (trickle, error) {
	var t trickle
	var mid *string
	for line := range strings.Lines(fragment) {
		line = strings.TrimSpace(line)
		attribute, isAttribute := strings.CutPrefix(line, "a=")
		key, value, _ := strings.Cut(attribute, ":")
		switch {
		case line == "" || strings.HasPrefix(line, "m="):
		case !isAttribute:
			return t, fmt.Errorf("%q is no line of a trickle-ice-sdpfrag", clip(line))
		case key == "mid":
			mid = &value
		case key == "ice-ufrag":
			t.ufrag = value
		case key == "candidate":
			if len(t.candidates) == mostCandidates {
				return t, fmt.Errorf("more than %d candidates", mostCandidates)
			}
			t.candidates = append(t.candidates, webrtc.ICECandidateInit{Candidate: attribute, SDPMid: mid})
		}
	}
	return t, nil
}

// add gives the peer its remote's candidates.
func (ss *session) add(t trickle) error {
	ss.mu.Lock()
	ss.candidates += len(t.candidates)
	over := ss.candidates > mostCandidates
	ss.mu.Unlock()
	if over {
		return fmt.Errorf("more than %d candidates", mostCandidates)
	}
	for _, c := range t.candidates {
		if err := ss.peer.AddICECandidate(c); err != nil {
			return fmt.Errorf("candidate %q: %w", clip(c.Candidate), err)
		}
	}
	return nil
}

// restarts tells whether t speaks of other ICE credentials than the offer did.
func (ss *session) restarts(t trickle) bool {
	return t.ufrag != "" && !slices.Contains(strings.Fields(ss.peer.RemoteDescription().SDP), "a=ice-ufrag:"+t.ufrag)
}
