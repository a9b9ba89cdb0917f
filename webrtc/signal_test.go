package webrtc

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/cc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"stylecam/frame"
)

func TestViewerGetsPicturesFromAKeyFrameOn(t *testing.T) {
	r := newRig(t, nil)
	defer r.feed(10 * time.Millisecond)()
	c := newClient(t, watch)
	c.connect(r, "/whep")
	if !strings.HasPrefix(c.location, "/whep/") || len(c.location) < 26 || c.etag == "" {
		t.Errorf("location %q, etag %q", c.location, c.etag)
	}
	first := receive(t, "the first picture", c.pictures)
	if key := receive(t, "the first key frame", c.keys); key != first {
		t.Error("the first whole picture is no key frame")
	}
	last := first
	for range 20 {
		next := receive(t, "a picture", c.pictures)
		if d := next - last; d == 0 || d > clockRate {
			t.Fatalf("time stamps %d and %d", last, next)
		}
		last = next
	}
	if res := r.do("DELETE", c.location, ""); res.StatusCode != 200 {
		t.Errorf("DELETE: %s", res.Status)
	}
	eventually(t, "no viewer is left", func() bool { return r.stream.Stats().Viewers == 0 })
	if res := r.do("PATCH", c.location, "", "Content-Type: "+typeTrickle, "If-Match: "+c.etag); res.StatusCode != 404 {
		t.Errorf("PATCH after DELETE: %s", res.Status)
	}
}

func TestNothingIsEncodedForNobody(t *testing.T) {
	r := newRig(t, nil)
	f := frame.New(64, 48)
	for range 10 {
		if err := r.stream.Write(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	if coded, _ := r.codec.counts(); coded != 0 {
		t.Errorf("%d pictures were encoded without a viewer", coded)
	}
}

func TestKeyFrameComesOnRequestAndIsCoalesced(t *testing.T) {
	r := newRig(t, nil)
	defer r.feed(5 * time.Millisecond)()
	var viewers []*client
	for range 3 {
		c := newClient(t, watch)
		c.connect(r, "/whep")
		viewers = append(viewers, c)
	}
	for _, c := range viewers {
		receive(t, "the first key frame", c.keys)
	}
	eventually(t, "the joins' key frames are coded", func() bool { return r.stream.Stats().Viewers == 3 && !r.stream.renditions[0].key.Load() })
	_, before := r.codec.counts()
	for _, c := range viewers {
		ssrc := uint32(c.GetReceivers()[0].Track().SSRC())
		if err := c.WriteRTCP([]rtcp.Packet{
			&rtcp.PictureLossIndication{MediaSSRC: ssrc},
			&rtcp.FullIntraRequest{MediaSSRC: ssrc, FIR: []rtcp.FIREntry{{SSRC: ssrc}}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "a key frame is coded", func() bool { _, now := r.codec.counts(); return now > before })
	time.Sleep(2 * keyGap) // a second one would come in it
	if _, now := r.codec.counts(); now > before+2 {
		t.Errorf("%d key frames for six requests at once", now-before)
	}
}

func TestOneEncoderForAllAndItFollowsTheSize(t *testing.T) {
	r := newRig(t, nil)
	for range 2 {
		newClient(t, watch).connect(r, "/whep")
	}
	eventually(t, "both are counted", func() bool { return r.stream.Stats().Viewers == 2 })
	for i, size := range [][2]int{{64, 48}, {64, 48}, {32, 24}} {
		f := frame.New(size[0], size[1])
		f.Captured = time.Now()
		if err := r.stream.Write(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if coded, _ := r.codec.counts(); coded != i+1 {
			t.Errorf("%d pictures coded after %d frames for two viewers", coded, i+1)
		}
		if r.codec.size != size {
			t.Errorf("the encoder is of %v, the frame of %v", r.codec.size, size)
		}
	}
}

func TestTimeStampsAreTheFramesOwn(t *testing.T) {
	s := NewStream()
	start := time.Now()
	for _, c := range []struct {
		at   time.Duration
		want int64
	}{{0, 0}, {time.Second, 90000}, {time.Second, 90001}, {time.Second / 2, 90002}, {100 * time.Hour, 32400000000}} {
		if got := s.stamp(start.Add(c.at)); got != c.want {
			t.Errorf("%v after the first: %d, want %d", c.at, got, c.want)
		}
	}
}

func TestBrowserIsTheCamera(t *testing.T) {
	r := newRig(t, nil)
	source, err := r.Camera().Source(320, 240)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	// next reads until a frame of that width comes: 320 is the card's.
	next := func(what string, width int) {
		t.Helper()
		eventually(t, what, func() bool {
			f, err := source.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer f.Release()
			return f.Width == width
		})
	}
	next("the card, before anybody publishes", 320)
	c, stop := publish(t, r)
	defer stop()
	for range 10 {
		next("the camera's picture", 64)
	}
	second := newClient(t, func(pc *webrtc.PeerConnection) { show(pc) })
	if res := r.do("POST", "/whip", second.offer(), "Content-Type: application/sdp"); res.StatusCode != http.StatusConflict {
		t.Errorf("a second camera: %s, want 409", res.Status)
	}
	if _, err := r.Camera().Source(1, 1); err == nil {
		t.Error("two sources read one camera")
	}
	if res := r.do("DELETE", c.location, ""); res.StatusCode != 200 {
		t.Errorf("DELETE: %s", res.Status)
	}
	eventually(t, "the card, after it has gone", func() bool {
		f, err := source.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer f.Release()
		return f.Pix[0] != f.Pix[len(f.Pix)/2] || f.Pix[0] > 5 // the camera's are all black
	})
	_, stop = publish(t, r)
	stop()
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

func TestManySessionsOpenedAndDroppedLeaveNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds; run without -short")
	}
	r := newRig(t, func(c *Config) { c.Sessions = 1000 })
	r.limits.offers.SetLimit(1e6)
	r.limits.offers.SetBurst(1e6)
	offer := newClient(t, watch).offer()
	const many = 500
	for i := range many {
		res := r.do("POST", "/whep", offer, "Content-Type: application/sdp")
		if res.StatusCode != http.StatusCreated {
			t.Fatalf("session %d: %s", i, res.Status)
		}
		if i%2 == 0 { // the others are dropped, and end with the server
			r.do("DELETE", res.Header.Get("Location"), "")
		}
	}
	r.sessions.mu.Lock()
	open := r.sessions.opened
	r.sessions.mu.Unlock()
	if open > many/2 {
		t.Errorf("%d sessions are open, want at most %d", open, many/2)
	}
	defer r.feed(10 * time.Millisecond)()
	c := newClient(t, watch)
	c.connect(r, "/whep")
	receive(t, "a picture, after all that", c.pictures)
}

func TestOffersThatAreNone(t *testing.T) {
	r := newRig(t, nil)
	good := newClient(t, watch).offer()
	for name, c := range map[string]struct {
		body, contentType, accept string
		want                      int
	}{
		"text":             {"hello", typeSDP, "", 400},
		"empty":            {"", typeSDP, "", 400},
		"cut":              {good[:len(good)/2], typeSDP, "", 400},
		"no type":          {good, "", "", 415},
		"json":             {good, "application/json", "", 415},
		"wants json":       {good, typeSDP, "application/json", 406},
		"huge":             {good + strings.Repeat("a=x\r\n", 20000), typeSDP, "", 413},
		"sends":            {strings.ReplaceAll(good, "a=recvonly", "a=sendonly"), typeSDP, "", 406},
		"no codec of ours": {strings.NewReplacer("VP8/90000", "AV2/90000", "H264/90000", "H267/90000").Replace(good), typeSDP, "", 406},
	} {
		headers := []string{"Content-Type: " + c.contentType}
		if c.accept != "" {
			headers = append(headers, "Accept: "+c.accept)
		}
		if res := r.do("POST", "/whep", c.body, headers...); res.StatusCode != c.want {
			t.Errorf("%s: %s, want %d: %s", name, res.Status, c.want, text(res))
		}
	}
	if r.sessions.opened != 0 {
		t.Errorf("%d sessions are left", r.sessions.opened)
	}
}

func TestTrickle(t *testing.T) {
	r := newRig(t, nil)
	c := newClient(t, watch)
	c.connect(r, "/whep")
	candidate := "a=mid:0\r\na=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\na=end-of-candidates\r\n"
	ufrag := ""
	for line := range strings.Lines(c.LocalDescription().SDP) {
		if strings.HasPrefix(line, "a=ice-ufrag:") {
			ufrag = line
		}
	}
	for name, p := range map[string]struct {
		body, contentType, match string
		want                     int
	}{
		"candidate":          {candidate, typeTrickle, c.etag, 204},
		"with credentials":   {ufrag + "a=ice-pwd:x\r\n" + candidate, typeTrickle, c.etag, 204},
		"no etag":            {candidate, typeTrickle, "", 428},
		"wrong etag":         {candidate, typeTrickle, `"x"`, 412},
		"wrong type":         {candidate, "text/plain", c.etag, 415},
		"restart":            {"a=ice-ufrag:other\r\na=ice-pwd:x\r\n", typeTrickle, "*", 422},
		"nonsense":           {"hello", typeTrickle, c.etag, 400},
		"nonsense candidate": {"a=mid:0\r\na=candidate:x\r\n", typeTrickle, c.etag, 400},
		"too many":           {strings.Repeat(candidate, 100), typeTrickle, c.etag, 400},
		"huge":               {strings.Repeat("a=x\r\n", 20000), typeTrickle, c.etag, 413},
	} {
		headers := []string{"Content-Type: " + p.contentType}
		if p.match != "" {
			headers = append(headers, "If-Match: "+p.match)
		}
		if res := r.do("PATCH", c.location, p.body, headers...); res.StatusCode != p.want {
			t.Errorf("%s: %s, want %d: %s", name, res.Status, p.want, text(res))
		}
	}
	id := strings.TrimPrefix(c.location, "/whep/")
	if res := r.do("DELETE", "/whip/"+id, ""); res.StatusCode != 404 {
		t.Errorf("a viewer ended at /whip: %s", res.Status)
	}
	for _, method := range []string{"GET", "HEAD", "PUT", "POST"} {
		if res := r.do(method, c.location, ""); res.StatusCode != 405 || res.Header.Get("Allow") == "" {
			t.Errorf("%s of a session: %s", method, res.Status)
		}
	}
	if res := r.do("OPTIONS", "/whep", ""); res.StatusCode != 204 || res.Header.Get("Accept-Post") != typeSDP {
		t.Errorf("OPTIONS: %s %v", res.Status, res.Header)
	}
}

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

func FuzzSDP(f *testing.F) {
	f.Add("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=recvonly\r\n", "a=mid:0\r\na=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n")
	r := newRig(f, nil)
	good := newClient(f, watch).offer()
	f.Add(good, "a=ice-ufrag:x\r\n")
	f.Fuzz(func(t *testing.T, offer, fragment string) {
		session, _, err := r.sessions.open(t.Context(), r.network, r.stream, offer)
		if trickle, bad := parseTrickle(fragment); err == nil && bad == nil {
			_ = session.restarts(trickle)
			_ = session.add(trickle)
		}
		if err == nil {
			r.sessions.end(session)
		}
	})
}

func TestEachCodecIsEncodedOnlyForThoseWhoSpeakIt(t *testing.T) {
	var vp8, h264 fakeCodec
	r := newRig(t, func(c *Config) {
		c.Codecs = []Codec{
			VP8(func(int, int, int) (Encoder, error) { return &vp8, nil }),
			H264(func(int, int, int) (Encoder, error) { return &h264, nil }),
		}
	})
	defer r.feed(10 * time.Millisecond)()
	only := func(c Codec) func(*webrtc.PeerConnection) {
		return func(pc *webrtc.PeerConnection) {
			watch(pc)
			if err := pc.GetTransceivers()[0].SetCodecPreferences([]webrtc.RTPCodecParameters{{RTPCodecCapability: c.capability}}); err != nil {
				panic(err)
			}
		}
	}
	coded := func(c *fakeCodec) bool { n, _ := c.counts(); return n > 0 }
	newClient(t, only(H264(nil))).connect(r, "/whep")
	eventually(t, "H.264 is coded", func() bool { return coded(&h264) })
	if coded(&vp8) {
		t.Error("VP8 is coded, and nobody speaks it")
	}
	newClient(t, watch).connect(r, "/whep") // speaks both
	eventually(t, "VP8 is coded", func() bool { return coded(&vp8) })
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

// guess is a bandwidth estimate that a test sets.
type guess struct {
	cc.BandwidthEstimator
	kbps int
}

func (g *guess) GetTargetBitrate() int { return 1000 * g.kbps }

func TestRateFollowsTheSlowestViewerWithinBounds(t *testing.T) {
	var codec fakeCodec
	s := NewStream(VP8(func(_, _, kbps int) (Encoder, error) { codec.kbps = kbps; return &codec, nil }))
	fast, slow := &guess{kbps: 1e6}, &guess{kbps: 1e6}
	for _, g := range []*guess{fast, slow} {
		p := &peer{estimate: g, outlet: &outlet{}}
		p.outlet.bound.Store(&binding{rendition: s.renditions[0], writer: nowhere{}})
		s.connected(p)
	}
	f := frame.New(640, 480)
	most := mostKbps(640, 480)
	for _, c := range []struct {
		fast, slow, want int
		wait             time.Duration
	}{
		{9000, 9000, most, 0},
		{9000, 1000, 1000, 0},      // down at once
		{9000, 20, leastKbps, 0},   // not into mud
		{9000, 2000, leastKbps, 0}, // up at leisure
		{9000, 2000, 2000, 1100 * time.Millisecond},
		{9000, 2040, 2000, 0}, // not for every wobble
	} {
		fast.kbps, slow.kbps = c.fast, c.slow
		s.renditions[0].changed = s.renditions[0].changed.Add(-c.wait)
		f.Captured = f.Captured.Add(time.Second / 30)
		if err := s.Write(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if codec.kbps != c.want {
			t.Errorf("with viewers that bear %d and %d kbit/s: %d, want %d", c.fast, c.slow, codec.kbps, c.want)
		}
	}
}

// nowhere takes packets.
type nowhere struct{}

func (nowhere) WriteRTP(*rtp.Header, []byte) (int, error) { return 0, nil }
func (nowhere) Write([]byte) (int, error)                 { return 0, nil }
