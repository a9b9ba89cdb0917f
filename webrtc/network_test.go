package webrtc

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

func TestICEServers(t *testing.T) {
	for in, want := range map[string]string{
		"stun:stun.example.org:3478":                      `<stun:stun.example.org:3478>; rel="ice-server"`,
		"turn:me:s%3Acret@turn.example.org?transport=tcp": `<turn:turn.example.org?transport=tcp>; rel="ice-server"; username="me"; credential="s:cret"; credential-type="password"`,
		"turns:u:p@h:5349":                                `<turns:h:5349>; rel="ice-server"; username="u"; credential="p"; credential-type="password"`,
	} {
		server, err := parseICEServer(in)
		if err != nil {
			t.Error(err)
			continue
		}
		n := &Network{iceServers: []webrtc.ICEServer{server}}
		if got := n.links()[0]; got != want {
			t.Errorf("%s\n gave %s\n want %s", in, got, want)
		}
	}
	for _, in := range []string{"", "stun:", "http://x", "turn:host", "turn:user@host", "turn:user:secret@", "stun:u:p@h"} {
		if _, err := parseICEServer(in); err == nil || strings.Contains(fmt.Sprint(err), "secret@") {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestViewerBehindAFirewallComesByTCP(t *testing.T) {
	r := newRig(t, nil)
	defer r.feed(10 * time.Millisecond)()
	n, err := newOutwardNetwork(nil)
	if err != nil {
		t.Fatal(err)
	}
	n.settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	c := newClientOn(t, n, watch)
	c.connect(r, "/whep")
	receive(t, "a picture", c.pictures)
	pair, err := c.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair.Local.Protocol != webrtc.ICEProtocolTCP {
		t.Errorf("came by %v, %v", pair, err)
	}
}

func TestTakenPortIsAnError(t *testing.T) {
	s, err := Listen(Config{Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := Listen(Config{Address: s.listener.Addr().String()}); err == nil {
		t.Error("two servers on one port")
	}
	if _, err := Listen(Config{Address: "127.0.0.1:0", MediaPort: s.network.Port()}); err == nil {
		t.Error("two servers on one media port")
	}
	for _, bad := range []string{"", "localhost", "127.0.0.1:99999", "no such host:1"} {
		if _, err := Listen(Config{Address: bad}); err == nil {
			t.Errorf("listens on %q", bad)
		}
	}
}
