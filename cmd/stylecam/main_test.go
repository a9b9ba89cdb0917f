package main

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"stylecam/infer"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"stylecam": main})
}

// TestScripts runs sessions at the command line: testdata/script/*.txtar. Each
// begins in a folder with photo.jpg and oddPictures, and an empty home.
func TestScripts(t *testing.T) {
	photo, err := os.ReadFile("../../capture/portrait/collins.jpg")
	if err != nil {
		t.Fatal(err)
	}
	library := runtimeLibrary(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("ONNXRUNTIME_LIB", library)
			if err := writeOddPictures(env.WorkDir, photo); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(env.WorkDir, "photo.jpg"), photo, 0o644)
		},
		Condition: func(condition string) (bool, error) {
			if condition == "runtime" {
				return library != "", nil
			}
			return false, fmt.Errorf("no condition %q is known", condition)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"measured": measured,
			"oneline":  oneLineOfError,
			"picture":  picture,
		},
	})
}

// runtimeLibrary is the ONNX Runtime that the program takes on this machine, "" if
// there is none, which `make test` does not let pass.
func runtimeLibrary(t testing.TB) string {
	runtime, err := infer.Open(infer.Options{Provider: infer.CPU})
	if err != nil {
		if os.Getenv("NEED_RUNTIME") != "" {
			t.Fatal(err)
		}
		return ""
	}
	defer runtime.Close()
	return runtime.LibraryPath()
}

// exits STATUS COMMAND... runs a command and compares its exit status.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// oneline wants the last command to have told its error in one line.
func oneLineOfError(ts *testscript.TestScript, _ bool, _ []string) {
	if text := ts.ReadFile("stderr"); strings.Count(text, "\n") != 1 {
		ts.Fatalf("want one line of error, got %q", text)
	}
}

// picture FILE WIDTHxHEIGHT wants a picture of that size that is not all one colour.
func picture(ts *testscript.TestScript, _ bool, args []string) {
	m, _, err := image.Decode(bytes.NewReader([]byte(ts.ReadFile(args[0]))))
	ts.Check(err)
	size := m.Bounds().Size()
	if got := fmt.Sprintf("%dx%d", size.X, size.Y); got != args[1] {
		ts.Fatalf("%s is %s, want %s", args[0], got, args[1])
	}
	first := m.At(0, 0)
	for y := range size.Y {
		for x := range size.X {
			if m.At(x, y) != first {
				return
			}
		}
	}
	ts.Fatalf("%s is all one colour", args[0])
}
