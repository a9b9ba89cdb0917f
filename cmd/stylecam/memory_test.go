package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Ten thousand pictures through the whole program, with nothing for the networks to
// paint, leave it as large as it was: also in what Go's heap does not hold.
func TestMemoryOfTheProgramStaysFlat(t *testing.T) {
	library := needRuntime(t)
	cmd := exec.CommandContext(t.Context(), "stylecam", "run", "--input", "card", "--out", "null", "--frames", "10000",
		"--size", "160x120", "--fps", "1000", "--person-mode", "original", "--background-mode", "original")
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "ONNXRUNTIME_LIB="+library)
	progress, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var sizes []int // in KiB, every two seconds
	var said []string
	for lines := bufio.NewScanner(progress); lines.Scan(); {
		said = append(said, lines.Text())
		if kib := resident(cmd.Process.Pid); kib > 0 && strings.HasPrefix(lines.Text(), "painting: ") {
			sizes = append(sizes, kib)
		}
	}
	if err := cmd.Wait(); err != nil || len(sizes) < 3 || !strings.Contains(strings.Join(said, "\n"), "painted 10000 frames") {
		t.Fatalf("%v, measured %v KiB:\n%s", err, sizes, strings.Join(said, "\n"))
	}
	t.Logf("KiB every two seconds: %v", sizes)
	if grown := sizes[len(sizes)-1] - sizes[0]; grown > 16<<10 { // two KiB a picture; a frame has 56
		t.Errorf("it grew by %d KiB", grown)
	}
}

// resident is what a process has in memory, in KiB; 0 of one that has ended.
func resident(pid int) (kib int) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		_, _ = fmt.Sscanf(line, "VmRSS: %d kB", &kib)
	}
	return kib
}
