package webrtc

import (
	"fmt"
	"net"
	"runtime"
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

// Media goes where the page is, and nowhere else.
func TestMediaOpensOnTheAddressThatWasGiven(t *testing.T) {
	ip := outwardAddress()
	if ip == "localhost" {
		t.Skip("this machine has no address but loopback")
	}
	r := newRig(t, func(c *Config) { c.Address, c.Token = net.JoinHostPort(ip, "0"), "sesame, sesame, open" })
	loopback := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: r.network.Port()}
	free, err := net.ListenUDP("udp4", loopback)
	if err != nil {
		t.Fatalf("media is on loopback too: %v", err)
	}
	_ = free.Close()
	if conn, err := net.Dial("tcp", loopback.String()); err == nil {
		_ = conn.Close()
		t.Error("media is on loopback too, by TCP")
	}
	res := r.do("POST", "/whep", newClient(t, watch).offer(), "Content-Type: "+typeSDP, "Authorization: Bearer sesame, sesame, open")
	candidates := 0
	for line := range strings.Lines(text(res)) {
		if strings.HasPrefix(line, "a=candidate:") {
			candidates++
			if strings.Fields(line)[4] != ip {
				t.Errorf("tells of %s", line)
			}
		}
	}
	if candidates == 0 {
		t.Errorf("%s tells of no candidate", res.Status)
	}
}

// A guest's candidates are no orders to connect to something.
func TestServerConnectsToNobodyByTCP(t *testing.T) {
	trap, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer trap.Close()
	caught := make(chan struct{})
	go func() {
		defer close(caught)
		if conn, err := trap.Accept(); err == nil {
			t.Error("the server connected to an address of the offer")
			_ = conn.Close()
		}
	}()
	r := newRig(t, nil)
	defer r.feed(10 * time.Millisecond)()
	c := newClient(t, watch)
	c.connect(r, "/whep")
	candidate := fmt.Sprintf("a=mid:0\r\na=candidate:9 1 tcp 1675624447 127.0.0.1 %d typ host tcptype passive\r\n", trap.Addr().(*net.TCPAddr).Port)
	if res := r.do("PATCH", c.location, candidate, "Content-Type: "+typeTrickle, "If-Match: "+c.etag); res.StatusCode != 204 {
		t.Fatal(res.Status)
	}
	receive(t, "a picture", c.pictures)
	for range 100 { // of a second: time to connect
		receive(t, "a picture", c.pictures)
	}
	_ = trap.Close()
	<-caught
}

// Media connections beyond the bound are not even looked at.
func TestMediaConnectionsAreBounded(t *testing.T) {
	r := newRig(t, nil)
	before := runtime.NumGoroutine()
	for range mostConnections + 64 {
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(r.network.Port())))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	const each = 1   // goroutine of a connection that says nothing
	const other = 32 // goroutines may come and go meanwhile
	eventually(t, "as many as may are taken", func() bool { return runtime.NumGoroutine() >= before+each*mostConnections-other })
	if res := r.do("GET", "/healthz", ""); res.StatusCode != 200 {
		t.Error(res.Status)
	}
	if n := runtime.NumGoroutine() - before; n > each*mostConnections+other {
		t.Errorf("%d goroutines for %d connections of which %d may be taken", n, mostConnections+64, mostConnections)
	}
}
