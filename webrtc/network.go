package webrtc

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
	"golang.org/x/net/netutil"
)

// Network is where media comes and goes: one UDP port and one TCP port that all
// peers share, which is what a firewall has to let through.
type Network struct {
	settings   webrtc.SettingEngine
	iceServers []webrtc.ICEServer
	port       int
	closers    []func() error
}

// After these an unreachable peer counts as disconnected, and as gone; and this
// often an idle connection is proved alive.
const (
	iceDisconnected = 4 * time.Second
	iceFailed       = 8 * time.Second
	iceKeepAlive    = time.Second
)

// NewNetwork opens the ports on ip, and tells peers of no other address; all of them
// if it is unspecified. Port 0 lets the system choose. iceServers are STUN and TURN
// servers: stun:HOST, or turn:USER:PASSWORD@HOST[?transport=tcp].
func NewNetwork(ip net.IP, port int, iceServers []string) (*Network, error) {
	n, err := newOutwardNetwork(iceServers)
	if err != nil {
		return nil, err
	}
	err = n.listen(ip, port)
	for range 9 {
		if port != 0 || !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
		_ = n.Close() // the system's choice for UDP was somebody's for TCP
		err = n.listen(ip, port)
	}
	if err != nil {
		_ = n.Close()
		return nil, fmt.Errorf("media port %d: %w; choose another by --webrtc-port", port, &PortError{Media: true, Err: err})
	}
	return n, nil
}

// allNetworks are UDP, and TCP for where a firewall lets nothing else through, IPv4's
// before IPv6's.
var allNetworks = [...]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP6}

// newOutwardNetwork listens on nothing: each peer has ports of its own, for
// connections that we begin.
func newOutwardNetwork(iceServers []string) (*Network, error) {
	n := &Network{}
	for _, s := range iceServers {
		server, err := parseICEServer(s)
		if err != nil {
			return nil, err
		}
		n.iceServers = append(n.iceServers, server)
	}
	n.settings.SetIncludeLoopbackCandidate(true)
	n.settings.SetNetworkTypes(allNetworks[:])
	n.settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	n.settings.SetICETimeouts(iceDisconnected, iceFailed, iceKeepAlive)
	n.settings.LoggerFactory = silence
	return n, nil
}

// silence is pion's log: what matters of it comes as errors and states.
var silence = &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}

func (n *Network) listen(ip net.IP, port int) error {
	types, tcpHost := allNetworks[:], ""
	if ip.Equal(net.IPv6loopback) {
		ip = net.IPv4(127, 0, 0, 1) // the same machine, for media
	}
	if !ip.IsUnspecified() {
		if types = allNetworks[:2]; ip.To4() == nil {
			types = allNetworks[2:]
		}
		tcpHost = ip.String()
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: ip, Port: port})
		if err != nil {
			return err
		}
		n.port = conn.LocalAddr().(*net.UDPAddr).Port
		mux := webrtc.NewICEUDPMux(silence.NewLogger("udp"), conn)
		n.settings.SetICEUDPMux(mux)
		n.closers = append(n.closers, mux.Close)
		n.settings.SetIPFilter(ip.Equal)
	} else {
		mux, err := ice.NewMultiUDPMuxFromPort(port, ice.UDPMuxFromPortWithLoopback(), ice.UDPMuxFromPortWithIPFilter(routable),
			ice.UDPMuxFromPortWithLogger(silence.NewLogger("udp")))
		if err != nil {
			return err
		}
		n.port = port
		n.settings.SetICEUDPMux(mux)
		n.closers = append(n.closers, mux.Close)
		n.settings.SetIPFilter(routable)
	}
	n.settings.SetNetworkTypes(types)
	n.settings.DisableActiveTCP(true) // who offers an address to connect to may mean somebody else's

	listener, err := net.Listen("tcp", net.JoinHostPort(tcpHost, fmt.Sprint(n.port)))
	if err != nil {
		return err
	}
	tcp := ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener:             netutil.LimitListener(listener, mostConnections), // who connects has shown no token yet
		ReadBufferSize:       64,
		WriteBufferSize:      1 << 20, // a second or two; a viewer that is slower than that loses packets, and holds up nobody
		FirstStunBindTimeout: 10 * time.Second,
		Logger:               silence.NewLogger("tcp"),
	})
	n.settings.SetICETCPMux(tcp)
	n.closers = append(n.closers, tcp.Close, listener.Close)
	return nil
}

// routable leaves out addresses that mean something on one wire only: browsers
// cannot use them without a zone.
func routable(ip net.IP) bool { return !ip.IsLinkLocalUnicast() }

// Port is the number of the UDP and of the TCP port, 0 where several addresses
// each have their own.
func (n *Network) Port() int { return n.port }

// Close closes the ports. Every peer is closed before.
func (n *Network) Close() error {
	var errs []error
	for _, c := range n.closers {
		if err := c(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	n.closers = nil
	return errors.Join(errs...)
}

// parseICEServer reads stun:HOST or turn:USER:PASSWORD@HOST.
func parseICEServer(s string) (webrtc.ICEServer, error) {
	scheme, rest, _ := strings.Cut(s, ":")
	login, host, hasLogin := strings.Cut(rest, "@")
	if !hasLogin {
		host = rest
	}
	switch scheme {
	case "stun", "stuns":
		if host != "" && !hasLogin {
			return webrtc.ICEServer{URLs: []string{scheme + ":" + host}}, nil
		}
	case "turn", "turns":
		user, password, ok := strings.Cut(login, ":")
		user, err1 := url.PathUnescape(user)
		password, err2 := url.PathUnescape(password)
		if hasLogin && ok && host != "" && err1 == nil && err2 == nil {
			return webrtc.ICEServer{URLs: []string{scheme + ":" + host}, Username: user, Credential: password}, nil
		}
	}
	// Not %q of it all: there is a password in it.
	return webrtc.ICEServer{}, fmt.Errorf("ICE server %q…: give stun:HOST[:PORT] or turn:USER:PASSWORD@HOST[:PORT][?transport=tcp]", scheme)
}

// CheckICEServer tells what is wrong with an ICE server's text, without repeating
// the password that may be in it.
func CheckICEServer(s string) error {
	_, err := parseICEServer(s)
	return err
}

// links are the ICE servers as the Link headers of RFC 9725, 4.6.
func (n *Network) links() []string {
	var links []string
	for _, s := range n.iceServers {
		for _, u := range s.URLs {
			link := fmt.Sprintf("<%s>; rel=\"ice-server\"", u)
			if s.Username != "" {
				link += fmt.Sprintf("; username=%q; credential=%q; credential-type=\"password\"", s.Username, s.Credential)
			}
			links = append(links, link)
		}
	}
	return links
}
