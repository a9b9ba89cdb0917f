//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

func toldTo(stderr io.Writer) *program {
	return newProgram("stylecam", nil, io.Discard, stderr, func(string) string { return "" })
}

// A log has a line every two seconds, with the rate and the time left.
func TestProgressInALog(t *testing.T) {
	for name, c := range map[string]struct {
		total uint64
		quiet bool
		want  string
	}{
		"a film":       {total: 100, want: "painting: 20 of 100 frames, 12.3 fps, 8 s left\npainting: 50 of 100 frames, 25.0 fps, 4 s left\n"},
		"without end":  {total: 0},
		"who is quiet": {total: 100, quiet: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told bytes.Buffer
				p := toldTo(&told)
				p.quiet = c.quiet
				bar, start := p.bar(c.total), time.Now()
				for _, at := range []struct {
					seconds time.Duration
					done    uint64
					fps     float64
				}{{1, 10, 12.34}, {2, 20, 12.34}, {3, 30, 20}, {4, 50, 25}, {8, 100, 25}} {
					time.Sleep(at.seconds*time.Second - time.Since(start))
					bar.show(at.done, at.fps)
				}
				bar.end()
				if told.String() != c.want {
					t.Errorf("told %q, want %q", told.String(), c.want)
				}
			})
		})
	}
}

// Before the first frame there is no time left to tell, whatever has passed.
func TestProgressOfNothingYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told bytes.Buffer
		bar := toldTo(&told).bar(100)
		time.Sleep(time.Minute)
		bar.show(0, 0)
		if told.Len() > 0 {
			t.Errorf("told %q", told.String())
		}
	})
}

// A terminal has a bar, on one line.
func TestProgressOnATerminal(t *testing.T) {
	screen, terminal := openTerminal(t)
	bar := toldTo(terminal).bar(100)
	bar.show(25, 12.34)
	bar.end()
	if err := terminal.Close(); err != nil {
		t.Fatal(err)
	}
	seen, _ := io.ReadAll(screen) // whose end is an error: nobody has the terminal open
	for _, want := range []string{"painting, 12.3 fps", " 25% ", "(25/100)"} {
		if !strings.Contains(string(seen), want) {
			t.Errorf("no %q in %q", want, seen)
		}
	}
	if n := bytes.Count(seen, []byte("\n")); n != 1 {
		t.Errorf("%d lines: %q", n, seen)
	}
}

// openTerminal is a terminal, and what would show it.
func openTerminal(t *testing.T) (screen, terminal *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminal can be made here: ", err)
	}
	t.Cleanup(func() { _ = screen.Close() })
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return screen, terminal
}
