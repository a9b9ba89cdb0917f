//go:build linux

package scripts_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// downloader is a machine on which onnxruntime.sh runs.
type downloader struct {
	*machine
	script string
}

// The libraries that are served. Each way's has its own sum.
var (
	wheelLib = []byte("the wheel's library")
	nodeLib  = []byte("the library of npm's package and the release")
)

// newDownloader has the processor that `uname -m` would tell, and a script that
// pins what the tests serve instead of the true libraries.
func newDownloader(t *testing.T, processor string) *downloader {
	t.Helper()
	m := &downloader{machine: newMachine(t)}
	// What PATH names may be a wrapper that wants tools of its own.
	python, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		t.Fatal(err)
	}
	m.tool("python3", `exec `+strings.TrimSpace(string(python))+` "$@"`)
	m.tool("uname", `[ "$1" = -s ] && echo Linux || echo `+processor)
	m.tool("ldconfig", "")

	script, err := os.ReadFile("onnxruntime.sh")
	if err != nil {
		t.Fatal(err)
	}
	for pin, served := range map[string][]byte{"wheel_sha": wheel(t), "wheel_lib_sha": wheelLib, "node_lib_sha": nodeLib} {
		line := regexp.MustCompile(pin + `=[0-9a-f]{64}\b`)
		if n := len(line.FindAll(script, -1)); n != 2 {
			t.Fatalf("%s is pinned %d times, not for two processors", pin, n)
		}
		script = line.ReplaceAll(script, []byte(pin+"="+sum(served)))
	}
	script = bytes.ReplaceAll(script, []byte("/sbin/ldconfig"), []byte("ldconfig"))
	m.script = m.file("onnxruntime.sh", script)
	return m
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// The three ways, each of which serves an archive.

func (m *downloader) pip(archive []byte) {
	m.tool("pip", fmt.Sprintf(`[ "$1" = --version ] && exit
echo "pip $*" >> %s
while [ $# -gt 0 ]; do
	[ "$1" = --dest ] && dest=$2
	[ "$1" = --platform ] && platform=$2
	shift
done
cp %s "$dest/onnxruntime-1.31.1-cp312-cp312-$platform.whl"`, m.asks, m.file("served.whl", archive)))
}

func (m *downloader) npm(archive []byte) {
	m.tool("npm", fmt.Sprintf(`echo "npm $*" >> %s
cp %s onnxruntime-node-1.30.0.tgz`, m.asks, m.file("served-npm.tgz", archive)))
}

func (m *downloader) curl(archive []byte) {
	m.tool("curl", fmt.Sprintf(`echo "curl $*" >> %s
while [ "$1" != --output ]; do shift; done
cp %s "$2"`, m.asks, m.file("served-release.tgz", archive)))
}

func wheel(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("onnxruntime/capi/libonnxruntime.so.1.31.1")
	if err == nil {
		_, err = w.Write(wheelLib)
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tgz(t *testing.T, name string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(content))})
	if err == nil {
		_, err = w.Write(content)
	}
	if err := errors.Join(err, w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func npmPackage(t *testing.T, node string, lib []byte) []byte {
	return tgz(t, "package/bin/napi-v6/linux/"+node+"/libonnxruntime.so.1", lib)
}

func release(t *testing.T, arch string, lib []byte) []byte {
	return tgz(t, "onnxruntime-linux-"+arch+"-1.30.0/lib/libonnxruntime.so.1.30.0", lib)
}

func (m *downloader) run(env ...string) (out, complaint string, ok bool) {
	m.t.Helper()
	return m.machine.run([]string{m.script}, env...)
}

// wants runs the script and compares what it then has in its cache, which is all.
func (m *downloader) wants(version string, content []byte) (complaint string) {
	m.t.Helper()
	cache := filepath.Join(m.home, ".cache", "stylecam")
	want := filepath.Join(cache, "libonnxruntime.so."+version)
	out, complaint, ok := m.run()
	if !ok || out != want {
		m.t.Fatalf("printed %q, want %q\n%s", out, want, complaint)
	}
	if got, err := os.ReadFile(want); err != nil || !bytes.Equal(got, content) {
		m.t.Errorf("%s holds %q, %v", want, got, err)
	}
	if left, _ := os.ReadDir(cache); len(left) != 1 {
		m.t.Errorf("left in the cache: %v", left)
	}
	return complaint
}

var processors = []struct{ uname, node, release string }{
	{"x86_64", "x64", "x64"},
	{"aarch64", "arm64", "aarch64"},
}

func TestByPip(t *testing.T) {
	for _, p := range processors {
		t.Run(p.uname, func(t *testing.T) {
			m := newDownloader(t, p.uname)
			m.pip(wheel(t))
			m.wants("1.31.1", wheelLib)
			if want := "--platform manylinux_2_28_" + p.uname; !strings.Contains(m.asked(), want) {
				t.Errorf("asked for %q, not for %s", m.asked(), want)
			}
			// The second time nobody is asked.
			m.tool("pip", "exit 1")
			m.wants("1.31.1", wheelLib)
		})
	}
}

func TestByNpmWithoutPip(t *testing.T) {
	for _, p := range processors {
		t.Run(p.uname, func(t *testing.T) {
			m := newDownloader(t, p.uname)
			m.tool("python3", "exit 1") // whose pip counts too
			m.npm(npmPackage(t, p.node, nodeLib))
			m.wants("1.30.0", nodeLib)
			if !strings.Contains(m.asked(), "onnxruntime-node@1.30.0") {
				t.Errorf("asked for %q", m.asked())
			}
		})
	}
}

func TestByReleaseWithoutPipAndNpm(t *testing.T) {
	for _, p := range processors {
		t.Run(p.uname, func(t *testing.T) {
			m := newDownloader(t, p.uname)
			m.tool("python3", "exit 1")
			m.curl(release(t, p.release, nodeLib))
			m.wants("1.30.0", nodeLib)
			want := "https://github.com/microsoft/onnxruntime/releases/download/v1.30.0/onnxruntime-linux-" + p.release + "-1.30.0.tgz"
			if !strings.HasSuffix(strings.TrimSpace(m.asked()), " "+want) {
				t.Errorf("asked for %q, not for %s", m.asked(), want)
			}
		})
	}
}

func TestTamperedLibrariesAreRefused(t *testing.T) {
	m := newDownloader(t, "x86_64")
	m.pip(append(wheel(t), 0))
	m.npm(npmPackage(t, "x64", []byte("another library")))
	m.curl(release(t, "x64", nodeLib))
	complaint := m.wants("1.30.0", nodeLib)
	for _, want := range []string{"came by pip with another sha256", "came by npm with another sha256"} {
		if !strings.Contains(complaint, want) {
			t.Errorf("does not say that it %s:\n%s", want, complaint)
		}
	}
}

func TestDamagedCacheIsFilledAgain(t *testing.T) {
	m := newDownloader(t, "x86_64")
	m.pip(wheel(t))
	m.wants("1.31.1", wheelLib)
	path := filepath.Join(m.home, ".cache", "stylecam", "libonnxruntime.so.1.31.1")
	if err := os.WriteFile(path, wheelLib[:5], 0o644); err != nil {
		t.Fatal(err)
	}
	m.wants("1.31.1", wheelLib)
}

func TestWheelWithoutUnzip(t *testing.T) {
	if _, err := exec.LookPath("unzip"); err == nil {
		m := newDownloader(t, "x86_64")
		m.tool("unzip", `echo "unzip $*" >> `+m.asks+`; exec `+must(exec.LookPath("unzip"))+` "$@"`)
		m.pip(wheel(t))
		m.wants("1.31.1", wheelLib)
		if !strings.Contains(m.asked(), "unzip ") {
			t.Error("unzip was there and was not used")
		}
	}
	m := newDownloader(t, "x86_64") // has none
	m.pip(wheel(t))
	m.wants("1.31.1", wheelLib)
}

func must(path string, _ error) string { return path }

// Nothing works: one line says what to do, and nothing is left.
func TestNoWayLeft(t *testing.T) {
	m := newDownloader(t, "x86_64")
	m.tool("pip", `[ "$1" = --version ]`)
	m.tool("npm", "exit 1")
	m.tool("curl", "exit 22")
	out, complaint, ok := m.run()
	if ok || out != "" || !strings.Contains(complaint, "set ONNXRUNTIME_LIB") {
		t.Errorf("ended well: %t, printed %q, complained %q", ok, out, complaint)
	}
	if left, err := os.ReadDir(filepath.Join(m.home, ".cache", "stylecam")); err != nil || len(left) != 0 {
		t.Errorf("left in the cache: %v, %v", left, err)
	}
}

func TestUnknownProcessor(t *testing.T) {
	if out, complaint, ok := newDownloader(t, "riscv64").run(); ok || out != "" || !strings.Contains(complaint, "no library is pinned for Linux on riscv64") {
		t.Errorf("ended well: %t, printed %q, complained %q", ok, out, complaint)
	}
}

// An installed library of a fitting version comes before any download.
func TestInstalledLibraryComesFirst(t *testing.T) {
	m := newDownloader(t, "x86_64")
	old, fitting := m.file("libonnxruntime.so.1.23.9", nil), m.file("libonnxruntime.so.1.26.0", nil)
	if out, complaint, ok := m.run("ONNXRUNTIME_LIB=" + fitting); !ok || out != fitting {
		t.Errorf("printed %q, complained %q", out, complaint)
	}
	if out, complaint, ok := m.run("ONNXRUNTIME_LIB=/none.so"); ok || out != "" || !strings.Contains(complaint, "/none.so, which is not there; unset it") {
		t.Errorf("ended well: %t, printed %q, complained %q", ok, out, complaint)
	}
	listed := func(libs ...string) {
		list := "printf '\\tlibc.so.6 (libc6,x86-64) => /lib/libc.so.6\\n'\n"
		for _, lib := range libs {
			list += "printf '\\tlibonnxruntime.so.1 (libc6,x86-64) => " + lib + "\\n'\n"
		}
		m.tool("ldconfig", list)
	}
	listed(old, fitting)
	if out, complaint, ok := m.run(); !ok || out != fitting {
		t.Errorf("printed %q, complained %q", out, complaint)
	}
	listed(old)
	m.pip(wheel(t))
	m.wants("1.31.1", wheelLib)
	listed(fitting) // but broken
	if out, complaint, ok := m.machine.run([]string{m.script, "cache"}); !ok || !strings.HasSuffix(out, "/stylecam/libonnxruntime.so.1.31.1") {
		t.Errorf("printed %q, complained %q", out, complaint)
	}
}
