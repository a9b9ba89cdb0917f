package webrtc

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/transport/v5/vnet"
	"github.com/pion/webrtc/v4"

	"stylecam/frame"
	"stylecam/webrtc/i420"
)

// exact is an encoder that meets its rate at thirty pictures a second.
type exact struct{ fakeCodec }

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

// host is a machine in a made-up network.
func host(t *testing.T, address string) (*vnet.Net, *Network) {
	t.Helper()
	net, err := vnet.NewNet(&vnet.NetConfig{StaticIPs: []string{address}})
	if err != nil {
		t.Fatal(err)
	}
	n, err := newOutwardNetwork(nil)
	if err != nil {
		t.Fatal(err)
	}
	n.settings.SetNet(net)
	n.settings.SetIncludeLoopbackCandidate(false)
	n.settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	return net, n
}

// The network is made up and its time is synctest's, so that what a busy machine
// does to packets is not taken for congestion. All else is real: ICE, DTLS, SRTP,
// the feedback for each packet, and what is made of it.
func TestRateFollowsALinkThatNarrowsAndWidens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const wide, narrow = 20000, 800 // kbit/s
		server, serverNetwork := host(t, "10.0.0.1")
		home, homeNetwork := host(t, "10.0.0.2")
		link := vnet.NewTBFQueue(1000*wide, 3000, 20_000) // full, it holds up a packet for 200 ms where it is narrow
		modem, err := vnet.NewQueue(home, link)
		if err != nil {
			t.Fatal(err)
		}
		defer modem.Close()
		internet, err := vnet.NewRouter(&vnet.RouterConfig{CIDR: "10.0.0.0/24", MinDelay: 10 * time.Millisecond, LoggerFactory: silence})
		if err != nil {
			t.Fatal(err)
		}
		for _, nic := range []vnet.NIC{server, modem} {
			if err := internet.AddNet(nic); err != nil {
				t.Fatal(err)
			}
		}
		if err := internet.Start(); err != nil {
			t.Fatal(err)
		}
		defer internet.Stop()

		encoder := &exact{}
		stream := NewStream(slog.New(slog.DiscardHandler), VP8(func(_, _, kbps int) (Encoder, error) { return encoder, encoder.SetRate(kbps) }))
		sessions := newSessions()
		defer sessions.close()
		viewer := newClientOn(t, homeNetwork, watch)
		_, answer, err := sessions.open(t.Context(), serverNetwork, stream, 1, viewer.offer(), connectWithin)
		if err != nil {
			t.Fatal(err)
		}
		if err := viewer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
			t.Fatal(err)
		}
		// play shows n pictures, thirty a second, and returns how many came meanwhile.
		f := frame.New(640, 480)
		play := func(n int) (came int) {
			for range n {
				time.Sleep(time.Second / 30)
				f.Captured = time.Now()
				if err := stream.Write(t.Context(), f); err != nil {
					t.Fatal(err)
				}
			}
			for ; len(viewer.pictures) > 0; came++ {
				<-viewer.pictures
			}
			return came
		}
		play(5 * 30)
		if rate := encoder.rate(); rate < 2*1000 {
			t.Errorf("over a wide link: %d kbit/s", rate)
		}

		link.SetRate(1000 * narrow)
		play(2 * 30) // to notice, and until what had gathered is through
		came := 0
		for range 12 {
			came += play(30)
			if rate := encoder.rate(); rate < narrow/2 || rate > narrow*9/8 { // it probes a little above
				t.Errorf("over a link of %d kbit/s: %d", narrow, rate)
			}
		}
		if came < 12*30*98/100 {
			t.Errorf("%d of %d pictures came", came, 12*30)
		}

		link.SetRate(1000 * wide)
		if came := play(15 * 30); came < 15*30*98/100 {
			t.Errorf("over a wide link again: %d of %d pictures came", came, 15*30)
		}
		if rate := encoder.rate(); rate < 2*1000 {
			t.Errorf("over a wide link again: %d kbit/s", rate)
		}
	})
}
