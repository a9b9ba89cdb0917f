package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"stylecam/capture"
	"stylecam/filter"
	"stylecam/output"
	"stylecam/style"
	"stylecam/webrtc"
	"stylecam/webrtc/h264"
	"stylecam/webrtc/vp8"
)

// webSettings are those of --out webrtc, --input webrtc and --out whip.
type webSettings struct {
	address   string
	mediaPort int
	token     string
	hosts     []string
	origins   []string
	ice       []string
	tls       string // "", "self", or CERTIFICATE,KEY
	whipToken string
}

const defaultAddress = "127.0.0.1:8090"

// network returns the options of what goes to browsers and media servers.
func (s *settings) network() []*cli.GenericFlag {
	w := &s.web
	return category("Network",
		flagOf("webrtc-address", "serve the page and the picture at `HOST:PORT`; other addresses than 127.0.0.1 ask for a token", &w.address, parseAddress, asIs),
		flagOf("webrtc-port", "send and receive media on UDP and TCP port `N`, 0 for any", &w.mediaPort, integer(0, 65535), strconv.Itoa),
		flagOf("webrtc-token", "ask for `TOKEN` instead of one made up; better set as STYLECAM_WEBRTC_TOKEN, where other users cannot see it", &w.token, parseToken, asIs),
		flagOf("webrtc-tls", "serve by HTTPS, without which browsers lend their camera to this machine alone: self, or `CERTIFICATE,KEY` files", &w.tls, parseTLS, asIs),
		&cli.GenericFlag{Name: "webrtc-host", Usage: "let browsers call this machine by `NAME` too; may be given more than once", Value: list{&w.hosts, checkHost}},
		&cli.GenericFlag{Name: "webrtc-origin", Usage: "let pages of `ORIGIN`, like https://example.org, use the API; may be given more than once", Value: list{&w.origins, webrtc.CheckOrigin}},
		&cli.GenericFlag{Name: "webrtc-ice", Usage: "use the ICE `SERVER` stun:HOST or turn:USER:PASSWORD@HOST; may be given more than once", Value: list{&w.ice, webrtc.CheckICEServer}},
		flagOf("whip-token", "give `TOKEN` to the server of --out whip:URL; better set as STYLECAM_WHIP_TOKEN", &w.whipToken, anyText, asIs),
	)
}

func parseAddress(s string) (string, error) {
	if _, _, err := net.SplitHostPort(s); err != nil {
		return "", fmt.Errorf("%q is not of the form 127.0.0.1:8090", s)
	}
	return s, nil
}

func parseToken(s string) (string, error) { return s, webrtc.CheckToken(s) }

func parseTLS(s string) (string, error) {
	if _, _, two := strings.Cut(s, ","); s != "" && s != "self" && !two {
		return "", fmt.Errorf("%q is neither self nor of the form certificate.pem,key.pem", s)
	}
	return s, nil
}

func checkHost(s string) error {
	if s == "" || strings.ContainsAny(s, "/:") {
		return fmt.Errorf("%q is no host's name", s)
	}
	return nil
}

// openWeb opens the server, if input or an output asks for it; nil if not.
func (p *program) openWeb(e *engine, d drive) (*webrtc.Server, error) {
	wanted := d.source.Input == "webrtc"
	for _, o := range d.sinks {
		wanted = wanted || o.kind == "webrtc"
	}
	if !wanted {
		return nil, nil
	}
	w := p.settings.web
	if w.tls == "" && p.refused["webrtc-tls"] { // as below
		w.tls = "self"
	}
	secure, err := openTLS(w.tls)
	if from := p.saved["webrtc-tls"]; err != nil && from != "" { // not in the clear what was to be encrypted
		p.log.Warn("a saved setting does not work, self instead", "key", "webrtc-tls", "from", from, "err", oneLine(err))
		secure, err = openTLS("self")
	}
	if err != nil {
		return nil, fmt.Errorf("--webrtc-tls: %w: %w", filter.ErrInput, err)
	}
	web, err := webrtc.Listen(webrtc.Config{
		Address:    w.address,
		MediaPort:  w.mediaPort,
		ICEServers: w.ice,
		Token:      w.token,
		Guarded:    p.refused["webrtc-token"],
		Hosts:      w.hosts,
		Origins:    w.origins,
		TLS:        secure,
		Codecs:     webCodecs(),
		Decoder:    func() (webrtc.Decoder, error) { return vp8.NewDecoder() },
		Pool:       e.pool,
		Styles:     webStyles{e, p},
		Log:        p.log,
	})
	var port *webrtc.PortError
	switch {
	case errors.As(err, &port) && port.Media:
		err = blame("webrtc-port", err)
	case errors.As(err, &port):
		err = blame("webrtc-address", err)
	}
	return web, err
}

// webCodecs are those that peers may choose from. VP8 comes first: every browser
// takes it, and the more who take the same, the less there is to encode.
func webCodecs() []webrtc.Codec {
	return []webrtc.Codec{
		webrtc.VP8(func(width, height, kbps int) (webrtc.Encoder, error) { return vp8.NewEncoder(width, height, kbps) }),
		webrtc.H264(func(width, height, kbps int) (webrtc.Encoder, error) { return h264.NewEncoder(width, height, kbps) }),
	}
}

func openTLS(s string) (*tls.Config, error) {
	if s == "" {
		return nil, nil
	}
	if s == "self" {
		return webrtc.SelfSigned()
	}
	certificate, key, _ := strings.Cut(s, ",")
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}, nil
}

// announce lets browsers in, and says where.
func (p *program) announce(web *webrtc.Server, live *filter.Live) {
	if web == nil {
		return
	}
	web.Serve(live)
	const where = "page: %s\nthe picture alone, to share and for OBS: %s\n"
	if web.MadeUp() || !p.quiet { // else nobody would ever know the token
		fmt.Fprintf(p.stderr, where, web.URL(), web.WatchURL())
	}
}

// browserCamera is a browser's camera as a source among the others.
type browserCamera struct {
	filter.Source
	info capture.Info
}

func (c browserCamera) Info() capture.Info { return c.info }

// openSource opens the input of a drive: a browser's camera, or what capture knows.
func openSource(ctx context.Context, d drive) (capture.Source, error) {
	c := d.source
	if c.Input != "webrtc" {
		return capture.Open(ctx, c)
	}
	source, err := d.web.Camera().Source(c.Width, c.Height)
	if err != nil {
		return nil, err
	}
	fps := c.FPS
	if fps == 0 {
		fps = capture.DefaultFPS
	}
	return browserCamera{source, capture.Info{Name: "webrtc", Width: c.Width, Height: c.Height, FPS: fps, Camera: true}}, nil
}

// webStyles are the collection's styles, as the page shows them.
type webStyles struct {
	engine  *engine
	program *program
}

// List leaves out what cannot be read: `stylecam styles list` tells of it.
func (w webStyles) List() []webrtc.Style {
	items, err := w.engine.gallery.collection.List()
	if err != nil {
		w.program.log.Warn("the styles cannot be listed", "err", err)
	}
	var list []webrtc.Style
	for _, item := range items {
		if item.Style != nil {
			list = append(list, webStyle(item.Style, item.Builtin))
		}
	}
	return list
}

func webStyle(s *style.Style, builtIn bool) webrtc.Style {
	return webrtc.Style{
		Name: s.Name, Artist: s.Artist, Title: s.Title, Year: s.Year, Licence: s.Licence,
		BuiltIn: builtIn, Preview: s.Preview,
	}
}

func (w webStyles) Get(name string) (webrtc.Style, bool) {
	g := w.engine.gallery
	s, err := g.collection.Get(name)
	if err != nil {
		return webrtc.Style{}, false
	}
	return webStyle(s, g.collection.IsBuiltin(name)), true
}

// Add makes a style beside the loop, which goes on painting.
func (w webStyles) Add(ctx context.Context, name string, picture []byte) error {
	file, err := os.CreateTemp("", "stylecam-style-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(picture)
	if e := file.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	g := w.engine.gallery
	tensors, err := g.encode(ctx, file.Name())
	if errors.Is(err, filter.ErrInput) { // whose text names a file of ours
		return fmt.Errorf("%w: the picture cannot be decoded; try another, or save it anew as PNG", filter.ErrInput)
	}
	if err != nil {
		return err
	}
	s := &style.Style{Name: name, Sections: []style.Section{{Model: g.graph.Name, Digest: g.graph.SHA256, Tensors: tensors}}}
	// The picture itself, not the portrait painted like it: the painter is at work.
	small, err := capture.ReadPictureCovering(ctx, file.Name(), previewHeight, previewHeight)
	if err != nil {
		return err
	}
	if s.Preview, err = encodePreview(output.Image(small)); err != nil {
		return err
	}
	if _, err := g.collection.Add(s); err != nil {
		return err
	}
	g.keep(name, tensors)
	return nil
}

// Remove forgets the style, and what was loaded of it: the next one of that name is
// another.
func (w webStyles) Remove(name string) error {
	g := w.engine.gallery
	if err := g.collection.Remove(name); err != nil {
		return err
	}
	g.forget(name)
	return nil
}
