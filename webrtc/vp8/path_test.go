package vp8_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	pion "github.com/pion/webrtc/v4"

	"stylecam/card"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/webrtc"
	"stylecam/webrtc/vp8"
)

// still answers for a loop whose settings nobody changes.
type still struct{}

func (still) Params() filter.Params                     { return filter.Defaults("any") }
func (still) Update(func(*filter.Params)) error         { return nil }
func (still) Stats() filter.Stats                       { return filter.Stats{} }
func (still) List() []webrtc.Style                      { return nil }
func (still) Get(string) (webrtc.Style, bool)           { return webrtc.Style{}, false }
func (still) Add(context.Context, string, []byte) error { return nil }
func (still) Remove(string) error                       { return nil }

func codecs() []webrtc.Codec {
	return []webrtc.Codec{webrtc.VP8(func(width, height, kbps int) (webrtc.Encoder, error) {
		return vp8.NewEncoder(width, height, kbps)
	})}
}

func listen(tb testing.TB) *webrtc.Server {
	tb.Helper()
	server, err := webrtc.Listen(webrtc.Config{
		Address: "127.0.0.1:0", Sessions: 100, Pool: new(frame.Pool), Styles: still{},
		Codecs: codecs(), Decoder: func() (webrtc.Decoder, error) { return vp8.NewDecoder() },
	})
	if err != nil {
		tb.Fatal(err)
	}
	server.Serve(still{})
	tb.Cleanup(func() {
		if err := server.Close(); err != nil {
			tb.Error(err)
		}
	})
	return server
}

// play writes the test card to a sink, thirty times a second, until stop.
func play(tb testing.TB, sink filter.Sink, width, height int) (stop func()) {
	quit := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(time.Second / 30)
		defer tick.Stop()
		f := frame.New(width, height)
		for f.Seq = 0; ; f.Seq++ {
			select {
			case f.Captured = <-tick.C:
			case <-quit:
				return
			}
			f.Captured = time.Now()
			card.Test(f, f.Seq)
			if err := sink.Write(tb.Context(), f); err != nil {
				tb.Error(err)
				return
			}
		}
	})
	return func() { close(quit); wg.Wait() }
}

// The whole way of a picture, with nothing left out but the painting: drawn with
// its number in it, converted, encoded, sent by WHIP through ICE, DTLS and SRTP,
// put together, decoded, and its number read.
func glassToGlass(tb testing.TB, pictures int) (delays []time.Duration) {
	server := listen(tb)
	source, err := server.Camera().Source(320, 240)
	if err != nil {
		tb.Fatal(err)
	}
	defer source.Close()
	publisher, err := webrtc.NewPublisher(server.URL()+"whip", "", nil, codecs(), slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	clock := &clocked{Sink: publisher}
	stop := play(tb, clock, 640, 480)
	defer func() {
		stop()
		if err := publisher.Close(); err != nil {
			tb.Error(err)
		}
	}()
	ctx, cancel := context.WithTimeout(tb.Context(), 20*time.Second+time.Duration(pictures)*time.Second/10)
	defer cancel()
	for len(delays) < pictures {
		f, err := source.Read(ctx)
		if err != nil {
			tb.Fatalf("after %d pictures: %v", len(delays), err)
		}
		seq, ok := card.ReadCode(f)
		f.Release()
		if ok {
			delays = append(delays, time.Since(clock.captured(seq)))
		}
	}
	slices.Sort(delays)
	return delays
}

// clocked remembers when each frame was captured.
type clocked struct {
	filter.Sink
	times sync.Map // of sequence number
}

func (c *clocked) Write(ctx context.Context, f *frame.Frame) error {
	c.times.Store(f.Seq, f.Captured)
	return c.Sink.Write(ctx, f)
}

func (c *clocked) captured(seq uint64) time.Time {
	if t, ok := c.times.Load(seq); ok {
		return t.(time.Time)
	}
	return time.Time{}
}

func TestPicturesArriveWhole(t *testing.T) {
	if delays := glassToGlass(t, 30); delays[15] > time.Second {
		t.Errorf("half of the pictures took longer than %v", delays[15])
	}
}

func BenchmarkGlassToGlass(b *testing.B) {
	n := max(b.N, 300)
	delays := glassToGlass(b, n)
	b.ReportMetric(float64(delays[n/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(delays[n*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(0, "ns/op") // it runs at thirty a second, whatever it costs
}

// One encoder serves all: its cost stays, and what comes with each viewer is
// encryption and sending.
func BenchmarkViewers(b *testing.B) {
	for _, viewers := range []int{1, 10, 50} {
		b.Run(fmt.Sprint(viewers), func(b *testing.B) {
			server := listen(b)
			for range viewers {
				join(b, server)
			}
			for server.Stream().Stats().Viewers < viewers {
				time.Sleep(10 * time.Millisecond)
			}
			f := frame.New(640, 480)
			var writing time.Duration
			n := 0
			tick := time.NewTicker(time.Second / 30)
			defer tick.Stop()
			for ; n < max(b.N, 90); n++ {
				<-tick.C
				card.Test(f, uint64(n))
				f.Seq, f.Captured = uint64(n), time.Now()
				if err := server.Stream().Write(b.Context(), f); err != nil {
					b.Fatal(err)
				}
				writing += time.Since(f.Captured)
			}
			encode := server.Stream().Stats().EncodeMs
			whole := writing.Seconds() * 1000 / float64(n)
			b.ReportMetric(encode, "encode-ms")
			b.ReportMetric((whole-encode)/float64(viewers), "ms/viewer")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// join connects a viewer that takes the packets and looks at none.
func join(tb testing.TB, server *webrtc.Server) {
	tb.Helper()
	var settings pion.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	pc, err := pion.NewAPI(pion.WithSettingEngine(settings)).NewPeerConnection(pion.Configuration{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = pc.GracefulClose() })
	pc.OnTrack(func(t *pion.TrackRemote, _ *pion.RTPReceiver) {
		for {
			if _, _, err := t.ReadRTP(); err != nil {
				return
			}
		}
	})
	if _, err := pc.AddTransceiverFromKind(pion.RTPCodecTypeVideo, pion.RTPTransceiverInit{Direction: pion.RTPTransceiverDirectionRecvonly}); err != nil {
		tb.Fatal(err)
	}
	if err := pc.SetLocalDescription(must(tb)(pc.CreateOffer(nil))); err != nil {
		tb.Fatal(err)
	}
	<-pion.GatheringCompletePromise(pc)
	res, err := http.Post(server.URL()+"whep", "application/sdp", bytes.NewBufferString(pc.LocalDescription().SDP))
	if err != nil {
		tb.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusCreated {
		tb.Fatalf("%s, %v", res.Status, err)
	}
	if err := pc.SetRemoteDescription(pion.SessionDescription{Type: pion.SDPTypeAnswer, SDP: string(answer)}); err != nil {
		tb.Fatal(err)
	}
}

func must(tb testing.TB) func(pion.SessionDescription, error) pion.SessionDescription {
	return func(d pion.SessionDescription, err error) pion.SessionDescription {
		if err != nil {
			tb.Fatal(err)
		}
		return d
	}
}
