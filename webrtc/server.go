package webrtc

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"stylecam/filter"
	"stylecam/frame"
)

// Controls is what the API sets and reads: a filter.Live.
type Controls interface {
	Params() filter.Params
	Update(change func(*filter.Params)) error
	Stats() filter.Stats
}

// Config is what a Server is made of.
type Config struct {
	// Address is where the page and the API are served, HOST:PORT. Port 0 lets the
	// system choose.
	Address string
	// MediaPort is the UDP and TCP port of the media. 0 lets the system choose.
	MediaPort int
	// ICEServers are STUN and TURN servers; see NewNetwork.
	ICEServers []string
	// Token guards everything; see CheckToken. It defaults to none on a loopback
	// address without Hosts, and to a random one elsewhere, or if Guarded.
	Token string
	// Guarded asks for a token on any address.
	Guarded bool
	// Hosts are further names by which browsers may call this machine.
	Hosts []string
	// Origins are web origins whose pages may use the API and the media.
	Origins []string
	// TLS serves by HTTPS, which browsers ask for before they lend their camera to
	// another machine. It defaults to plain HTTP.
	TLS *tls.Config
	// Sessions bounds the viewers. It defaults to 64, of which guests leave a few free.
	Sessions int
	// Codecs are what viewers may choose from, the preferred one first.
	Codecs []Codec
	// Decoder opens a decoder of VP8, which browsers' cameras come in.
	Decoder func() (Decoder, error)
	// Pool gives the camera's frames.
	Pool *frame.Pool
	// Styles are those to choose from.
	Styles Styles
	// Log hears of sessions that could not be made. It defaults to silence.
	Log *slog.Logger
}

// Server serves the page, the API, WHEP and WHIP.
type Server struct {
	cfg      Config
	madeUp   bool // the token
	controls Controls
	network  *Network
	listener net.Listener
	http     *http.Server
	guard    *guard
	sessions *sessions
	stream   *Stream
	camera   *Camera
	paths    map[party]string
	limits   limits
	adding   sync.Mutex         // of styles
	stop     context.CancelFunc // ends event streams
	done     chan struct{}      // serving has ended; nil before Serve
}

// PortError is a port that could not be opened.
type PortError struct {
	Media bool // that of the media, not of the page
	Err   error
}

func (e *PortError) Error() string { return e.Err.Error() }
func (e *PortError) Unwrap() error { return e.Err }

// mostConnections are served at a time; the next one waits.
const mostConnections = 256

// Listen opens the ports: whatever is wrong with them is known before the camera
// starts. Serve answers.
func Listen(cfg Config) (*Server, error) {
	if cfg.Sessions == 0 {
		cfg.Sessions = 64
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if _, _, err := net.SplitHostPort(cfg.Address); err != nil {
		return nil, fmt.Errorf("webrtc: address %q is not HOST:PORT: %w", cfg.Address, err)
	}
	if err := CheckToken(cfg.Token); err != nil {
		return nil, fmt.Errorf("webrtc: %w", err)
	}
	listener, err := net.Listen("tcp", cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("webrtc: %w; choose another address by --webrtc-address", &PortError{Err: err})
	}
	ip, madeUp := listener.Addr().(*net.TCPAddr).IP, false // whatever the name was
	// A name of its own has a loopback address too where a proxy stands before it.
	if cfg.Token == "" && (cfg.Guarded || !ip.IsLoopback() || len(cfg.Hosts) > 0) {
		cfg.Token, madeUp = rand.Text(), true
	}
	network, err := NewNetwork(ip, cfg.MediaPort, cfg.ICEServers)
	if err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("webrtc: %w", err)
	}
	s := &Server{
		cfg:      cfg,
		madeUp:   madeUp,
		network:  network,
		listener: listener,
		sessions: newSessions(),
		stream:   NewStream(cfg.Log, cfg.Codecs...),
		limits:   defaultLimits(),
	}
	port := listener.Addr().(*net.TCPAddr).Port
	// A cookie belongs to a host, whatever the port: two stylecams share it.
	s.guard, err = newGuard(cfg.Token, fmt.Sprintf("stylecam-%d", port), cfg.Hosts, cfg.Origins)
	if err != nil {
		_ = listener.Close()
		_ = network.Close()
		return nil, fmt.Errorf("webrtc: %w", err)
	}
	s.camera = newCamera(cfg.Decoder, cfg.Pool, s.base(), cfg.Log)
	s.paths = map[party]string{s.stream: "/whep", s.camera: "/whip"}
	return s, nil
}

// Stream is the sink that browsers watch.
func (s *Server) Stream() *Stream { return s.stream }

// Camera is the source that a browser feeds.
func (s *Server) Camera() *Camera { return s.camera }

// base is the page's address without its token.
func (s *Server) base() string {
	scheme := "http"
	if s.cfg.TLS != nil {
		scheme = "https"
	}
	addr := s.listener.Addr().(*net.TCPAddr)
	host := addr.IP.String()
	if addr.IP.IsUnspecified() {
		host = outwardAddress()
	}
	if addr.IP.IsLoopback() {
		host = "localhost" // where browsers lend their camera, even by plain HTTP
	}
	return fmt.Sprintf("%s://%s", scheme, net.JoinHostPort(host, fmt.Sprint(addr.Port)))
}

// outwardAddress is the address that the machine is reached at from outside, as
// its routes tell; nothing is sent.
func outwardAddress() string {
	conn, err := net.Dial("udp4", "192.0.2.1:9") // TEST-NET-1 (RFC 5737)
	if err != nil {
		return "localhost"
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).IP.String()
}

// URL is the page's address for its owner: with the token, if that was made up here.
// One that was given is known, and is not for screens and logs.
func (s *Server) URL() string {
	if !s.madeUp {
		return s.base() + "/"
	}
	return s.base() + "/" + query(s.cfg.Token)
}

// MadeUp tells whether the token is known to nobody until URL is told.
func (s *Server) MadeUp() bool { return s.madeUp }

// WatchURL is the bare picture's address, for OBS and for guests: who has it can
// watch, and change nothing.
func (s *Server) WatchURL() string { return s.base() + "/view" + query(s.guard.watchToken) }

func query(token string) string {
	if token == "" {
		return ""
	}
	return "?token=" + url.QueryEscape(token)
}

// Serve answers requests, beside the caller, until Close.
func (s *Server) Serve(controls Controls) {
	s.controls = controls
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.http = &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: s.limits.header,
		ReadTimeout:       s.limits.body,
		WriteTimeout:      s.limits.answer,
		IdleTimeout:       s.limits.idle,
		MaxHeaderBytes:    16 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug),
	}
	listener := netutil.LimitListener(s.listener, mostConnections)
	if s.cfg.TLS != nil {
		listener = tls.NewListener(listener, s.cfg.TLS)
	}
	s.done = make(chan struct{})
	go func() {
		defer close(s.done)
		if err := filter.Guard(func() error { return s.http.Serve(listener) }); !errors.Is(err, http.ErrServerClosed) {
			s.cfg.Log.Error("the page is no longer served", "err", err)
		}
	}()
}

// Close ends every session and closes the ports.
func (s *Server) Close() error {
	var errs []error
	if s.done != nil {
		s.stop()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		if s.http.Shutdown(ctx) != nil { // somebody is slow
			errs = append(errs, s.http.Close())
		}
		cancel()
		<-s.done
	} else {
		errs = append(errs, s.listener.Close())
	}
	s.sessions.close()
	return errors.Join(append(errs, s.network.Close())...)
}

// handler is everything that is served; api/openapi.json describes it.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	s.signalling(mux, "/whep", s.stream)
	s.signalling(mux, "/whip", s.camera)
	s.api(mux)
	s.pages(mux)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.Handle("GET /metrics", s.metrics())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		problem(w, http.StatusNotFound, "there is nothing at "+clip(strings.ToValidUTF8(r.URL.Path, "?")))
	})
	return s.guard.protect(mux)
}
