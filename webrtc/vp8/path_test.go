package vp8_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	pion "github.com/pion/webrtc/v4"
	"golang.org/x/sys/unix"

	"stylecam/card"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/webrtc"
	"stylecam/webrtc/i420"
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

// codecs are VP8 alone; done, unless it is nil, is set after each picture: see noting.
func codecs(done *time.Duration) []webrtc.Codec {
	return []webrtc.Codec{webrtc.VP8(func(width, height, kbps int) (webrtc.Encoder, error) {
		e, err := vp8.NewEncoder(width, height, kbps)
		if done == nil || err != nil {
			return e, err
		}
		return noting{e, done}, nil
	})}
}

func listen(tb testing.TB, encoded *time.Duration) *webrtc.Server {
	tb.Helper()
	server, err := webrtc.Listen(webrtc.Config{
		Address: "127.0.0.1:0", Sessions: 100, Pool: new(frame.Pool), Styles: still{},
		Codecs: codecs(encoded), Decoder: func() (webrtc.Decoder, error) { return vp8.NewDecoder() },
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

// The whole way of a picture but the painting: drawn with its number in it,
// converted, encoded, sent by WHIP through ICE, DTLS and SRTP, put together,
// decoded, and its number read. With the painting it is cmd/stylecam's benchmark.
func TestPicturesArriveWhole(t *testing.T) {
	server := listen(t, nil)
	source, err := server.Camera().Source(320, 240)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	publisher, err := webrtc.NewPublisher(server.URL()+"whip", "", nil, codecs(nil), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	stop := play(t, publisher, 640, 480)
	defer func() {
		stop()
		if err := publisher.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	last := uint64(0)
	for read := 0; read < 30; {
		f, err := source.Read(ctx)
		if err != nil {
			t.Fatalf("after %d pictures: %v", read, err)
		}
		seq, ok := card.ReadCode(f)
		f.Release()
		if !ok {
			continue // the notice that nobody publishes yet
		}
		if seq <= last && read > 0 {
			t.Fatalf("picture %d comes after %d", seq, last)
		}
		last = seq
		read++
	}
}

// noting is an encoder that notes when it is done, by its thread's processor time.
type noting struct {
	webrtc.Encoder
	done *time.Duration
}

func (e noting) Encode(p *i420.Picture, pts int64, key bool) ([]byte, bool, error) {
	defer func() { *e.done = processorTime() }()
	return e.Encoder.Encode(p, pts, key)
}

// processorTime is what this thread has used so far. A goroutine that measures by
// it stays on its thread; what else the machine does makes little difference.
func processorTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
}

// BenchmarkViewers measures the processor time of sending a picture of 640x480 to
// so many. One encoder serves all: its cost stays, and what comes with each viewer
// is encryption and sending.
func BenchmarkViewers(b *testing.B) {
	for _, viewers := range []int{1, 10, 50} {
		b.Run(fmt.Sprint(viewers), func(b *testing.B) {
			var coded, coding, sending time.Duration
			server := listen(b, &coded)
			for range viewers {
				join(b, server)
			}
			for server.Stream().Stats().Viewers < viewers {
				time.Sleep(10 * time.Millisecond)
			}
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			f := frame.New(640, 480)
			tick := time.NewTicker(time.Second / 30)
			defer tick.Stop()
			pictures := max(b.N, 150)
			for n := range pictures {
				<-tick.C
				card.Test(f, uint64(n))
				f.Seq, f.Captured = uint64(n), time.Now()
				start := processorTime()
				if err := server.Stream().Write(b.Context(), f); err != nil {
					b.Fatal(err)
				}
				coding += coded - start
				sending += processorTime() - coded
			}
			ms := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(pictures) }
			b.ReportMetric(ms(coding), "encode-ms")
			b.ReportMetric(ms(sending)/float64(viewers), "viewer-ms")
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
