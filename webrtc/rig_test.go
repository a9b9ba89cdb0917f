package webrtc

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"stylecam/filter"
	"stylecam/frame"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a server, and what stands around it.
type rig struct {
	*Server
	codec *fakeCodec
	live  *fakeLive
	t     testing.TB
}

func newRig(t testing.TB, change func(*Config)) *rig {
	t.Helper()
	r := listenRig(t, change)
	r.Serve(r.live)
	return r
}

// listenRig returns a rig that does not serve yet: its limits may be changed.
func listenRig(t testing.TB, change func(*Config)) *rig {
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
// body read. Every answer has to be one that the OpenAPI document knows.
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
		Timeout:       time.Minute,
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
	if !isDescribed(method, path, res.StatusCode, string(text)) {
		r.t.Errorf("%s %s answers %s, which api/openapi.json does not describe", method, path, res.Status)
	}
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

func receive[T any](t testing.TB, what string, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(time.Minute):
		t.Fatalf("%s did not come", what)
	}
	return v
}

// eventually waits for what other goroutines bring about.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
