package webrtc

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"stylecam/frame"
	"stylecam/webrtc/i420"
)

// narrows is a link of limited rate between a client and the server, which is all
// that either knows of the other:
//
//	client <── at kbps, a queue of queueTime, then loss ── narrows <── server
//	client ────────────────── as it comes ───────────────> narrows ──> server
type narrows struct {
	kbps    atomic.Int64
	sent    atomic.Int64 // packets to the client
	dropped atomic.Int64
	client  *net.UDPConn // where the client sends to
	server  *net.UDPConn // connected to the server
	peer    atomic.Pointer[net.UDPAddr]
	queue   chan queued
	done    sync.WaitGroup
}

type queued struct {
	packet []byte
	due    time.Time
}

// queueTime is how long a packet may wait in a narrows: a home router's.
const queueTime = 200 * time.Millisecond

func newNarrows(t *testing.T, server int, kbps int64) *narrows {
	t.Helper()
	here := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	client, err := net.ListenUDP("udp4", here)
	if err != nil {
		t.Fatal(err)
	}
	toServer, err := net.DialUDP("udp4", here, &net.UDPAddr{IP: here.IP, Port: server})
	if err != nil {
		t.Fatal(err)
	}
	n := &narrows{client: client, server: toServer, queue: make(chan queued, 10000)}
	n.kbps.Store(kbps)
	n.done.Go(n.up)
	n.done.Go(n.down)
	n.done.Go(n.deliver)
	t.Cleanup(func() { _ = client.Close(); _ = toServer.Close(); n.done.Wait() })
	return n
}

func (n *narrows) up() {
	packet := make([]byte, 2000)
	for {
		size, from, err := n.client.ReadFromUDP(packet)
		if err != nil {
			return
		}
		n.peer.Store(from)
		_, _ = n.server.Write(packet[:size])
	}
}

// down computes when each packet is through, so that a test's machine, busy as it
// may be, takes nothing from the rate.
func (n *narrows) down() {
	defer close(n.queue)
	packet := make([]byte, 2000)
	var free time.Time // when the link is
	for {
		size, err := n.server.Read(packet)
		if err != nil {
			return
		}
		now := time.Now()
		if free.Before(now) {
			free = now
		}
		if free.Sub(now) > queueTime {
			n.dropped.Add(1)
			continue
		}
		free = free.Add(time.Duration(8*size) * time.Millisecond / time.Duration(n.kbps.Load()))
		n.queue <- queued{append([]byte(nil), packet[:size]...), free}
	}
}

func (n *narrows) deliver() {
	for q := range n.queue {
		time.Sleep(time.Until(q.due))
		n.sent.Add(1)
		_, _ = n.client.WriteToUDP(q.packet, n.peer.Load())
	}
}

// loss is the share of packets dropped since the last call.
func (n *narrows) loss() float64 {
	dropped, sent := n.dropped.Swap(0), n.sent.Swap(0)
	return float64(dropped) / float64(max(1, dropped+sent))
}

var candidates = regexp.MustCompile(`a=(candidate:.*|end-of-candidates)\r\n`)

// connectThrough connects a viewer that the server cannot see, nor it the server.
func (c *client) connectThrough(r *rig, port int) {
	c.t.Helper()
	res := r.do("POST", "/whep", candidates.ReplaceAllString(c.offer(), ""), "Content-Type: application/sdp")
	answer := text(res)
	if res.StatusCode != 201 {
		c.t.Fatalf("%s: %s", res.Status, answer)
	}
	answer = candidates.ReplaceAllString(answer, "")
	answer = strings.TrimRight(answer, "\r\n") + fmt.Sprintf("\r\na=candidate:1 1 udp 2130706431 127.0.0.1 %d typ host\r\na=end-of-candidates\r\n", port)
	if err := c.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		c.t.Fatal(err)
	}
}

// exact is an encoder that meets its rate at thirty pictures a second.
type exact struct {
	fakeCodec
}

func (e *exact) Encode(p *i420.Picture, pts int64, key bool) ([]byte, bool, error) {
	data, isKey, err := e.fakeCodec.Encode(p, pts, key)
	e.mu.Lock()
	defer e.mu.Unlock()
	return append(data[:20:20], make([]byte, e.kbps*1000/8/30-20)...), isKey, err
}

func (e *exact) rate() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.kbps
}

func TestRateFollowsALinkThatNarrowsAndWidens(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a quarter of a minute; run without -short")
	}
	const wide, narrow = 20000, 800 // kbit/s
	encoder := &exact{}
	r := newRig(t, func(c *Config) {
		c.Codecs = []Codec{VP8(func(_, _, kbps int) (Encoder, error) { return encoder, encoder.SetRate(kbps) })}
	})
	link := newNarrows(t, r.network.Port(), wide)
	viewer := newClient(t, watch)
	viewer.connectThrough(r, link.client.LocalAddr().(*net.UDPAddr).Port)
	ctx, cancel := context.WithCancel(t.Context())
	var feeding sync.WaitGroup
	feeding.Go(func() {
		tick := time.NewTicker(time.Second / 30)
		defer tick.Stop()
		f := frame.New(640, 480)
		for ctx.Err() == nil {
			f.Captured = <-tick.C
			if err := r.stream.Write(ctx, f); err != nil {
				t.Error(err)
				return
			}
		}
	})
	defer func() { cancel(); feeding.Wait() }()
	watched := func(pictures int) {
		t.Helper()
		for range pictures {
			receive(t, "a picture", viewer.pictures)
		}
	}
	watched(30)
	if rate := encoder.rate(); rate <= narrow {
		t.Fatalf("over a wide link: %d kbit/s", rate)
	}

	link.kbps.Store(narrow)
	eventually(t, "the rate fits the narrow link", func() bool { return encoder.rate() <= narrow })
	watched(30) // until what had gathered in the queue is through
	link.loss()
	watched(150)
	if loss := link.loss(); loss > 0.02 {
		t.Errorf("%.1f %% of the packets were lost in a link that the rate is known of", 100*loss)
	}
	settled := encoder.rate()
	if settled < leastKbps || settled > narrow*5/4 { // it probes a little above
		t.Errorf("over a link of %d kbit/s: %d", narrow, settled)
	}

	link.kbps.Store(wide)
	for range 20 {
		watched(30)
		if encoder.rate() > settled*5/4 {
			return
		}
	}
	t.Errorf("over a wide link again: still %d kbit/s", encoder.rate())
}
