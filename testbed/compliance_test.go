package testbed

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"
)

// fails are the names of the tests that v4l2-compliance failed.
func fails(said []byte) map[string]bool {
	failed := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^\s*test (.*): FAIL$`).FindAllSubmatch(said, -1) {
		failed[string(m[1])] = true
	}
	return failed
}

func compliance(t *testing.T) []byte {
	t.Helper()
	ctx, cancel := testContext(t, time.Minute)
	defer cancel()
	out, _ := exec.CommandContext(ctx, "v4l2-compliance", "-d", virtual).CombinedOutput() // its status counts failures
	if !bytes.Contains(out, []byte("Total for")) {
		t.Fatalf("v4l2-compliance came to no end:\n%s", out)
	}
	return out
}

// The driver has failures of its own: those that it has with ffmpeg for producer
// as well. This file is the last, since v4l2loopback 0.12 is dead for the next
// producer once ffmpeg has left.
func TestComplianceAsWithFFmpeg(t *testing.T) {
	needMachine(t)
	p := startFeed(t, "-camera card")
	ours := compliance(t)
	p.skip()
	p.wait("pictures=", slowly) // and it goes on
	p.stop(os.Interrupt)
	tool(t, slowly, "v4l2-ctl", "-d", virtual, "-c", "keep_format=0,sustain_framerate=0")

	start(t, exec.Command("ffmpeg", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=15",
		"-pix_fmt", "yuyv422", "-f", "v4l2", virtual))
	device := openVirtual(t)
	for begin := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		if c, err := device.Capability(); err == nil && c.Captures && !c.Outputs {
			break
		}
		if time.Since(begin) > time.Minute {
			t.Fatal("ffmpeg does not feed the virtual camera")
		}
	}
	_ = device.Close()
	theirs := fails(compliance(t))
	t.Logf("with ffmpeg %d tests fail, with stylecam %d", len(theirs), len(fails(ours)))
	for name := range fails(ours) {
		if !theirs[name] {
			t.Errorf("%s fails, which it does not with ffmpeg:\n%s", name, ours)
		}
	}
}
