//go:build linux

package scripts_test

import (
	"strings"
	"testing"
)

// newDebian is a Debian with Go, on which some packages are installed.
func newDebian(t *testing.T, user string, installed ...string) *machine {
	m := newMachine(t)
	m.tool("go", "")
	m.tool("id", "echo "+user)
	m.tool("dpkg-query", `for p in `+strings.Join(installed, " ")+`; do [ "${@: -1}" = "$p" ] && echo -n installed; done; true`)
	m.tool("apt-get", `echo "apt-get $*" >> `+m.asks)
	return m
}

const root, nobody = "0", "1000"

func TestSetupAsRootInstallsWhatIsMissing(t *testing.T) {
	m := newDebian(t, root, "build-essential", "ffmpeg")
	out, complaint, ok := m.run([]string{"./setup.sh", "run"})
	if !ok || complaint != "" || !strings.Contains(out, "installing") {
		t.Errorf("ended well: %t, printed %q, complained %q", ok, out, complaint)
	}
	calls := strings.Split(strings.TrimSpace(m.asked()), "\n")
	if len(calls) != 2 || calls[0] != "apt-get update" || !strings.HasPrefix(calls[1], "apt-get install -y --no-install-recommends ") {
		t.Fatalf("called %q", calls)
	}
	for name, want := range map[string]bool{"libopencv-core-dev": true, "python3-pip": true, "build-essential": false, "ffmpeg": false, "xvfb": false} {
		if got := strings.Contains(calls[1]+" ", " "+name+" "); got != want {
			t.Errorf("installs %s: %t, want %t", name, got, want)
		}
	}
}

func TestSetupWithoutRootTellsTheCommandAndStops(t *testing.T) {
	m := newDebian(t, nobody)
	out, complaint, ok := m.run([]string{"./setup.sh", "test"})
	if ok || out != "" || m.asked() != "" {
		t.Errorf("ended well: %t, printed %q, called %q", ok, out, m.asked())
	}
	if want := "apt-get update && apt-get install -y --no-install-recommends build-essential "; !strings.Contains(complaint, want) || !strings.Contains(complaint, " xvfb") {
		t.Errorf("complained %q, want %q", complaint, want)
	}
}

func TestSetupBySudo(t *testing.T) {
	m := newDebian(t, nobody)
	m.tool("sudo", `[ "$1" = -n ] && shift; echo -n "sudo " >> `+m.asks+`; "$@"`)
	m.tool("true", "")
	if _, complaint, ok := m.run([]string{"./setup.sh", "run"}); !ok || !strings.Contains(m.asked(), "sudo apt-get install -y") {
		t.Errorf("ended well: %t, called %q, complained %q", ok, m.asked(), complaint)
	}
}

func TestSetupWithAllThereIsSilent(t *testing.T) {
	m := newDebian(t, nobody)
	m.tool("dpkg-query", "echo -n installed")
	if out, complaint, ok := m.run([]string{"./setup.sh", "run"}); !ok || out+complaint+m.asked() != "" {
		t.Errorf("ended well: %t, printed %q, complained %q, called %q", ok, out, complaint, m.asked())
	}
}

func TestSetupTellsWhatStopsIt(t *testing.T) {
	failing := newDebian(t, root)
	failing.tool("apt-get", "echo 'E: Unable to locate package'; exit 100")
	noGo := newDebian(t, root)
	noGo.remove("go")
	elsewhere := newDebian(t, root)
	elsewhere.remove("dpkg-query")
	for want, m := range map[string]*machine{
		"E: Unable to locate package\nstylecam: apt-get failed": failing,
		"Go is missing; install 1.":                             noGo,
		"this is no Debian or Ubuntu; install OpenCV 4":         elsewhere,
	} {
		if _, complaint, ok := m.run([]string{"./setup.sh", "run"}); ok || !strings.Contains(complaint, want) {
			t.Errorf("ended well: %t, complained %q, want %q", ok, complaint, want)
		}
	}
}
