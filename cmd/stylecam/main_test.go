package main

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
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
	// Under nohup SIGHUP is ignored, and so it would be by every program started from
	// here; one that is caught is not inherited.
	hangUp := make(chan os.Signal, 1)
	signal.Notify(hangUp, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hangUp) })
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
			"cutout":   cutOut,
			"exits":    exits,
			"measured": measured,
			"oneline":  oneLineOfError,
			"panel":    panel,
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

// needRuntime is the library, without which the test is skipped.
func needRuntime(t *testing.T) string {
	t.Helper()
	library := runtimeLibrary(t)
	if library == "" {
		t.Skip("ONNX Runtime is not there: make runtime")
	}
	return library
}

// stillEngine paints single pictures, with no styles but the built-in ones.
func stillEngine(t *testing.T) (*program, *engine) {
	t.Helper()
	library := needRuntime(t)
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	p := newProgram("stylecam", nil, io.Discard, io.Discard, func(string) string { return "" })
	p.settings.library = library
	e, err := p.openEngine(t.Context(), use{still: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return p, e
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
	m := decode(ts, args[0])
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

// panel FIGURE N PICTURE wants the figure's panel N to show a picture.
func panel(ts *testscript.TestScript, _ bool, args []string) {
	figure, want := decode(ts, args[0]), decode(ts, args[2])
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	size := want.Bounds().Size()
	gap := (figure.Bounds().Dx() - 5*size.X) / 6
	at := image.Pt(gap+(n-1)*(size.X+gap), gap)
	for y := range size.Y {
		for x := range size.X {
			if got, want := nrgba(figure, at.X+x, at.Y+y), nrgba(want, x, y); far(got, want) {
				ts.Fatalf("panel %d of %s is %v at %d,%d, where %s is %v", n, args[0], got, x, y, args[2], want)
			}
		}
	}
}

// cutout CUT MASK PICTURE wants the picture as opaque as the mask is bright, in places
// not at all and in places wholly; and there in its own colours, but for a rim.
func cutOut(ts *testscript.TestScript, _ bool, args []string) {
	cut, mask, whole := decode(ts, args[0]), decode(ts, args[1]), decode(ts, args[2])
	size := whole.Bounds().Size()
	var clear, opaque, own int
	for y := range size.Y {
		for x := range size.X {
			got := nrgba(cut, x, y)
			if want := nrgba(mask, x, y).R; got.A != want {
				ts.Fatalf("%s has opacity %d at %d,%d, want %d", args[0], got.A, x, y, want)
			}
			switch {
			case got.A == 0:
				clear++
			case got.A == 255 && !far(got, nrgba(whole, x, y)):
				own++
				fallthrough
			case got.A == 255:
				opaque++
			}
		}
	}
	if least := size.X * size.Y / 10; clear < least || opaque < least || own < opaque/2 {
		ts.Fatalf("of %s %d pixels are clear and %d opaque, %d of them as in %s", args[0], clear, opaque, own, args[2])
	}
}

func decode(ts *testscript.TestScript, file string) image.Image {
	m, _, err := image.Decode(strings.NewReader(ts.ReadFile(file)))
	ts.Check(err)
	return m
}

func nrgba(m image.Image, x, y int) color.NRGBA {
	return color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
}

// far tells whether colours differ by more than decoders do.
func far(a, b color.NRGBA) bool {
	const most = 2
	apart := func(a, b uint8) bool { return max(a, b)-min(a, b) > most }
	return apart(a.R, b.R) || apart(a.G, b.G) || apart(a.B, b.B)
}
