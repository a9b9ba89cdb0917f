//go:build linux

package scripts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// newDebian is a Debian with Go, on which some packages are installed.
func newDebian(t *testing.T, user string, installed ...string) *machine {
	m := newMachine(t)
	m.tool("go", "")
	m.tool("id", "echo "+user)
	m.tool("dpkg-query", `for p in `+strings.Join(installed, " ")+`; do [ "${@: -1}" = "$p" ] && echo -n installed; done; true`)
	m.tool("apt-get", `echo "apt-get $*" >> `+m.asks+`; if [ "$1" = download ]; then echo deb > coturn_1_any.deb; fi`)
	m.tool("apt-cache", `case "$1" in
show) printf 'Package: coturn\nDepends: libssl3 (>= 3), libc6\n' ;;
policy) printf '%s:\n  Installed: (none)\n  Candidate: 1.2\n' "$2" ;;
esac`)
	m.tool("dpkg-deb", `mkdir -p "$3/usr/bin" && printf '#!/bin/bash\n' > "$3/usr/bin/turnserver" && chmod +x "$3/usr/bin/turnserver"`)
	m.tool("ldd", "echo 'libssl.so.3 => /lib/libssl.so.3'")
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
	m.tool("turnserver", "")
	if out, complaint, ok := m.run([]string{"./setup.sh", "test"}); !ok || out+complaint+m.asked() != "" {
		t.Errorf("ended well: %t, printed %q, complained %q, called %q", ok, out, complaint, m.asked())
	}
}

func TestSetupTellsWhatStopsIt(t *testing.T) {
	failing := newDebian(t, root)
	failing.tool("apt-get", "echo 'E: Unable to locate package'; exit 100")
	noGo := newDebian(t, root)
	noGo.remove("go")
	old := newDebian(t, root)
	old.tool("go", `[ "$1" = version ] && echo 'go version go1.19.8 linux/amd64' && exit
printf "go: errors parsing go.mod:\n/stylecam/go.mod:3: invalid go version '1.26.0': must match format 1.23\n" >&2; exit 1`)
	alone := newDebian(t, root) // new enough to fetch another, and may not
	alone.tool("go", `[ "$1 $GOTOOLCHAIN" = "version local" ] && echo 'go version go1.22.2 linux/amd64' && exit
echo 'go: download go1.26.0 for linux/amd64: toolchain not available' >&2; exit 1`)
	elsewhere := newDebian(t, root)
	elsewhere.remove("dpkg-query")
	for want, m := range map[string]*machine{
		"E: Unable to locate package\nstylecam: apt-get failed": failing,
		"Go is missing; install 1.":                             noGo,
		"stylecam: go1.19.8 cannot build this, nor fetch what can (/stylecam/go.mod:3: invalid go version '1.26.0': must match format 1.23); install Go 1.": old,
		"stylecam: go1.22.2 cannot build this, nor fetch what can (go: download go1.26.0 for linux/amd64: toolchain not available); install Go 1.":          alone,
		"this is no Debian or Ubuntu; install OpenCV 4": elsewhere,
	} {
		if _, complaint, ok := m.run([]string{"./setup.sh", "run"}); ok || !strings.Contains(complaint, want) || m.asked() != "" {
			t.Errorf("ended well: %t, complained %q, want %q, called %q", ok, complaint, want, m.asked())
		}
	}
}

// Ubuntu has Chromium as a snap alone, which apt tells only once it knows any packages.
func TestSetupLeavesOutAChromiumThatAptHasNot(t *testing.T) {
	for name, c := range map[string]struct {
		apt, missing, installs string
	}{
		"Debian":               {`candidate=1.2`, "nodejs chromium", "nodejs chromium"},
		"Debian, no lists yet": {`grep -q update "$asks" && candidate=1.2`, "chromium", "chromium"},
		"Ubuntu":               {`[ "$2" = coturn ] && candidate=4.6`, "nodejs chromium", "nodejs"},
		"Ubuntu, no lists yet": {`[ "$2" = coturn ] && grep -q update "$asks" && candidate=4.6`, "nodejs chromium", "nodejs"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newDebian(t, root)
			m.tool("turnserver", "")
			m.tool("dpkg-query", `[[ " `+c.missing+` " == *" ${@: -1} "* ]] || echo -n installed`)
			m.tool("apt-cache", "asks="+m.asks+"; candidate='(none)'; "+c.apt+"\n"+`echo "  Candidate: $candidate"`)
			if _, complaint, ok := m.run([]string{"./setup.sh", "browser"}); !ok {
				t.Fatal(complaint)
			}
			if want := "apt-get install -y --no-install-recommends " + c.installs + "\n"; !strings.HasSuffix(m.asked(), want) {
				t.Errorf("called %q, want %q", m.asked(), want)
			}
		})
	}
	m := newDebian(t, nobody) // with all the rest there: nothing to do, so no root is wanted
	m.tool("turnserver", "")
	m.tool("dpkg-query", `[ "${@: -1}" = chromium ] || echo -n installed`)
	m.tool("apt-cache", `[ "$2" = coturn ] && echo '  Candidate: 4.6'`)
	if out, complaint, ok := m.run([]string{"./setup.sh", "browser"}); !ok || out+complaint+m.asked() != "" {
		t.Errorf("ended well: %t, printed %q, complained %q, called %q", ok, out, complaint, m.asked())
	}
}

// Installed, coturn's package would run a relay that is open to everybody.
func TestSetupUnpacksCoturnAndInstallsNoService(t *testing.T) {
	m := newDebian(t, root)
	if _, complaint, ok := m.run([]string{"./setup.sh", "browser"}); !ok {
		t.Fatal(complaint)
	}
	for call := range strings.Lines(m.asked()) {
		if strings.Contains(call, "coturn") && call != "apt-get download coturn\n" {
			t.Errorf("called %q", call)
		}
	}
	if !strings.Contains(m.asked(), "satisfy -y --no-install-recommends libssl3 (>= 3), libc6") {
		t.Errorf("its libraries are not asked for: %q", m.asked())
	}
	server := filepath.Join(m.home, ".cache/stylecam/coturn/usr/bin/turnserver")
	if info, err := os.Stat(server); err != nil || info.Mode()&0o100 == 0 {
		t.Errorf("%s: %v", server, err)
	}
	first := m.asked()
	m.tool("dpkg-query", "echo -n installed")
	if _, complaint, ok := m.run([]string{"./setup.sh", "browser"}); !ok || m.asked() != first {
		t.Errorf("again: %q, called %q", complaint, m.asked())
	}
}

func TestSetupWithoutRootUnpacksCoturnIfItsLibrariesAreThere(t *testing.T) {
	for _, there := range []bool{true, false} {
		m := newDebian(t, nobody)
		m.tool("dpkg-query", "echo -n installed")
		if !there {
			m.tool("ldd", "echo 'libssl.so.3 => not found'")
		}
		_, complaint, ok := m.run([]string{"./setup.sh", "browser"})
		if ok != there || strings.Contains(complaint, "apt-get satisfy -y") == there {
			t.Errorf("libraries there: %t; ended well: %t, complained %q", there, ok, complaint)
		}
	}
}
