package testbed

import (
	"bytes"
	"context"
	"os/exec"
	"regexp"
	"testing"

	video "stylecam/v4l2"
)

// fails are the names of the tests that v4l2-compliance failed.
func fails(said []byte) map[string]bool {
	failed := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^\s*test (.*): FAIL$`).FindAllSubmatch(said, -1) {
		failed[string(m[1])] = true
	}
	return failed
}

func compliance(t *testing.T, device string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	out, _ := exec.CommandContext(ctx, "v4l2-compliance", "-d", device).CombinedOutput() // its status counts failures
	if !bytes.Contains(out, []byte("Total for")) {
		t.Fatalf("v4l2-compliance came to no end:\n%s", out)
	}
	return out
}

// The driver has failures of its own: those that it has with ffmpeg for producer
// as well.
func TestComplianceAsWithFFmpeg(t *testing.T) {
	needMachine(t)
	leaveOneBuffer(t, examined)
	leaveOneBuffer(t, byFFmpeg)
	p := startFeed(t, "-camera card -out "+examined)
	said := compliance(t, examined)
	p.skip()
	p.waitForPictures(recovery) // and it goes on
	p.end(0)

	start(t, exec.Command("ffmpeg", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=15",
		"-pix_fmt", "yuyv422", "-f", "v4l2", byFFmpeg))
	waitUntilFed(t, byFFmpeg, patience)
	ours, theirs := fails(said), fails(compliance(t, byFFmpeg))
	t.Logf("with ffmpeg %d tests fail, with stylecam %d", len(theirs), len(ours))
	for name := range ours {
		if !theirs[name] {
			t.Errorf("%s fails, which it does not with ffmpeg:\n%s", name, said)
		}
	}
}

// leaveOneBuffer asks for a single buffer, as v4l2-compliance will, while nobody
// writes: the driver takes the others off its list without a lock, and a write()
// that comes in between brings the kernel down (seen with 0.13.2 on a busy host).
func leaveOneBuffer(t *testing.T, device string) {
	t.Helper()
	d, err := video.Open(device)
	if err != nil {
		t.Fatal(err)
	}
	_ = d.Map(1) // mapping it may fail, as nobody has set a format yet
	_ = d.Close()
}
