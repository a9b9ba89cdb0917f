// Package packaging tests what `make install` brings beside the program, with the
// tools that will read it: systemd, a desktop, man, and three shells.
package packaging

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// need skips a test where a tool is not there.
func need(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		t.Skipf("%s is not there: scripts/setup.sh test", tool)
	}
}

// run runs a command in an environment with additions and returns what it printed.
func run(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// sources looks at all that the program is made of, as make will: the cache of test
// results knows only what a test itself has looked at.
func sources(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path != root && (d.Name()[0] == '.' || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if errors.Is(err, fs.ErrNotExist) { // of another test, which has ended
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestInstall(t *testing.T) {
	sources(t, "..")
	root := t.TempDir()
	run(t, []string{"MAKEFLAGS="}, "make", "-C", "..", "install", "DESTDIR="+root, "PREFIX=/usr")
	program := filepath.Join(root, "usr/bin/stylecam")
	path := "PATH=" + filepath.Dir(program) + ":" + os.Getenv("PATH")

	t.Run("files", func(t *testing.T) {
		var got []string
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				file, _ := filepath.Rel(root, path)
				got = append(got, file)
			}
			return err
		})
		want := []string{
			"usr/bin/stylecam",
			"usr/lib/systemd/user/stylecam.service",
			"usr/share/applications/stylecam.desktop",
			"usr/share/bash-completion/completions/stylecam",
			"usr/share/doc/stylecam/NOTICE",
			"usr/share/fish/vendor_completions.d/stylecam.fish",
			"usr/share/man/man1/stylecam.1",
			"usr/share/zsh/site-functions/_stylecam",
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("installed: %v, %v; want %v", got, err, want)
		}
	})

	t.Run("unit", func(t *testing.T) {
		need(t, "systemd-analyze")
		unit, err := os.ReadFile(filepath.Join(root, "usr/lib/systemd/user/stylecam.service"))
		if err != nil {
			t.Fatal(err)
		}
		const command = "ExecStart=/usr/bin/stylecam run --input camera --out v4l2:/dev/video10\n"
		if !bytes.Contains(unit, []byte(command)) {
			t.Errorf("the unit does not hold %q:\n%s", command, unit)
		}
		if !bytes.Contains(unit, []byte("\nRestartSec=30\n")) {
			t.Errorf("while something is missing it may start once in half a minute, no more:\n%s", unit)
		}
		// The program that it names has to be there; its root is not ours to change.
		staged := filepath.Join(t.TempDir(), "stylecam.service")
		if err := os.WriteFile(staged, bytes.Replace(unit, []byte("/usr/bin/stylecam"), []byte(program), 1), 0o644); err != nil {
			t.Fatal(err)
		}
		if said := run(t, []string{"XDG_RUNTIME_DIR=" + t.TempDir()}, "systemd-analyze", "--user", "--man=no", "verify", staged); said != "" {
			t.Error(said) // its status is 0 whatever it says
		}
	})

	t.Run("desktop entry", func(t *testing.T) {
		need(t, "desktop-file-validate")
		run(t, nil, "desktop-file-validate", filepath.Join(root, "usr/share/applications/stylecam.desktop"))
	})

	t.Run("manual page", func(t *testing.T) {
		need(t, "mandoc")
		page := filepath.Join(root, "usr/share/man/man1/stylecam.1")
		run(t, nil, "mandoc", "-T", "lint", "-W", "error", page)
		bold := regexp.MustCompile(`.\x08`) // a letter, and again over it
		text := bold.ReplaceAllString(run(t, nil, "mandoc", "-T", "utf8", page), "")
		for _, want := range []string{"webcam filter", "--on-failure", "v4l2:/dev/videoN", "devices"} {
			if !strings.Contains(text, want) {
				t.Errorf("it does not speak of %q", want)
			}
		}
	})

	// Each shell completes words of the command line, and prints what it offers.
	for shell, tt := range map[string]struct{ file, script string }{
		"bash": {"usr/share/bash-completion/completions/stylecam", `
			source "$0"
			COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
			_stylecam
			printf '%s\n' "${COMPREPLY[@]}"`},
		"zsh": {"usr/share/zsh/site-functions/_stylecam", `
			_describe() { print -l -- ${(P)2} }
			_files() { print file }
			compdef() { print -u2 'compdef within a completion'; exit 1 }
			fpath=(${0:h} $fpath); autoload -Uz _stylecam
			words=("$@") CURRENT=$#
			_stylecam`},
		"fish": {"usr/share/fish/vendor_completions.d/stylecam.fish", `
			source $argv[1]
			complete -C (string join -- ' ' $argv[2..]) | cut -f 1`},
	} {
		t.Run(shell, func(t *testing.T) {
			need(t, shell)
			home := []string{path, "HOME=" + t.TempDir()}
			for _, c := range []struct {
				words []string
				want  string
			}{
				{[]string{"stylecam", "ru"}, "run"},
				{[]string{"stylecam", "styles", ""}, "preview"},
				{[]string{"stylecam", "run", "--idl"}, "--idle"},
			} {
				args := slices.Concat([]string{"-c", tt.script, filepath.Join(root, tt.file)}, c.words)
				if offered := strings.Fields(run(t, home, shell, args...)); !slices.Contains(offered, c.want) {
					t.Errorf("%q is completed by %q, want %s among it", c.words, offered, c.want)
				}
			}
		})
	}

	t.Run("notifies systemd", func(t *testing.T) { testNotify(t, program) })
}

// The program tells a socket such as systemd's that it is ready, that all is well,
// and that it stops.
func testNotify(t *testing.T, program string) {
	name := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	cmd := exec.Command(program, "run", "--input", "card", "--size", "320x240", "--out", "null")
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+name, "WATCHDOG_USEC=1000000")
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Wait()
		_ = socket.SetReadDeadline(time.Now().Add(time.Second)) // what it said last is there by now
	}()
	heard := make(chan string)
	go func() {
		defer close(heard)
		for buf := make([]byte, 256); ; {
			n, err := socket.Read(buf)
			if err != nil {
				return
			}
			heard <- string(buf[:n])
		}
	}()
	for _, want := range []string{"READY=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"} {
		if want == "STOPPING=1" {
			_ = cmd.Process.Signal(os.Interrupt)
		}
		for got := ""; got != want; {
			select {
			case state, more := <-heard:
				if !more {
					if strings.Contains(said.String(), "make runtime") && os.Getenv("NEED_RUNTIME") == "" {
						t.Skip("ONNX Runtime is not there: make runtime")
					}
					t.Fatalf("ended before %s: %v\n%s", want, <-ended, said.String())
				}
				if got = state; got != want && got != "WATCHDOG=1" {
					t.Fatalf("heard %q, want %s", got, want)
				}
			case <-time.After(5 * time.Minute):
				t.Fatalf("not heard within 5 minutes: %s", want)
			}
		}
	}
	var exit *exec.ExitError
	if err := <-ended; !errors.As(err, &exit) || exit.ExitCode() != 130 { // SuccessExitStatus
		t.Errorf("ended with %v, want status 130", err)
	}
}
