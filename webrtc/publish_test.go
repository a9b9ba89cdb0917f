package webrtc

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"stylecam/frame"
)

// syncBuffer is a log that a test reads while it is written.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// publisher writes frames to a WHIP endpoint until the test ends.
func publisher(t *testing.T, endpoint, token string) (log *syncBuffer) {
	t.Helper()
	log = &syncBuffer{}
	p, err := NewPublisher(endpoint, token, nil, []Codec{VP8(func(int, int, int) (Encoder, error) { return &fakeCodec{}, nil })}, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		f := frame.New(64, 48)
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
			f.Captured = time.Now()
			if err := p.Write(t.Context(), f); err != nil {
				t.Error(err)
				return
			}
			f.Seq++
		}
	})
	t.Cleanup(func() {
		close(stop)
		wg.Wait()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return log
}

// arrives waits for the published picture at a rig.
func arrives(t *testing.T, r *rig) {
	t.Helper()
	source, err := r.Camera().Source(320, 240)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	eventually(t, "the published picture", func() bool {
		f, err := source.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer f.Release()
		return f.Width == 64
	})
}

// A firewall before the server, or before us, may let nothing but TCP through.
func TestPublisherComesByTCPWhereNothingElseIsOffered(t *testing.T) {
	r := listenRig(t, nil)
	r.network.settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	r.network.settings.SetICEUDPMux(nil)
	r.Serve(r.live)
	publisher(t, r.base()+"/whip", "")
	arrives(t, r)
}

// Our own /whip stands in for a media server.
func TestPublisherComesBackToAServerThatWasRestarted(t *testing.T) {
	first := newRig(t, func(c *Config) { c.Token = "sesame, sesame, open" })
	log := publisher(t, first.base()+"/whip", "sesame, sesame, open")
	arrives(t, first)
	address := first.listener.Addr().String()
	if err := first.Server.Close(); err != nil {
		t.Fatal(err)
	}
	arrives(t, newRig(t, func(c *Config) { c.Token, c.Address = "sesame, sesame, open", address }))
	if got := log.String(); strings.Contains(got, "sesame, sesame, open") || strings.Contains(got, "/whip") || strings.Count(got, "msg=publishing") != 2 {
		t.Errorf("log:\n%s", got)
	}
}

func TestPublisherSaysWhyAndWaits(t *testing.T) {
	var mu sync.Mutex
	var asked []time.Time
	status := http.StatusUnauthorized
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, time.Now())
		if r.Header.Get("Authorization") != "Bearer key" || r.Header.Get("Content-Type") != typeSDP {
			t.Errorf("request with %v", r.Header)
		}
		if len(asked) == 2 {
			status = http.StatusServiceUnavailable
			w.Header().Set("Retry-After", "2")
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	log := publisher(t, server.URL, "key")
	eventually(t, "a third attempt", func() bool { mu.Lock(); defer mu.Unlock(); return len(asked) >= 3 })
	mu.Lock()
	defer mu.Unlock()
	if got := log.String(); !strings.Contains(got, "--whip-token") || !strings.Contains(got, "503") {
		t.Errorf("log:\n%s", got)
	}
	if gap := asked[2].Sub(asked[1]); gap < 2*time.Second {
		t.Errorf("came back after %v, told to wait for 2 s", gap)
	}
}

func TestPublisherRefusesWhatIsNoAddress(t *testing.T) {
	for _, bad := range []string{"", "host/whip", "ftp://host/secret", "http://", "http://[::1/secret"} {
		_, err := NewPublisher(bad, "", nil, nil, nil)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// The token is for one server, reached in one way: not for where that one points to.
func TestPublisherGivesItsTokenToNobodyElse(t *testing.T) {
	seen := make(chan string, 10)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header.Get("Authorization")
		w.WriteHeader(http.StatusNotFound)
	}))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect)) // another port
	defer server.Close()
	publisher(t, server.URL, "secret")
	if got := receive(t, "the request that was led away", seen); got != "" {
		t.Errorf("it came with %q", got)
	}
	p, err := NewPublisher("https://media.example/whip", "secret", nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		"https://media.example/session": true, "http://media.example/session": false,
		"https://media.example:444/session": false, "https://a.media.example/session": false,
	} {
		if u, err := url.Parse(address); err != nil || p.ours(u) != want {
			t.Errorf("the token goes to %s: %t, %v", address, !want, err)
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
