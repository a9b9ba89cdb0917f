package infer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"stylecam/filter"
	"stylecam/native"
)

// askChild names the variable that makes this test binary open the runtime, print
// what came of it, and end: a process loads ONNX Runtime but once.
const askChild = "INFER_TEST_OPEN"

func TestMain(m *testing.M) {
	library, ask := os.LookupEnv(askChild)
	if !ask {
		os.Exit(m.Run())
	}
	r, err := Open(Options{Library: library, Provider: CPU})
	switch {
	case errors.Is(err, filter.ErrMissing):
		fmt.Print("missing: ", err)
	case err != nil:
		fmt.Print("failed: ", err)
	default:
		fmt.Print("opened: ", r.LibraryPath(), " ", r.Version())
	}
}

// openInChild says what Open does in a fresh process with an environment of its own.
func openInChild(t *testing.T, library string, env ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(self)
	// Under the race detector a process lingers for a second at its end, to tell more.
	child.Env = append([]string{askChild + "=" + library, "HOME=" + t.TempDir(), "GORACE=atexit_sleep_ms=0"}, env...)
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("the process died: %v\n%s", err, out)
	}
	if bytes.Contains(out, []byte("\n")) {
		t.Errorf("more than one line: %q", out)
	}
	return string(out)
}

// realLibrary is the path and content of the library that the other tests use.
func realLibrary(t *testing.T) (string, []byte) {
	t.Helper()
	path := onCPU(t).LibraryPath()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, content
}

func TestLibrariesThatDoNotServe(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("libraries are looked into on Linux alone")
	}
	_, good := realLibrary(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	older := bytes.Clone(good)
	at := bytes.Index(older, []byte("\x00VERS_1.")) // the symbols' version
	if at < 0 {
		t.Skip("this library's symbols carry no version")
	}
	copy(older[at+1:], "VERS_1.9.")
	foreign := bytes.Clone(good)
	foreign[18] ^= 0xff // e_machine

	tests := map[string]struct {
		content []byte
		says    string
	}{
		"empty":                  {nil, "is no shared library"},
		"a text":                 {[]byte("#!/bin/sh\n"), "is no shared library"},
		"cut in its header":      {good[:40], "is no shared library"},
		"cut in its code":        {good[:1<<20], "cut short"},
		"too old":                {older, "1.24 or a newer 1.x is needed"},
		"for another processor":  {foreign, "another processor"},
		"some program":           {other, "is no"},
		"broken section headers": {append(append([]byte{}, good[:40]...), append(bytes.Repeat([]byte{0xff}, 8), good[48:]...)...), "is no shared library"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "libonnxruntime.so")
			if err := os.WriteFile(path, test.content, 0o644); err != nil {
				t.Fatal(err)
			}
			got := openInChild(t, path)
			for _, want := range []string{"missing: ONNX Runtime", "(--onnxruntime)", path, test.says, "; leave --onnxruntime out"} {
				if !strings.Contains(got, want) {
					t.Errorf("%q does not say %q", got, want)
				}
			}
			if strings.Contains(got, "runtime install") {
				t.Errorf("%q: no other would be tried", got)
			}
		})
	}
}

func TestSearchForTheLibrary(t *testing.T) {
	path, good := realLibrary(t)
	folder := t.TempDir()
	put := func(name string, content []byte) string {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cached := put("cache/stylecam/libonnxruntime.so.1.31.1", good)
	put("broken/libonnxruntime.so", []byte("nothing"))
	cache := "XDG_CACHE_HOME=" + filepath.Join(folder, "cache")
	beside := "LD_LIBRARY_PATH=" + filepath.Dir(path)
	broken := "LD_LIBRARY_PATH=" + filepath.Join(folder, "broken")
	none := filepath.Join(folder, "none.so")

	tests := map[string]struct {
		library string
		env     []string
		says    string
	}{
		"the option comes first":        {path, []string{cache, "ONNXRUNTIME_LIB=" + none}, "opened: " + path},
		"then the environment":          {"", []string{cache, "ONNXRUNTIME_LIB=" + path}, "opened: " + path},
		"which is not passed over":      {"", []string{cache, "ONNXRUNTIME_LIB=" + none}, "missing: ONNX Runtime: missing (ONNXRUNTIME_LIB): stat " + none},
		"until that is unset":           {"", []string{cache, "ONNXRUNTIME_LIB=" + none}, "no such file or directory; unset ONNXRUNTIME_LIB"},
		"then the linker's folders":     {"", []string{cache, beside}, "opened: " + filepath.Dir(path)},
		"which may hold what is broken": {"", []string{cache, broken}, "opened: " + cached},
		"a folder is no library":        {folder, nil, "is no file"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := openInChild(t, test.library, test.env...); !strings.HasPrefix(got, test.says) && !strings.Contains(got, " "+test.says) {
				t.Errorf("got %q, want %q", got, test.says)
			}
		})
	}
	t.Run("nothing anywhere", func(t *testing.T) {
		got := openInChild(t, "")
		if strings.HasPrefix(got, "opened: ") {
			t.Skip("this system has an ONNX Runtime installed: ", got)
		}
		if !strings.HasPrefix(got, "missing: ") || !strings.Contains(got, "run `stylecam runtime install`") {
			t.Errorf("got %q", got)
		}
	})
}

// Who has only the GPU's build computes on the CPU by it too.
func TestTheGPUsBuildServesTheCPU(t *testing.T) {
	_, good := realLibrary(t)
	cache := t.TempDir()
	build := native.Builds[0]
	folder := native.System{Cache: filepath.Join(cache, "stylecam")}.Folder(build)
	if err := errors.Join(os.MkdirAll(folder.Path, 0o755), os.WriteFile(folder.Library(), good, 0o644)); err != nil {
		t.Fatal(err)
	}
	for _, path := range folder.Preload() {
		if err := os.Link(folder.Library(), path); err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range build.Wheels {
		receipt := fmt.Sprintf(`{"sha256": %q, "files": [{"name": %q, "bytes": %d}]}`, w.SHA256, filepath.Base(folder.Library()), len(good))
		if err := os.WriteFile(filepath.Join(folder.Path, w.Project+".json"), []byte(receipt), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := openInChild(t, "", "XDG_CACHE_HOME="+cache); !strings.HasPrefix(got, "opened: "+folder.Library()) {
		if strings.HasPrefix(got, "opened: ") {
			t.Skip("this system has an ONNX Runtime installed: ", got)
		}
		t.Errorf("got %q", got)
	}
}

// The library, left to itself, keeps an identifier in the cache and reports its use
// under it.
func TestLibraryReportsToNobody(t *testing.T) {
	path, _ := realLibrary(t)
	home := t.TempDir()
	if got := openInChild(t, path, "HOME="+home); !strings.HasPrefix(got, "opened: ") {
		t.Fatal(got)
	}
	left, err := os.ReadDir(home)
	if err != nil || len(left) != 0 {
		t.Errorf("the home holds %v, %v", left, err)
	}
}

func TestSecondLibraryIsRefused(t *testing.T) {
	r := onCPU(t)
	if again, err := Open(Options{Provider: CPU, Library: r.LibraryPath()}); err != nil || again.LibraryPath() != r.LibraryPath() {
		t.Errorf("the same once more: %v", err)
	}
	if _, err := Open(Options{Provider: CPU, Library: "/other/libonnxruntime.so"}); !errors.Is(err, filter.ErrMissing) {
		t.Errorf("error is %v", err)
	}
}

func TestProviders(t *testing.T) {
	auto := openRuntime(t, Options{})
	if auto.Provider() == "cuda" {
		t.Skip("this machine has CUDA; what happens without it is seen elsewhere")
	}
	if auto.Provider() != "cpu" || auto.Fallback() == "" || strings.Contains(auto.Fallback(), "\n") {
		t.Errorf("auto took %s because of %q", auto.Provider(), auto.Fallback())
	}
	if cpu := onCPU(t); cpu.Provider() != "cpu" || cpu.Fallback() != "" {
		t.Errorf("cpu gave %s because of %q", cpu.Provider(), cpu.Fallback())
	}
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	for _, p := range []Provider{CUDA, TensorRT} {
		_, err := Open(Options{Provider: p})
		if !errors.Is(err, filter.ErrMissing) || !strings.Contains(err.Error(), "provider "+p.String()) {
			t.Errorf("%s: error is %v", p, err)
		}
	}
	if left, err := os.ReadDir(cache); err != nil || len(left) > 0 {
		t.Errorf("nothing was compiled, and the cache holds %v, %v", left, err)
	}
}

// TensorRT has no option for it, and CUDA's says nothing of its libraries' own.
func TestSinglePrecisionIsWhole(t *testing.T) {
	onCPU(t)
	if got := os.Getenv("NVIDIA_TF32_OVERRIDE"); got != "0" {
		t.Errorf("NVIDIA_TF32_OVERRIDE is %q", got)
	}
}

func TestProofOfAProvider(t *testing.T) {
	if err := onCPU(t).prove(); err != nil {
		t.Errorf("the CPU cannot add: %v", err)
	}
}

func TestParseProvider(t *testing.T) {
	for _, p := range []Provider{Auto, CPU, CUDA, TensorRT} {
		if got, err := ParseProvider(p.String()); err != nil || got != p {
			t.Errorf("%s became %s, %v", p, got, err)
		}
	}
	if _, err := ParseProvider("gpu"); err == nil || !strings.Contains(err.Error(), "cuda") {
		t.Errorf("error is %v", err)
	}
}

func TestLibrarysWordsWithoutTheirOrigin(t *testing.T) {
	for long, want := range map[string]string{
		"/src/core/session/provider_bridge_ort.cc:1988 onnxruntime::Provider& onnxruntime::ProviderLibrary::Get() [ONNXRuntimeError] : 1 : FAIL : Failed to load library": "Failed to load library",
		"CUDA execution provider is not enabled in this build.":        "CUDA execution provider is not enabled in this build",
		"Error running network: Got invalid dimensions\n for input: x": "Error running network: Got invalid dimensions for input: x",
	} {
		if got := inWords(errors.New(long)); got != want {
			t.Errorf("%q became %q", long, got)
		}
	}
}
