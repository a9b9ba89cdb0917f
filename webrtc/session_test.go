package webrtc

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// open counts the sessions that have not ended.
func (r *rig) open() int {
	r.sessions.mu.Lock()
	defer r.sessions.mu.Unlock()
	return r.sessions.opened[r.stream] + r.sessions.opened[r.camera]
}

func TestSessionsAreBounded(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Sessions = 2 })
	for range 2 {
		newClient(t, watch).connect(r, "/whep")
	}
	third := newClient(t, watch)
	res := r.do("POST", "/whep", third.offer(), "Content-Type: application/sdp")
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("the third of two: %s", res.Status)
	}
	r.limits.offers.SetBurst(0)
	if res := r.do("POST", "/whep", "x", "Content-Type: application/sdp"); res.StatusCode != http.StatusTooManyRequests {
		t.Errorf("too fast: %s", res.Status)
	}
}

func TestManySessionsOpenedAndDroppedLeaveNothingAndStallNobody(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds; run without -short")
	}
	r := listenRig(t, func(c *Config) { c.Sessions = 1000 })
	r.limits.offers.SetLimit(1e6)
	r.limits.offers.SetBurst(1e6)
	r.limits.connect = 8 * time.Second // in which a busy machine connects the viewer
	r.Serve(r.live)
	defer r.feed(10 * time.Millisecond)()
	viewer := newClient(t, watch)
	viewer.connect(r, "/whep")
	receive(t, "the first picture", viewer.pictures)
	offer := newClient(t, watch).offer()
	for i := range 500 {
		res := r.do("POST", "/whep", offer, "Content-Type: application/sdp")
		if res.StatusCode != http.StatusCreated {
			t.Fatalf("session %d: %s", i, res.Status)
		}
		if i%2 == 0 { // the others just stay away
			r.do("DELETE", res.Header.Get("Location"), "")
		}
		if i%50 == 0 {
			for len(viewer.pictures) > 0 {
				<-viewer.pictures
			}
			receive(t, "the viewer's picture, meanwhile", viewer.pictures)
		}
	}
	eventually(t, "the viewer's session alone is left", func() bool { return r.open() == 1 })
	late := newClient(t, watch)
	late.connect(r, "/whep")
	receive(t, "a picture, after all that", late.pictures)
}

func TestSessionThatNeverConnectsMakesRoom(t *testing.T) {
	r := listenRig(t, func(c *Config) { c.Sessions = 1 })
	r.limits.connect = time.Second
	r.Serve(r.live)
	absent := newClient(t, watch).offer()
	if res := r.do("POST", "/whep", absent, "Content-Type: application/sdp"); res.StatusCode != http.StatusCreated {
		t.Fatal(res.Status)
	}
	eventually(t, "its place is free", func() bool {
		return r.do("POST", "/whep", absent, "Content-Type: application/sdp").StatusCode == http.StatusCreated
	})
}

func TestViewerThatVanishesIsForgotten(t *testing.T) {
	r := listenRig(t, nil)
	r.network.settings.SetICETimeouts(2*time.Second, time.Second, 100*time.Millisecond)
	r.Serve(r.live)
	defer r.feed(10 * time.Millisecond)()
	n, err := NewNetwork(net.IPv4(127, 0, 0, 1), 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	n.settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4}) // a TCP connection would outlive its listener
	c := newClientOn(t, n, watch)
	c.connect(r, "/whep")
	receive(t, "a picture", c.pictures)
	if err := n.Close(); err != nil { // as if its plug was pulled
		t.Fatal(err)
	}
	eventually(t, "its session has ended", func() bool { return r.open() == 0 && r.stream.Stats().Viewers == 0 })
}

// A client that hangs up while it is answered gives its place back once, and what
// it left does not throw out the next one.
func TestClientThatHangsUpTooSoonIsCountedOnce(t *testing.T) {
	r := newRig(t, nil)
	offer := newClient(t, func(pc *webrtc.PeerConnection) { show(pc) }).offer()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		if _, _, err := r.sessions.open(gone, r.network, r.camera, mostPublishers, offer, connectWithin); err == nil {
			t.Fatal("a session for a client that is gone")
		}
		r.sessions.ending.Wait()
		if n := r.open(); n != 0 || r.camera.Publishing() {
			t.Fatalf("%d sessions are open, publishing: %v", n, r.camera.Publishing())
		}
	}
}

// Who has the watch link is anybody: guests leave places, and turns, for owners.
func TestGuestsDoNotKeepTheOwnerOut(t *testing.T) {
	const token = "sesame, sesame, open"
	r := newRig(t, func(c *Config) { c.Sessions, c.Token = ownersPlaces+2, token })
	source, err := r.Camera().Source(320, 240)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	ask := func(path, offer, token string) int {
		return r.do("POST", path, offer, "Content-Type: "+typeSDP, "Authorization: Bearer "+token).StatusCode
	}
	guest := r.guard.watchToken
	offer := newClient(t, watch).offer()
	for i, want := range []int{201, 201, 503} {
		if got := ask("/whep", offer, guest); got != want {
			t.Errorf("guest %d: %d, want %d", i+1, got, want)
		}
	}
	for range ownersPlaces {
		if got := ask("/whep", offer, token); got != 201 {
			t.Errorf("the owner, watching: %d", got)
		}
	}
	if got := ask("/whep", offer, token); got != 503 {
		t.Errorf("one too many: %d", got)
	}
	if got := ask("/whip", newClient(t, func(pc *webrtc.PeerConnection) { show(pc) }).offer(), token); got != 201 {
		t.Errorf("the owner, publishing while all places are taken: %d", got)
	}
	r.limits.guests.SetBurst(0)
	if got := ask("/whep", "x", guest); got != 429 {
		t.Errorf("guests without turns: %d", got)
	}
	if got := ask("/whep", "x", token); got == 429 {
		t.Error("guests took the owner's turns")
	}
}

func TestCandidatesOfASessionAreBounded(t *testing.T) {
	r := newRig(t, nil)
	c := newClient(t, watch)
	c.connect(r, "/whep")
	patch := func(body string) int {
		return r.do("PATCH", c.location, body, "Content-Type: "+typeTrickle, "If-Match: "+c.etag).StatusCode
	}
	half := "a=mid:0\r\n" + strings.Repeat("a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n", mostCandidates/2)
	for i, want := range []int{204, 204, 400} {
		if got := patch(half); got != want {
			t.Errorf("PATCH %d: %d, want %d", i+1, got, want)
		}
	}
	r.sessions.get(strings.TrimPrefix(c.location, "/whep/")).patches.SetBurst(0)
	if got := patch(""); got != 429 {
		t.Errorf("too fast: %d", got)
	}
}
