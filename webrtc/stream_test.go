package webrtc

import (
	"errors"
	"fmt"
	"log/slog"
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
		if d := next.stamp - last.stamp; d == 0 || d > clockRate {
			t.Fatalf("time stamps %d and %d", last.stamp, next.stamp)
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

func TestKeyFrameComesOnRequest(t *testing.T) {
	r := newRig(t, nil)
	defer r.feed(5 * time.Millisecond)()
	c := newClient(t, watch)
	c.connect(r, "/whep")
	receive(t, "the first key frame", c.keys)
	// settle waits until so many pictures are coded that a key frame would be among
	// them, if one were due: a picture takes 5 ms at least.
	settle := func() {
		from, _ := r.codec.counts()
		eventually(t, "pictures are coded", func() bool { now, _ := r.codec.counts(); return now >= from+int(2*keyGap/(5*time.Millisecond)) })
		for len(c.keys) > 0 {
			<-c.keys
		}
	}
	ssrc := uint32(c.GetReceivers()[0].Track().SSRC())
	for _, request := range []rtcp.Packet{
		&rtcp.PictureLossIndication{MediaSSRC: ssrc},
		&rtcp.FullIntraRequest{MediaSSRC: ssrc, FIR: []rtcp.FIREntry{{SSRC: ssrc}}},
	} {
		settle()
		if err := c.WriteRTCP([]rtcp.Packet{request}); err != nil {
			t.Fatal(err)
		}
		receive(t, fmt.Sprintf("a key frame after %T", request), c.keys)
	}
}

// A roomful that asks at once gets one key frame together, and the next after a while.
func TestKeyFramesAreCoalesced(t *testing.T) {
	var codec fakeCodec
	s := NewStream(slog.New(slog.DiscardHandler), VP8(func(_, _, _ int) (Encoder, error) { return &codec, nil }))
	r := s.renditions[0]
	f := frame.New(64, 48)
	for i, step := range []struct {
		since time.Duration // the last key frame; less than nothing is too soon on the busiest machine
		asked int
		keys  int // in all, then
	}{
		{time.Hour, 3, 1}, {-time.Hour, 0, 1}, {-time.Hour, 3, 1}, {-time.Hour, 0, 1}, {keyGap, 0, 2}, {time.Hour, 0, 2},
	} {
		for range step.asked {
			s.connected(boundPeer(r))
		}
		r.lastKey = time.Now().Add(-step.since)
		f.Captured = f.Captured.Add(time.Second)
		if err := s.Write(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if _, keys := codec.counts(); keys != step.keys {
			t.Errorf("picture %d: %d key frames so far, want %d", i+1, keys, step.keys)
		}
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

// only watches in one codec.
func only(c Codec) func(*webrtc.PeerConnection) {
	return func(pc *webrtc.PeerConnection) {
		watch(pc)
		if err := pc.GetTransceivers()[0].SetCodecPreferences([]webrtc.RTPCodecParameters{{RTPCodecCapability: c.capability}}); err != nil {
			panic(err)
		}
	}
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
	coded := func(c *fakeCodec) bool { n, _ := c.counts(); return n > 0 }
	newClient(t, only(H264(nil))).connect(r, "/whep")
	eventually(t, "H.264 is coded", func() bool { return coded(&h264) })
	if coded(&vp8) {
		t.Error("VP8 is coded, and nobody speaks it")
	}
	newClient(t, watch).connect(r, "/whep") // speaks both
	eventually(t, "VP8 is coded", func() bool { return coded(&vp8) })
}

// A key frame is for those who wait for it: one who joins while a picture is being
// coded gets the next.
func TestKeyFrameAskedForBetweenTwoPicturesIsNotLost(t *testing.T) {
	var codec fakeCodec
	s := NewStream(slog.New(slog.DiscardHandler), VP8(func(_, _, _ int) (Encoder, error) { return &codec, nil }))
	r := s.renditions[0]
	join := func() { s.connected(boundPeer(r)) }
	join()
	f := frame.New(64, 48)
	write := func(keys int) {
		t.Helper()
		f.Captured = f.Captured.Add(time.Second)
		r.lastKey = time.Time{}
		if err := s.Write(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if _, got := codec.counts(); got != keys {
			t.Errorf("%d key frames, want %d", got, keys)
		}
	}
	write(1)
	write(1)
	s.assign(1000)
	join() // too late for the picture that comes now
	s.picture.FromBGR(f)
	if _, key, err := r.encode(&s.picture, s.stamp(f.Captured)); key || err != nil {
		t.Errorf("a key frame for those who had one: %t, %v", key, err)
	}
	write(2)
}

// An encoder that goes on after a pause starts with mud: each pause closes it.
func TestEncoderIsClosedWhenNobodyWatches(t *testing.T) {
	var vp8, h264 fakeCodec
	s := NewStream(slog.New(slog.DiscardHandler),
		VP8(func(_, _, _ int) (Encoder, error) { vp8.opened++; return &vp8, nil }),
		H264(func(_, _, _ int) (Encoder, error) { h264.opened++; return &h264, nil }))
	write := func() {
		t.Helper()
		if err := s.Write(t.Context(), frame.New(64, 48)); err != nil {
			t.Fatal(err)
		}
	}
	first := boundPeer(s.renditions[0])
	s.connected(first)
	write()
	s.left(first) // and the loop rests: no picture is written
	s.connected(boundPeer(s.renditions[0]))
	other := boundPeer(s.renditions[1])
	s.connected(other)
	write()
	if vp8.opened != 2 || vp8.closed != 1 {
		t.Errorf("VP8 was opened %d times and closed %d, want 2 and 1", vp8.opened, vp8.closed)
	}
	s.left(other)
	write()
	if vp8.closed != 1 || h264.closed != 1 {
		t.Errorf("VP8 was closed %d times, H.264 %d, want 1 and 1", vp8.closed, h264.closed)
	}
	if gone := s.renditions[1].viewers; gone[:1][0] != nil {
		t.Error("who has left is still held")
	}
}

func TestEncoderThatFailsEndsItsOwnViewersAlone(t *testing.T) {
	log := &syncBuffer{}
	r := newRig(t, func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(log, nil))
		c.Codecs = append(c.Codecs, H264(func(int, int, int) (Encoder, error) { return nil, errors.New("too small") }))
	})
	defer r.feed(10 * time.Millisecond)()
	c := newClient(t, watch)
	c.connect(r, "/whep")
	for range 2 {
		newClient(t, only(H264(nil))).connect(r, "/whep")
		eventually(t, "its session ends", func() bool { return r.open() == 1 })
	}
	for len(c.pictures) > 0 {
		<-c.pictures
	}
	receive(t, "a picture in the other codec", c.pictures)
	if got := log.String(); strings.Count(got, "too small") != 1 {
		t.Errorf("log:\n%s", got)
	}
}

// boundPeer watches a rendition, from nowhere.
func boundPeer(r *rendition) *peer {
	p := &peer{estimate: &guess{kbps: 1000}, outlet: &outlet{}}
	p.outlet.bound.Store(&binding{rendition: r, writer: nowhere{}})
	return p
}

func TestTimeStampsAreTheFramesOwn(t *testing.T) {
	s := NewStream(slog.New(slog.DiscardHandler))
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

// guess is a bandwidth estimate that a test sets.
type guess struct {
	cc.BandwidthEstimator
	kbps int
}

func (g *guess) GetTargetBitrate() int { return 1000 * g.kbps }

func TestRateFollowsTheSlowestViewerWithinBounds(t *testing.T) {
	var codec fakeCodec
	s := NewStream(slog.New(slog.DiscardHandler), VP8(func(_, _, kbps int) (Encoder, error) { codec.kbps = kbps; return &codec, nil }))
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

func (nowhere) Write([]byte) (int, error) { return 0, nil }
