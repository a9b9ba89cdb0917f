//go:build linux

// Package scripts_test runs the shell scripts that set a machine up, among tools
// that only pretend: no network, no package manager, any processor.
package scripts_test

import (
	"bytes"
	"errors"
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

func (m *machine) file(name string, content []byte) string {
	m.t.Helper()
	path := filepath.Join(m.bin, name)
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
