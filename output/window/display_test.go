package window

import (
	"errors"
	"net"
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
	x := listen(t, "unix", "@/tmp/.X11-unix/X59001")
	defer x.Close()
	remote := listen(t, "tcp", "127.0.0.1:0")
	defer remote.Close()
	port := remote.Addr().(*net.TCPAddr).Port

	for _, test := range []struct {
		name, want string // "": a window can be opened
		env        map[string]string
	}{
		{"nothing set", "DISPLAY is not set: there is no screen", nil},
		{"X", "", map[string]string{"DISPLAY": ":59001"}},
		{"X with a screen", "", map[string]string{"DISPLAY": "unix:59001.0"}},
		{"X that is gone", "the display :59002 does not answer", map[string]string{"DISPLAY": ":59002"}},
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

func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
