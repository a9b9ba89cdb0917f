package native

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stylecam/filter"
)

// index is a package index of the test's own: a pip in front of it, on the PATH,
// that copies wheels and writes down what it was asked for.
type index struct {
	folder string
	build  Build
}

func newIndex(t *testing.T, projects ...string) *index {
	t.Helper()
	x := &index{folder: t.TempDir(), build: Build{Name: "test-build", ONNXRuntime: "1.0", CUDA: 13, Driver: 580}}
	for _, project := range projects {
		file := "lib" + project + ".so.1"
		path := filepath.Join(x.folder, project+"-1.0-py3-none-any.whl")
		writeWheel(t, path, map[string]string{"deep/in/" + file: "code of " + project, "deep/in/libother.so": "not wanted"})
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		x.build.Wheels = append(x.build.Wheels, Wheel{
			Project: project, Version: "1.0", SHA256: fmt.Sprintf("%x", sha256.Sum256(content)), Bytes: int64(len(content)), Files: []string{file},
		})
	}
	x.pip(t, `cp "$index/$project"-*.whl "$dest/"`)
	return x
}

// pip puts a pip on the PATH that does as told with a wish for $project.
func (x *index) pip(t *testing.T, does string) {
	t.Helper()
	script := `#!/bin/bash
[ "$1" = --version ] && exit
index=` + x.folder + `
while [ $# -gt 0 ]; do case $1 in --dest) dest=$2 ;; --requirement) wish=$(cat "$2") ;; esac; shift; done
project=${wish%%==*}
echo "$wish" >> "$index/asked"
` + does + "\n"
	if err := os.WriteFile(filepath.Join(x.folder, "pip"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", x.folder+":"+os.Getenv("PATH"))
}

func (x *index) asked(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(x.folder, "asked"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.Fields(strings.ReplaceAll(string(text), " --hash=sha256:", ":"))
}

func writeWheel(t *testing.T, path string, files map[string]string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	archive := zip.NewWriter(file)
	for name, content := range files {
		w, err := archive.Create(name)
		if err == nil {
			_, err = w.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
}

func silent(Progress) {}

func TestInstallBringsWhatIsWantedAndNothingTwice(t *testing.T) {
	x, s := newIndex(t, "one", "two"), system(t, nil)
	var last Progress
	f, err := s.Install(t.Context(), x.build, func(p Progress) { last = p })
	if err != nil {
		t.Fatal(err)
	}
	if last.Done != last.Total || last.Total == 0 {
		t.Errorf("ended at %+v", last)
	}
	if text, err := os.ReadFile(filepath.Join(f.Path, "libtwo.so.1")); string(text) != "code of two" {
		t.Errorf("libtwo.so.1 is %q, %v", text, err)
	}
	left, _ := os.ReadDir(f.Path)
	if len(left) != 4 { // two libraries, two receipts
		t.Errorf("the folder holds %v", left)
	}
	if !f.complete() {
		t.Error("what was installed is not complete")
	}
	if want := "one==1.0:" + x.build.Wheels[0].SHA256; x.asked(t)[0] != want {
		t.Errorf("pip was asked for %q, not %q", x.asked(t)[0], want)
	}

	// What is there is told by its name too.
	if _, err := s.Install(t.Context(), x.build, func(p Progress) { last = p }); err != nil || last.Project != "two" || len(x.asked(t)) != 2 {
		t.Errorf("once more: %v, told %+v, pip was asked for %v", err, last, x.asked(t))
	}

	// A library that has changed comes again, and no other.
	if err := os.WriteFile(filepath.Join(f.Path, "libtwo.so.1"), []byte("code of tw0"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Install(t.Context(), x.build, silent); err != nil {
		t.Fatal(err)
	}
	if asked := x.asked(t); len(asked) != 3 || !strings.HasPrefix(asked[2], "two==") {
		t.Errorf("pip was asked for %v", asked)
	}
	// Cut short, it does not count as installed.
	if err := os.Truncate(filepath.Join(f.Path, "libone.so.1"), 3); err != nil {
		t.Fatal(err)
	}
	if f.complete() {
		t.Error("a library that was cut short counts as installed")
	}
}

func TestInstallRefusesAnotherWheel(t *testing.T) {
	x, s := newIndex(t, "one"), system(t, nil)
	writeWheel(t, filepath.Join(x.folder, "one-1.0-py3-none-any.whl"), map[string]string{"libone.so.1": "something else"})
	f, err := s.Install(t.Context(), x.build, silent)
	if !errors.Is(err, filter.ErrInput) || !strings.Contains(err.Error(), "install test-build: one 1.0: ") || !strings.Contains(err.Error(), "not used") {
		t.Errorf("error is %v", err)
	}
	empty(t, f)
}

func TestInstallTellsWhatPipSaid(t *testing.T) {
	x, s := newIndex(t, "one", "two"), system(t, nil)
	x.pip(t, `[ "$project" = one ] && cp "$index/$project"-*.whl "$dest/" && exit
echo 'ERROR: Could not install: [Errno 28] No space left on device' >&2; exit 1`)
	f, err := s.Install(t.Context(), x.build, silent)
	if err == nil || !strings.Contains(err.Error(), "two 1.0: pip: Could not install: [Errno 28] No space left on device;") {
		t.Errorf("error is %v", err)
	}
	x.pip(t, `cp "$index/$project"-*.whl "$dest/"`)
	if _, err := s.Install(t.Context(), x.build, silent); err != nil || !f.complete() {
		t.Errorf("the second time: %v", err)
	}
	if asked := x.asked(t); len(asked) != 3 {
		t.Errorf("it did not go on where it was: %v", asked)
	}
}

func TestInstallStopsWhenToldTo(t *testing.T) {
	x, s := newIndex(t, "one"), system(t, nil)
	x.pip(t, `touch "$dest/begun"; exec sleep 60`)
	ctx, cancel := context.WithCancel(t.Context())
	f, err := s.Install(ctx, x.build, func(Progress) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	empty(t, f)
}

// One that is killed cannot clean up: the next does.
func TestInstallRemovesWhatAKilledOneLeft(t *testing.T) {
	x, s := newIndex(t, "one"), system(t, nil)
	left := filepath.Join(s.Folder(x.build).Path, ".download-123")
	if err := os.MkdirAll(left, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(left, "half.whl"), make([]byte, 1000), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Install(t.Context(), x.build, silent); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was left is still there: %v", err)
	}
}

func TestTwoInstallationsAtOnce(t *testing.T) {
	x, s := newIndex(t, "one"), system(t, nil)
	f := s.Folder(x.build)
	if err := os.MkdirAll(f.Path, 0o755); err != nil {
		t.Fatal(err)
	}
	leave, err := f.enter()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Install(t.Context(), x.build, silent); !errors.Is(err, filter.ErrMissing) || !strings.Contains(err.Error(), "another installation is at work") {
		t.Errorf("while another is at work: %v", err)
	}
	leave()
	if _, err := s.Install(t.Context(), x.build, silent); err != nil {
		t.Errorf("once it has ended: %v", err)
	}
}

func TestInstallStoppedBeforePipIsAsked(t *testing.T) {
	x, s := newIndex(t, "one"), system(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Install(ctx, x.build, silent); !errors.Is(err, context.Canceled) || errors.Is(err, filter.ErrMissing) {
		t.Errorf("error is %v", err)
	}
}

func TestWithoutPip(t *testing.T) {
	s := system(t, nil)
	t.Setenv("PATH", t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := s.Install(ctx, Build{Name: "b", Wheels: []Wheel{{Project: "p"}}}, silent)
	if !errors.Is(err, filter.ErrMissing) || !strings.Contains(err.Error(), "apt-get install python3-pip") {
		t.Errorf("error is %v", err)
	}
}

// empty wants nothing to be left in a folder.
func empty(t *testing.T, f Folder) {
	t.Helper()
	left, err := os.ReadDir(f.Path)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
