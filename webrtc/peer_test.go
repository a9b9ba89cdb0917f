package webrtc

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"stylecam/filter"
	"stylecam/frame"
	"stylecam/webrtc/i420"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeCodec stands in for VP8: a picture is its first byte of luma and its size,
// behind VP8's mark of a key frame. What is tested here is everything else.
type fakeCodec struct {
	mu    sync.Mutex
	size  [2]int
	kbps  int
	coded int
	keys  int
}

func (c *fakeCodec) Encode(p *i420.Picture, _ int64, key bool) ([]byte, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	data := make([]byte, 3000) // three packets
	key = key || c.coded == 0
	if key {
		c.keys++
	} else {
		data[0] = 1 // RFC 6386, 9.1: the lowest bit is 0 for key frames
	}
	c.coded++
	data[10] = p.Pix[0]
	binary.LittleEndian.PutUint16(data[11:], uint16(p.Width))
	binary.LittleEndian.PutUint16(data[13:], uint16(p.Height))
	return data, key, nil
}

func (c *fakeCodec) Decode(data []byte, p *i420.Picture) (bool, error) {
	if len(data) < 3000 {
		return false, errors.New("no picture")
	}
	p.Resize(int(binary.LittleEndian.Uint16(data[11:])), int(binary.LittleEndian.Uint16(data[13:])))
	for i := range p.Pix {
		p.Pix[i] = data[10]
	}
	return true, nil
}

func (c *fakeCodec) SetRate(kbps int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kbps = kbps
	return nil
}

func (c *fakeCodec) Close() {}

func (c *fakeCodec) counts() (coded, keys int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.coded, c.keys
}

// fakeLive holds settings as filter.Live does.
type fakeLive struct {
	mu     sync.Mutex
	params filter.Params
}

func (l *fakeLive) Params() filter.Params {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.params
}

func (l *fakeLive) Update(change func(*filter.Params)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.params
	change(&p)
	if err := p.Validate(); err != nil {
		return err
	}
	l.params = p
	return nil
}

func (l *fakeLive) Stats() filter.Stats {
	return filter.Stats{
		Frames: 7, FPS: 29.5, Drops: 1,
		Stages: map[string]filter.Quantiles{"paint": {P50: 20 * time.Millisecond, P95: 25 * time.Millisecond, P99: 30 * time.Millisecond}},
		Sinks:  []filter.SinkStats{{Name: "webrtc", Written: 6, Drops: 1, Age: filter.Quantiles{P50: 50 * time.Millisecond}}},
	}
}

// fakeStyles is a collection in memory.
type fakeStyles struct {
	mu   sync.Mutex
	list []Style
}

func (s *fakeStyles) List() []Style {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

func (s *fakeStyles) Get(name string) (Style, bool) {
	for _, style := range s.List() {
		if style.Name == name {
			return style, true
		}
	}
	return Style{}, false
}

func (s *fakeStyles) Add(_ context.Context, name string, picture []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, Style{Name: name, Preview: picture})
	return nil
}

func (s *fakeStyles) Remove(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = slices.DeleteFunc(s.list, func(style Style) bool { return style.Name == name })
	return nil
}

// rig is a server, and what stands around it.
type rig struct {
	*Server
	codec *fakeCodec
	live  *fakeLive
	t     testing.TB
}

func newRig(t testing.TB, change func(*Config)) *rig {
	t.Helper()
	r := &rig{codec: &fakeCodec{}, live: &fakeLive{params: filter.Defaults("waves")}, t: t}
	var pool frame.Pool
	cfg := Config{
		Address: "127.0.0.1:0",
		Codecs: []Codec{VP8(func(width, height, kbps int) (Encoder, error) {
			r.codec.mu.Lock()
			defer r.codec.mu.Unlock()
			r.codec.size, r.codec.kbps = [2]int{width, height}, kbps
			return r.codec, nil
		})},
		Decoder: func() (Decoder, error) { return &fakeCodec{}, nil },
		Pool:    &pool,
		Styles:  &fakeStyles{list: []Style{{Name: "waves", BuiltIn: true, Preview: []byte("jpeg")}, {Name: "night", BuiltIn: true}}},
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	if r.Server, err = Listen(cfg); err != nil {
		t.Fatal(err)
	}
	r.Serve(r.live)
	t.Cleanup(func() {
		if err := errors.Join(r.Close(), r.stream.Close()); err != nil {
			t.Error(err)
		}
		if n := pool.InUse(); n != 0 {
			t.Errorf("%d frames are out", n)
		}
	})
	return r
}

// do sends a request with headers "Key: value" and returns the answer with its
// body read.
func (r *rig) do(method, path, body string, headers ...string) *http.Response {
	r.t.Helper()
	req, err := http.NewRequest(method, "http://"+r.listener.Addr().String()+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, h := range headers {
		key, value, _ := strings.Cut(h, ": ")
		if key == "Host" {
			req.Host = value
			continue
		}
		req.Header.Add(key, value)
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       10 * time.Second,
	}
	res, err := client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		r.t.Fatal(err)
	}
	res.Body = io.NopCloser(bytes.NewReader(text))
	return res
}

// text is what do read.
func text(res *http.Response) string {
	data, _ := io.ReadAll(res.Body)
	return string(data)
}

// feed writes frames to the stream until the returned function is called.
func (r *rig) feed(every time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		f := frame.New(64, 48)
		for {
			select {
			case f.Captured = <-tick.C:
				if err := r.stream.Write(ctx, f); err != nil {
					r.t.Error(err)
					return
				}
				f.Seq++
			case <-ctx.Done():
				return
			}
		}
	})
	return func() { cancel(); wg.Wait() }
}

// client is a browser's side of a connection.
type client struct {
	*webrtc.PeerConnection
	location, etag string
	pictures, keys chan uint32 // time stamps of whole pictures, and of key frames
	t              testing.TB
}

// newClient returns a peer that is not connected.
func newClient(t testing.TB, prepare func(*webrtc.PeerConnection)) *client {
	t.Helper()
	n, err := NewNetwork("127.0.0.1", 0, nil)
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
	c := &client{PeerConnection: p.PeerConnection, pictures: make(chan uint32, 1000), keys: make(chan uint32, 1000), t: t}
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
			a.push(packet, func(data []byte) {
				if data[0]&1 == 0 {
					tell(c.keys, packet.Timestamp)
				}
				tell(c.pictures, packet.Timestamp)
			})
		}
	})
	prepare(p.PeerConnection)
	return c
}

func tell(ch chan uint32, v uint32) {
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
func publish(t testing.TB, r *rig) (c *client, stop func()) {
	var out *outlet
	c = newClient(t, func(pc *webrtc.PeerConnection) { out = show(pc) })
	c.connect(r, "/whip")
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		var codec fakeCodec
		r, s := out.renditions[0], NewStream()
		s.picture.Resize(64, 48)
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
	})
	return c, func() { cancel(); wg.Wait() }
}

func receive[T any](t testing.TB, what string, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(10 * time.Second):
		t.Fatalf("%s did not come", what)
	}
	return v
}

// eventually waits for what other goroutines bring about.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
