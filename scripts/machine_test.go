//go:build linux

// Package scripts_test runs the shell scripts that set a machine up, among tools
// that only pretend: no network, no package manager, any processor.
package scripts_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// machine is a place to run a script in: a home, and a PATH that holds what every
// Debian has and what a test puts there.
type machine struct {
	t         *testing.T
	home, bin string
	asks      string // a file in which the pretended tools note their arguments
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, home: t.TempDir(), bin: t.TempDir()}
	m.asks = filepath.Join(m.bin, "asked")
	for _, tool := range []string{"bash", "env", "awk", "dirname", "readlink", "sha256sum", "mkdir", "mktemp", "mv", "cp", "rm", "chmod", "tail", "sed", "grep", "tar", "gzip"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(m.bin, tool)); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// file puts a program into PATH, in the place of the link to a real one of that
// name: what is written through a link is written to this computer's.
func (m *machine) file(name string, content []byte) string {
	m.t.Helper()
	path := filepath.Join(m.bin, name)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o755); err != nil {
		m.t.Fatal(err)
	}
	return path
}

// tool is a program of PATH, in the shell's words.
func (m *machine) tool(name, body string) {
	m.t.Helper()
	m.file(name, []byte("#!/bin/bash\n"+body+"\n"))
}

func (m *machine) remove(name string) {
	m.t.Helper()
	if err := os.Remove(filepath.Join(m.bin, name)); err != nil {
		m.t.Fatal(err)
	}
}

// asked is what the pretended tools were called with, a line a call.
func (m *machine) asked() string {
	text, _ := os.ReadFile(m.asks)
	return string(text)
}

// run returns what a script prints, what it complains of, and whether it ended well.
func (m *machine) run(script []string, env ...string) (out, complaint string, ok bool) {
	m.t.Helper()
	cmd := exec.Command(script[0], script[1:]...)
	cmd.Env = append([]string{"HOME=" + m.home, "PATH=" + m.bin}, env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		m.t.Fatal(err)
	}
	return strings.TrimSpace(stdout.String()), stderr.String(), err == nil
}

// The tools of PATH are links to this computer's, through which a pretended tool must
// not be written.
func TestToolsOfThisComputerStayAsTheyAre(t *testing.T) {
	m := newMachine(t)
	real := filepath.Join(t.TempDir(), "tail")
	if err := os.WriteFile(real, []byte("real"), 0o755); err != nil {
		t.Fatal(err)
	}
	m.remove("tail")
	if err := os.Symlink(real, filepath.Join(m.bin, "tail")); err != nil {
		t.Fatal(err)
	}
	m.tool("tail", "echo pretended")
	if content, err := os.ReadFile(real); err != nil || string(content) != "real" {
		t.Errorf("the tool behind the link became %q, %v", content, err)
	}
	if out, _, _ := m.run([]string{"bash", "-c", "tail"}); out != "pretended" {
		t.Errorf("tail says %q, want what it was to pretend", out)
	}
}
