// Package testbed tests stylecam from camera to virtual camera on a machine that
// has both: the virtual one of v4l2-vm (see README.md). Elsewhere it skips.
//
//	vivid, /dev/video0 ──> producer ──> v4l2loopback, /dev/video10 ──> readers
//	 unplugged, frozen,    a process     of two versions               v4l2-ctl, ffmpeg,
//	 made to fail          of its own                                  v4l2-compliance, our own
//
// Its limits are ten times those that hold outside, where emulation does not slow
// things down (filter's tests measure them there).
package testbed

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// What v4l2-vm has, and what is asked of it. A virtual camera keeps the fewest
// buffers that a reader ever asked for, and of 0.12 it is dead once a producer that
// only write()s has left; what does either has one of its own.
const (
	vivid         = "/dev/video0"
	virtual       = "/dev/video10"
	examined      = "/dev/video11" // by v4l2-compliance
	byFFmpeg      = "/dev/video12" // fed
	buffers       = 16             // of each, and of all who read it
	width, height = 320, 180
	pictureSize   = width * height * 2
)

const (
	recovery = 20 * time.Second // 2 s outside: until a lost camera is noticed, and back
	waking   = 10 * time.Second // 1 s outside
	resting  = 50 * time.Second // 5 s outside: as startFeed is told
	patience = 5 * time.Minute  // for what has no limit of its own: programs start slowly
)

// needMachine skips a test, from here and not from its caller: one line tells of all.
func needMachine(t *testing.T) {
	if driver() == "" {
		t.Skip("runs in the virtual machine alone: make test-vm")
	}
}

// driver is the version of v4l2loopback.
func driver() string { return os.Getenv("V4L2VM") }

// oneStream tells whether the driver lets one reader alone stream, oneReader whether
// it does not let another read() either.
func oneStream() bool { return driver() != "0.12.7" }
func oneReader() bool { return oneStream() && driver() != "0.13.2" }

// keepsCard tells whether the driver shows the last card to those who come between runs.
func keepsCard() bool { return !oneReader() }

// tool runs a program and returns what it printed.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience) // at the end of a test, too
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// control sets vivid's controls.
func control(t *testing.T, settings string) {
	t.Helper()
	tool(t, "v4l2-ctl", "-d", vivid, "-c", settings)
}

// unplug takes vivid away, plug brings it back.
func unplug(t *testing.T) { t.Helper(); tellVivid(t, "unbind") }
func plug(t *testing.T)   { t.Helper(); tellVivid(t, "bind") }

// replugAtEnd gives vivid its number back, for the tests that follow. What holds it
// must have let go by then: this is to be called first.
func replugAtEnd(t *testing.T) {
	t.Cleanup(func() {
		_ = os.WriteFile(driverOfVivid+"unbind", []byte("vivid.0"), 0) // if it is there
		plug(t)
	})
}

const driverOfVivid = "/sys/bus/platform/drivers/vivid/"

func tellVivid(t *testing.T, what string) {
	t.Helper()
	if err := os.WriteFile(driverOfVivid+what, []byte("vivid.0"), 0); err != nil {
		t.Fatal(err)
	}
}
