package webrtc

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// client is a browser's side of a connection.
type client struct {
	*webrtc.PeerConnection
	location, etag string
	pictures, keys chan arrival // whole pictures, and the key frames among them
	t              testing.TB
}

// arrival is a fakeCodec's picture that came.
type arrival struct {
	stamp uint32 // of its RTP packets
	luma  byte   // of its first pixel
}

// newClient returns a peer that is not connected.
func newClient(t testing.TB, prepare func(*webrtc.PeerConnection)) *client {
	t.Helper()
	n, err := NewNetwork(net.IPv4(127, 0, 0, 1), 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	return newClientOn(t, n, prepare)
}

func newClientOn(t testing.TB, n *Network, prepare func(*webrtc.PeerConnection)) *client {
	t.Helper()
	p, err := n.newPeer([]Codec{VP8(nil), H264(nil)}, 1000, 100, 5000)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{PeerConnection: p.PeerConnection, pictures: make(chan arrival, 1000), keys: make(chan arrival, 1000), t: t}
	t.Cleanup(func() {
		if err := errors.Join(c.GracefulClose(), n.Close()); err != nil {
			t.Error(err)
		}
	})
	c.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		var a assembler
		for {
			packet, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			whole := a.push(packet, func(data []byte) {
				got := arrival{packet.Timestamp, data[10]}
				if data[0]&1 == 0 {
					tell(c.keys, got)
				}
				tell(c.pictures, got)
			})
			if !whole { // the server bears being asked often
				_ = c.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(track.SSRC())}})
			}
		}
	})
	prepare(p.PeerConnection)
	return c
}

func tell(ch chan arrival, v arrival) {
	select {
	case ch <- v:
	default:
	}
}

// offer returns the offer with all candidates.
func (c *client) offer() string {
	c.t.Helper()
	offer, err := c.CreateOffer(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(c.PeerConnection)
	if err := c.SetLocalDescription(offer); err != nil {
		c.t.Fatal(err)
	}
	<-gathered
	return c.LocalDescription().SDP
}

// connect posts the offer and takes the answer.
func (c *client) connect(r *rig, path string, headers ...string) {
	c.t.Helper()
	res := r.do("POST", path, c.offer(), append(headers, "Content-Type: application/sdp")...)
	answer := text(res)
	if res.StatusCode != http.StatusCreated || res.Header.Get("Content-Type") != typeSDP {
		c.t.Fatalf("POST %s: %s %s", path, res.Status, answer)
	}
	c.location, c.etag = res.Header.Get("Location"), res.Header.Get("ETag")
	if err := c.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		c.t.Fatal(err)
	}
}

// watch asks for video.
func watch(pc *webrtc.PeerConnection) {
	_, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	if err != nil {
		panic(err)
	}
}

// show offers video.
func show(pc *webrtc.PeerConnection) *outlet {
	o := &outlet{renditions: []*rendition{newRendition(VP8(nil))}}
	if _, err := pc.AddTransceiverFromTrack(o, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		panic(err)
	}
	return o
}

// publish connects a client that sends pictures of 64x48, until stop.
func publish(t testing.TB, r *rig) (c *client, stop func()) { return publishTracks(t, r, 64) }

// publishTracks sends a track of pictures of each width.
func publishTracks(t testing.TB, r *rig, widths ...int) (c *client, stop func()) {
	var outs []*outlet
	c = newClient(t, func(pc *webrtc.PeerConnection) {
		for range widths {
			outs = append(outs, show(pc))
		}
	})
	c.connect(r, "/whip")
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for i, width := range widths {
		wg.Go(func() { send(ctx, outs[i], width) })
	}
	return c, func() { cancel(); wg.Wait() }
}

// send sends pictures of a width until ctx ends.
func send(ctx context.Context, out *outlet, width int) {
	var codec fakeCodec
	r, s := out.renditions[0], NewStream(slog.New(slog.DiscardHandler))
	s.picture.Resize(width, 48)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			if b := out.bound.Load(); b != nil {
				r.viewers = []*binding{b}
			}
			data, _, _ := codec.Encode(&s.picture, 0, codec.coded%10 == 0)
			r.send(data, s.stamp(now))
		case <-ctx.Done():
			return
		}
	}
}
