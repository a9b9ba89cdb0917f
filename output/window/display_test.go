package window

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"stylecam/filter"
)

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	wayland := listen(t, "unix", filepath.Join(dir, "wayland-0"))
	defer wayland.Close()
	xServer(t, listen(t, "unix", "@/tmp/.X11-unix/X59001"), "")
	xServer(t, listen(t, "unix", "@/tmp/.X11-unix/X59004"), "secret")
	remote := listen(t, "tcp", "127.0.0.1:0")
	xServer(t, remote, "")
	port := remote.Addr().(*net.TCPAddr).Port
	authority := filepath.Join(dir, "authority")
	if err := os.WriteFile(authority, []byte("\x00\x00\x00\x04\x7f\x00\x00\x01\x00\x0259\x00\x00\x00\x00"+
		"\xff\xff\x00\x00\x00\x0559004\x00\x12MIT-MAGIC-COOKIE-1\x00\x06secret"), 0o600); err != nil {
		t.Fatal(err)
	}

	for _, test := range []struct {
		name, want string // "": a window can be opened
		env        map[string]string
	}{
		{"nothing set", "DISPLAY is not set: there is no screen", nil},
		{"X", "", map[string]string{"DISPLAY": ":59001"}},
		{"X with a screen", "", map[string]string{"DISPLAY": "unix:59001.0"}},
		{"X that is gone", "the display :59002 does not answer", map[string]string{"DISPLAY": ":59002"}},
		{"X that knows us", "", map[string]string{"DISPLAY": ":59004", "XAUTHORITY": authority}},
		{"X that does not know us", "the display :59004 refuses us (No protocol specified)", map[string]string{"DISPLAY": ":59004"}},
		{"X elsewhere", "", map[string]string{"DISPLAY": "127.0.0.1:" + strconv.Itoa(port-6000)}},
		{"X elsewhere, gone", "does not answer", map[string]string{"DISPLAY": "127.0.0.1:1"}},
		{"nonsense", "not of the form :0", map[string]string{"DISPLAY": "screen"}},
		{"nonsense number", "not of the form :0", map[string]string{"DISPLAY": ":x"}},
		{"Wayland alone", "xwayland", map[string]string{"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": dir}},
		{"Wayland", "", map[string]string{"QT_QPA_PLATFORM": "wayland;xcb", "WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": dir}},
		{"Wayland that is gone", "does not answer", map[string]string{"QT_QPA_PLATFORM": "wayland", "WAYLAND_DISPLAY": filepath.Join(dir, "wayland-1")}},
		{"Wayland asked for in vain", "WAYLAND_DISPLAY is not set", map[string]string{"QT_QPA_PLATFORM": "wayland"}},
		{"offscreen", "", map[string]string{"QT_QPA_PLATFORM": "offscreen"}},
		{"a platform there is not", `QT_QPA_PLATFORM is "cocoa"`, map[string]string{"QT_QPA_PLATFORM": "cocoa"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := Check(func(name string) string { return test.env[name] })
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !errors.Is(err, filter.ErrMissing) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n")):
				t.Errorf("error %v, want one that tells %q", err, test.want)
			}
		})
	}
}

// xServer answers the first message of whoever shows the right cookie as X does.
func xServer(t *testing.T, l net.Listener, cookie string) {
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			hello := make([]byte, 128)
			n, _ := conn.Read(hello)
			answer := "\x01\x00\x0b\x00\x00\x00\x00\x00"
			if !strings.Contains(string(hello[:n]), cookie) {
				answer = "\x00\x16\x0b\x00\x00\x00\x06\x00No protocol specified\n\x00\x00"
			}
			_, _ = conn.Write([]byte(answer))
			conn.Close()
		}
	}()
}

func FuzzFindCookie(f *testing.F) {
	f.Add([]byte("\xff\xff\x00\x00\x00\x010\x00\x12MIT-MAGIC-COOKIE-1\x00\x06secret"))
	f.Add([]byte("\x01\x00\x00\x04host\x00\x00\x00\x12MIT-MAGIC-COOKIE-1\x00\x01x"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if cookie := findCookie(file, "host", "0"); len(cookie) > len(file) {
			t.Error("a cookie out of nothing")
		}
	})
}

func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
