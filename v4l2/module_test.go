package v4l2

import (
	"path/filepath"
	"strings"
	"testing"
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
