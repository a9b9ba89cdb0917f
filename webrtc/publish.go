package webrtc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"stylecam/filter"
	"stylecam/frame"
)

// Publisher sends the picture to a media server by WHIP (RFC 9725), which fans it
// out to as many as it can bear. It is a filter.Sink. When the server goes away
// it is tried again, soon and then less and less often, until Close.
type Publisher struct {
	stream   *Stream
	endpoint *url.URL
	token    string
	network  *Network
	log      *slog.Logger
	client   *http.Client

	start sync.Once
	ctx   context.Context
	stop  context.CancelFunc
	done  sync.WaitGroup
}

const (
	firstRetry = 500 * time.Millisecond
	lastRetry  = 15 * time.Second
)

// CheckEndpoint refuses what is no address of a media server. It does not repeat it:
// there may be a key in it.
func CheckEndpoint(endpoint string) error {
	_, err := parseEndpoint(endpoint)
	return err
}

func parseEndpoint(endpoint string) (*url.URL, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("the endpoint is no http:// or https:// address")
	}
	return u, nil
}

// NewPublisher returns a publisher to endpoint; token, if there is one, is sent
// as the bearer's. It connects with the first picture.
func NewPublisher(endpoint, token string, iceServers []string, codecs []Codec, log *slog.Logger) (*Publisher, error) {
	u, err := parseEndpoint(endpoint)
	if err != nil {
		return nil, fmt.Errorf("whip: %w", err)
	}
	network, err := newOutwardNetwork(iceServers)
	if err != nil {
		return nil, fmt.Errorf("whip: %w", err)
	}
	p := &Publisher{stream: NewStream(log, codecs...), endpoint: u, token: token, network: network, log: log}
	p.client = &http.Client{Timeout: 10 * time.Second, CheckRedirect: p.redirect}
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p, nil
}

// Write encodes and sends f, when the server is connected.
func (p *Publisher) Write(ctx context.Context, f *frame.Frame) error {
	p.start.Do(func() { p.done.Go(p.run) })
	return p.stream.Write(ctx, f)
}

// Close says goodbye to the server.
func (p *Publisher) Close() error {
	p.stop()
	p.done.Wait()
	p.client.CloseIdleConnections()
	return errors.Join(p.stream.Close(), p.network.Close())
}

// run publishes until Close.
func (p *Publisher) run() {
	log := p.log.With("server", p.endpoint.Host) // and no more of it: there may be a key in the path
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		err := filter.Guard(func() error {
			return p.publish(func() {
				log.Info("publishing")
				wait = firstRetry
			})
		})
		if p.ctx.Err() != nil {
			return
		}
		var later retryLater
		if errors.As(err, &later) {
			wait = max(wait, later.after)
		}
		pause := wait + rand.N(wait/4) // so that many do not come back at once
		log.Warn("not publishing; trying again", "in", pause.Round(100*time.Millisecond), "err", err)
		select {
		case <-time.After(pause):
		case <-p.ctx.Done():
			return
		}
	}
}

// publish connects, tells so, and returns when the connection is over.
func (p *Publisher) publish(connected func()) error {
	peer, err := p.network.newPeer(p.stream.codecs(), startKbps, leastKbps, mostKbps(4096, 2160))
	if err != nil {
		return err
	}
	defer func() { _ = peer.GracefulClose() }()
	states := make(chan webrtc.PeerConnectionState, 16)
	peer.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		select {
		case states <- s:
		default: // nobody reads any more
		}
	})
	if err := p.stream.join(peer); err != nil {
		return err
	}
	defer p.stream.left(peer)
	resource, err := p.offer(peer)
	if resource != nil {
		defer p.goodbye(resource)
	}
	if err != nil {
		return err
	}
	deadline := time.NewTimer(connectWithin)
	defer deadline.Stop()
	for {
		select {
		case s := <-states:
			switch s {
			case webrtc.PeerConnectionStateConnected:
				deadline.Stop()
				p.stream.connected(peer)
				connected()
			case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
				return errors.New("the connection is lost")
			}
		case <-deadline.C:
			return fmt.Errorf("no connection within %v; a firewall may want --webrtc-ice turn:…", connectWithin)
		case <-p.ctx.Done():
			return nil
		}
	}
}

// offer posts the offer, takes the answer, and returns the session's address.
func (p *Publisher) offer(peer *peer) (resource *url.URL, err error) {
	description, err := peer.CreateOffer(nil)
	if err != nil {
		return nil, err
	}
	gathered := webrtc.GatheringCompletePromise(peer.PeerConnection)
	if err := peer.SetLocalDescription(description); err != nil {
		return nil, err
	}
	select {
	case <-gathered:
	case <-time.After(gatherWithin):
	case <-p.ctx.Done():
		return nil, p.ctx.Err()
	}
	res, err := p.request(p.ctx, http.MethodPost, p.endpoint, []byte(peer.LocalDescription().SDP))
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, mostSDP))
	switch {
	case err != nil:
		return nil, err
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden:
		return nil, fmt.Errorf("it answered %s: check the token (--whip-token)", res.Status)
	case res.StatusCode != http.StatusCreated:
		err = fmt.Errorf("it answered %s instead of 201 Created", res.Status)
		if s, e := strconv.Atoi(res.Header.Get("Retry-After")); e == nil && s > 0 {
			err = retryLater{err, min(time.Duration(s)*time.Second, time.Minute)}
		}
		return nil, err
	}
	if location := res.Header.Get("Location"); location != "" {
		// Relative to where a redirect may have led. Without one the server notices
		// by itself that we are gone.
		if resource, err = res.Request.URL.Parse(location); err != nil {
			return nil, errors.New("its Location is no address")
		}
	}
	return resource, peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(answer)})
}

// goodbye ends the session at the server.
func (p *Publisher) goodbye(resource *url.URL) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if res, err := p.request(ctx, http.MethodDelete, resource, nil); err == nil {
		_ = res.Body.Close()
	}
}

// ours tells whether u is the server that the token is for, reached as safely.
func (p *Publisher) ours(u *url.URL) bool {
	return u.Scheme == p.endpoint.Scheme && u.Host == p.endpoint.Host
}

// redirect follows, without the token where it leads away: http's own rule lets it
// go to another port, to a subdomain, and from HTTPS to plain HTTP.
func (p *Publisher) redirect(req *http.Request, via []*http.Request) error {
	if len(via) >= 5 {
		return errors.New("it redirects in circles")
	}
	if !p.ours(req.URL) {
		req.Header.Del("Authorization")
	}
	return nil
}

// request sends our token along, but to no other server than the endpoint's.
func (p *Publisher) request(ctx context.Context, method string, u *url.URL, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", typeSDP)
	}
	if p.token != "" && p.ours(u) {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	res, err := p.client.Do(req)
	var failed *url.Error
	if errors.As(err, &failed) { // whose text holds the whole address
		err = failed.Err
	}
	return res, err
}

// retryLater is a refusal that names its time.
type retryLater struct {
	error
	after time.Duration
}
