//go:build linux

package window

import (
	"bufio"
	"bytes"
	"errors"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stylecam/card"
	"stylecam/filter"
	"stylecam/frame"
)

// shots is where the screenshots go, for people to look at.
var shots = filepath.Join("..", "..", "out", "window")

// screen is an X server in memory.
type screen struct{ display string }

func newScreen(t *testing.T) screen {
	t.Helper()
	for program, from := range map[string]string{"Xvfb": "xvfb", "xdotool": "xdotool", "import": "imagemagick"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no window is opened: %s is not installed: apt-get install %s", program, from)
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	server := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "800x640x24", "-nolisten", "tcp")
	server.ExtraFiles = []*os.File{w}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt)
		_ = server.Wait()
	})
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb does not start: %v", err)
	}
	return screen{":" + strings.TrimSpace(number)}
}

// tool runs a program on the screen.
func (s screen) tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+s.display)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
	return string(bytes.TrimSpace(out))
}

// look returns what the screen shows, and keeps it under a name.
func (s screen) look(t *testing.T, name string) image.Image {
	t.Helper()
	if err := os.MkdirAll(shots, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(shots, name+".png")
	s.tool(t, "import", "-window", "root", path)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// program is this test binary showing the test card.
type program struct {
	cmd    *exec.Cmd
	lines  chan string // what it prints
	stderr bytes.Buffer
	window string // X's number of it
}

func (s screen) start(t *testing.T, folder string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(os.Args[0]), lines: make(chan string, 100)}
	p.cmd.Env = append(os.Environ(), asProgram+"="+folder, "DISPLAY="+s.display, "QT_QPA_PLATFORM=xcb")
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(p.lines)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.lines <- lines.Text()
		}
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-read
		_ = p.cmd.Wait()
	})
	p.window, _, _ = strings.Cut(s.tool(t, "xdotool", "search", "--sync", "--onlyvisible", "--name", "^stylecam$"), "\n")
	s.tool(t, "xdotool", "windowmove", "--sync", p.window, "0", "0", "windowfocus", "--sync", p.window)
	return p
}

// hears waits for a line.
func (p *program) hears(t *testing.T, want string) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				t.Fatalf("the program ended before it said %q: %s", want, p.stderr.String())
			}
			if line == want {
				return
			}
			t.Logf("said %q, waiting for %q", line, want)
		case <-limit:
			t.Fatalf("the program never said %q: %s", want, p.stderr.String())
		}
	}
}

// ends waits for the program's good end.
func (p *program) ends(t *testing.T) {
	t.Helper()
	for line := range p.lines {
		t.Log("said", line)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v: %s", err, p.stderr.String())
	}
}

// until looks at the screen until it shows what is wanted.
func (s screen) until(t *testing.T, name string, want func(image.Image) bool) {
	t.Helper()
	if !s.shows(t, name, want, 20*time.Second) {
		t.Fatalf("the screen never showed it; see %s", filepath.Join(shots, name+".png"))
	}
}

// toggle presses a key until the screen shows what is wanted, a few times at most: on a busy machine a key can get lost, or be repeated where its
// release is late. What the other keys do is asked for once.
func (s screen) toggle(t *testing.T, key, name string, want func(image.Image) bool) {
	t.Helper()
	for range 4 {
		s.tool(t, "xdotool", "key", key)
		if s.shows(t, name, want, 10*time.Second) {
			return
		}
	}
	t.Fatalf("the screen never showed what key %s turns on or off; see %s", key, filepath.Join(shots, name+".png"))
}

func (s screen) shows(t *testing.T, name string, want func(image.Image) bool, within time.Duration) bool {
	t.Helper()
	for deadline := time.Now().Add(within); ; {
		if want(s.look(t, name)) {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}

func TestWindow(t *testing.T) {
	s := newScreen(t)
	folder := filepath.Join(t.TempDir(), "out")
	p := s.start(t, folder)
	press := func(key string) { s.tool(t, "xdotool", "key", key) }

	s.until(t, "mirrored", func(m image.Image) bool { return barsAreMirrored(m) })
	press("f")
	s.until(t, "unmirrored", func(m image.Image) bool { return barsAreUpright(m) })
	press("f")

	for _, step := range []struct{ key, want string }{
		{"n", "set: starry-night 1,1 0.5,0.3 painted false"},
		{"bracketleft", "set: starry-night 0.9,0.9 0.5,0.3 painted false"},
		{"braceright", "set: starry-night 0.9,0.9 0.6,0.4 painted false"},
		{"space", "set: starry-night 0.9,0.9 0.6,0.4 original false"},
		{"m", "set: starry-night 0.9,0.9 0.6,0.4 mask false"},
		{"o", "set: starry-night 0.9,0.9 0.6,0.4 side false"},
		{"p", "set: scream 0.9,0.9 0.6,0.4 side false"},
	} {
		press(step.key)
		p.hears(t, step.want)
	}

	// One key at a time: of two that come between two pictures, Qt keeps the later.
	help := func(m image.Image) bool { return dark(m, 300, 11) }
	statistics := func(m image.Image) bool { return dark(m, 620, 11) }
	s.toggle(t, "h", "help", help)
	s.toggle(t, "i", "overlays", func(m image.Image) bool { return help(m) && statistics(m) })
	s.toggle(t, "h", "statistics", func(m image.Image) bool { return !help(m) && statistics(m) })
	s.toggle(t, "i", "bare", func(m image.Image) bool { return !help(m) && !statistics(m) })

	press("s")
	snapshot := waitForFile(t, filepath.Join(folder, "snapshot-*.png"))
	if seq, ok := card.ReadCode(snapshot); !ok {
		t.Errorf("the snapshot is not the picture as it came (frame %d)", seq)
	}

	press("b")
	p.hears(t, "set: scream 0.9,0.9 0.6,0.4 side true")
	s.until(t, "blank", func(m image.Image) bool { return dark(m, 600, 100) && dark(m, 200, 100) })

	press("q")
	p.hears(t, "closed by the user")
	p.ends(t)
}

func TestClosingTheWindowEndsTheRun(t *testing.T) {
	s := newScreen(t)
	p := s.start(t, t.TempDir())
	if err := closeWindow(s.display, p.window); err != nil {
		t.Fatal(err)
	}
	p.hears(t, "closed by the user")
	p.ends(t)
}

func TestInterruptEndsTheRun(t *testing.T) {
	s := newScreen(t)
	p := s.start(t, t.TempDir())
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	p.hears(t, "interrupted")
	p.ends(t)
}

// A window that breaks off with a picture in hand keeps nobody waiting.
func TestWriteEndsWithTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &Window{frames: make(chan *frame.Frame), shown: make(chan struct{}), gone: make(chan struct{})}
		go func() {
			<-w.frames
			close(w.gone)
		}()
		if err := w.Write(t.Context(), new(frame.Frame)); !errors.Is(err, filter.ErrClosed) {
			t.Errorf("error is %v, want %v", err, filter.ErrClosed)
		}
	})
}

// Without a display it is one line, not the toolkit's end of the process.
func TestNoDisplay(t *testing.T) {
	for _, display := range []string{"", ":59003"} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), asProgram+"=out", "DISPLAY="+display, "WAYLAND_DISPLAY=", "QT_QPA_PLATFORM=")
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.HasPrefix(string(out), "failed: no window: ") || strings.Count(string(out), "\n") != 1 {
			t.Errorf("with DISPLAY=%q: %v: %s", display, err, out)
		}
	}
}

// The card's bars begin with white and end with black; where they are found tells
// which way round the picture is. The window's own edge and tools lie around it.
func barsAreUpright(m image.Image) bool   { return bright(m, 40, 150) && dark(m, 600, 150) }
func barsAreMirrored(m image.Image) bool  { return dark(m, 40, 150) && bright(m, 600, 150) }
func bright(m image.Image, x, y int) bool { return luma(m, x, y) > 150 }
func dark(m image.Image, x, y int) bool   { return luma(m, x, y) < 60 }

func luma(m image.Image, x, y int) uint32 {
	r, g, b, _ := m.At(x, y).RGBA()
	return (r + g + b) / 3 >> 8
}

func waitForFile(t *testing.T, pattern string) *frame.Frame {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if names, _ := filepath.Glob(pattern); len(names) > 0 {
			return readPNG(t, names[0])
		}
	}
	t.Fatalf("%s never came", pattern)
	return nil
}

func readPNG(t *testing.T, path string) *frame.Frame {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	out := frame.New(m.Bounds().Dx(), m.Bounds().Dy())
	for y := range out.Height {
		for x := range out.Width {
			r, g, b, _ := m.At(x, y).RGBA()
			copy(out.Row(y)[3*x:], []byte{byte(b >> 8), byte(g >> 8), byte(r >> 8)})
		}
	}
	return out
}
