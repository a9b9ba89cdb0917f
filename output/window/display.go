package window

import (
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"stylecam/filter"
)

// Check tells whether a window can be opened, and if not, why. It must be asked
// first: Qt ends the whole process where it finds no display.
func Check(getenv func(string) string) error {
	err := dial(getenv)
	if err == nil {
		return nil
	}
	return fmt.Errorf("no window: %w; write to a file (--out FILE.mp4) instead: %w", err, filter.ErrMissing)
}

func dial(getenv func(string) string) error {
	platform, _, _ := strings.Cut(getenv("QT_QPA_PLATFORM"), ":")
	platform, _, _ = strings.Cut(platform, ";")
	switch platform {
	case "offscreen", "minimal", "vnc":
		return nil // draws into memory
	case "wayland", "wayland-egl":
		return dialWayland(getenv)
	case "", "xcb":
		return dialX(getenv)
	}
	return fmt.Errorf("QT_QPA_PLATFORM is %q, of which nothing is known here; unset it", platform)
}

// dialTime is how long a display on another machine is waited for.
const dialTime = 3 * time.Second

func dialWayland(getenv func(string) string) error {
	name := getenv("WAYLAND_DISPLAY")
	if name == "" {
		return fmt.Errorf("WAYLAND_DISPLAY is not set: there is no Wayland session here")
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(getenv("XDG_RUNTIME_DIR"), name)
	}
	conn, err := net.DialTimeout("unix", name, dialTime)
	if err != nil {
		return fmt.Errorf("the Wayland session %s does not answer (%w)", name, err)
	}
	return conn.Close()
}

// dialX connects to the X server as libxcb does: locally by its socket, first the
// abstract one, and to other machines by TCP.
func dialX(getenv func(string) string) error {
	display := getenv("DISPLAY")
	if display == "" {
		if getenv("WAYLAND_DISPLAY") != "" {
			return fmt.Errorf("DISPLAY is not set, and Qt needs it under Wayland too; install xwayland, or qtwayland5 and set QT_QPA_PLATFORM=wayland")
		}
		return fmt.Errorf("DISPLAY is not set: there is no screen here")
	}
	host, number, err := parseDisplay(display)
	if err != nil {
		return err
	}
	conn, err := connect(host, number)
	if err != nil {
		return fmt.Errorf("the display %s does not answer (%w)", display, err)
	}
	defer conn.Close()
	if host != "" && !isLoopback(conn) {
		return nil // its cookies are filed under addresses; Qt will find them
	}
	if err := greet(conn, cookie(getenv, number)); err != nil {
		return fmt.Errorf("the display %s refuses us (%w); log in there as yourself, or set XAUTHORITY", display, err)
	}
	return nil
}

func connect(host string, number int) (net.Conn, error) {
	if host != "" {
		return net.DialTimeout("tcp", net.JoinHostPort(host, strconv.Itoa(6000+number)), dialTime)
	}
	socket := "/tmp/.X11-unix/X" + strconv.Itoa(number)
	conn, err := net.DialTimeout("unix", "@"+socket, dialTime)
	if err != nil {
		return net.DialTimeout("unix", socket, dialTime)
	}
	return conn, nil
}

func isLoopback(conn net.Conn) bool {
	at, ok := conn.RemoteAddr().(*net.TCPAddr)
	return ok && at.IP.IsLoopback()
}

// parseDisplay reads [HOST]:NUMBER[.SCREEN]; the host is "" for this machine.
func parseDisplay(s string) (host string, number int, err error) {
	colon := strings.LastIndexByte(s, ':')
	if colon >= 0 {
		digits, _, _ := strings.Cut(s[colon+1:], ".")
		number, err = strconv.Atoi(digits)
	}
	if colon < 0 || err != nil || number < 0 || number > 59535 {
		return "", 0, fmt.Errorf("DISPLAY is %q, not of the form :0", s)
	}
	host = s[:colon]
	if host == "unix" || strings.HasSuffix(host, "/unix") || strings.HasPrefix(host, "unix/") {
		host = ""
	}
	return strings.Trim(host, "[]"), number, nil
}
