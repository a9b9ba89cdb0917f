package v4l2

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAdviceNamesWhatIsMissing(t *testing.T) {
	for _, tt := range []struct {
		name              string
		installed, secure bool
		want, not         string
	}{
		{"not loaded", true, false, "load the module: modprobe it", "apt install"},
		{"not installed", false, false, "apt install v4l2loopback-dkms && modprobe it", "Secure Boot"},
		{"Secure Boot", true, true, "mokutil --import", "apt install"},
	} {
		got := advice("modprobe it", tt.installed, tt.secure)
		if !strings.Contains(got, tt.want) || strings.Contains(got, tt.not) {
			t.Errorf("%s: %s", tt.name, got)
		}
	}
}

func TestInstalledForTheRunningKernel(t *testing.T) {
	var system unix.Utsname
	if err := unix.Uname(&system); err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, tt := range []struct {
		path, content string
		want          bool
	}{
		{"0.0.1/modules.dep", "updates/dkms/v4l2loopback.ko:\n", false}, // another kernel's
		{unix.ByteSliceToString(system.Release[:]) + "/modules.dep", "kernel/uvcvideo.ko:\n", false},
		{unix.ByteSliceToString(system.Release[:]) + "/modules.dep", "updates/dkms/v4l2loopback.ko.xz: kernel/videodev.ko\n", true},
	} {
		write(t, root, tt.path, tt.content)
		if got := installed(root); got != tt.want {
			t.Errorf("with %q: %v", tt.content, got)
		}
	}
}

func TestSecureBootVariable(t *testing.T) {
	root := t.TempDir()
	if secureBoot(root) {
		t.Error("on where there is no such variable")
	}
	path := "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
	for content, want := range map[string]bool{"\x06\x00\x00\x00\x00": false, "\x06\x00\x00\x00\x01": true, "\x01": false} {
		write(t, root, path, content)
		if got := secureBoot(root); got != want {
			t.Errorf("%q in %s: %v", content, filepath.Base(path), got)
		}
	}
}
