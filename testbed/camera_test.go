// Package testbed tests stylecam from camera to virtual camera on a machine that
// has both: the virtual one of v4l2-vm (see README.md). Elsewhere it skips.
package testbed

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"stylecam/card"
	video "stylecam/v4l2"
)

// What v4l2-vm has, and what is asked of it.
const (
	vivid         = "/dev/video0"
	virtual       = "/dev/video10"
	width, height = 320, 180
	pictureSize   = width * height * 2
)

func needMachine(t *testing.T) {
	t.Helper()
	if os.Getenv("V4L2VM") == "" {
		t.Skip("runs in the virtual machine alone: make test-vm")
	}
}

// bars are the colours of vivid's 100 % bars, from the left: blue, green, red.
var bars = [8][3]byte{
	{255, 255, 255}, {0, 255, 255}, {255, 255, 0}, {0, 255, 0}, {255, 0, 255}, {0, 0, 255}, {255, 0, 0}, {0, 0, 0},
}

// checkBars compares the middles of the bars in a picture of blue, green, red.
func checkBars(t *testing.T, reader string, pix []byte) {
	t.Helper()
	for i, want := range bars {
		at := 3 * (height/2*width + width*(2*i+1)/16)
		got := pix[at : at+3]
		for c := range 3 {
			if d := int(got[c]) - int(want[c]); d < -6 || d > 6 {
				t.Errorf("%s reads bar %d as %v, want %v", reader, i, got, want)
				break
			}
		}
	}
}

func TestColoursAreRight(t *testing.T) {
	needMachine(t)
	control(t, "test_pattern=1,osd_text_mode=2")
	startFeed(t, "")
	checkBars(t, "v4l2-ctl", decode(read(t, 3)[2]).Pix)
	ctx, cancel := testContext(t, time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ffmpeg", "-loglevel", "error", "-f", "v4l2", "-i", virtual,
		"-frames:v", "2", "-f", "rawvideo", "-pix_fmt", "bgr24", "-").Output()
	if err != nil || len(out) != 2*3*width*height {
		t.Fatalf("ffmpeg: %v, %d bytes", err, len(out))
	}
	checkBars(t, "ffmpeg", out[3*width*height:])
	said := tool(t, 10*time.Second, "v4l2-ctl", "-d", virtual, "--get-fmt-video", "--get-parm")
	for _, want := range []string{"320/180", "YUYV", "sRGB", "15.000"} {
		if !strings.Contains(said, want) {
			t.Errorf("readers are not told %q:\n%s", want, said)
		}
	}
}

func TestPicturesAreWholeAndInOrder(t *testing.T) {
	needMachine(t)
	startFeed(t, "-camera card")
	var last uint64
	for i, picture := range read(t, 40) {
		seq, ok := card.ReadCode(decode(picture))
		if !ok || seq < last {
			t.Fatalf("picture %d carries number %d (readable: %v) after %d", i, seq, ok, last)
		}
		last = seq
	}
	if last < 39 {
		t.Errorf("the last of 40 pictures carries number %d", last)
	}
}

func bind(t *testing.T, how string) {
	t.Helper()
	if err := os.WriteFile("/sys/bus/platform/drivers/vivid/"+how, []byte("vivid.0"), 0); err != nil {
		t.Fatal(err)
	}
}

// The limit outside is 2 s; emulation gets ten times that.
const slowly = 20 * time.Second

func TestUnpluggedAndBackUnderAnotherNumber(t *testing.T) {
	needMachine(t)
	p := startFeed(t, "-camera 0")
	reader := newReader(t)
	reader.next(slowly)
	held, err := os.Open(vivid) // keeps the number 0 from being given out again
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	bind(t, "unbind")
	p.wait("the source is gone", slowly)
	reader.next(slowly) // a card
	p.skip()
	bind(t, "bind")
	begin := time.Now()
	for range 2 { // the first may have been on its way
		p.wait("pictures=", slowly)
	}
	t.Logf("back after %v", time.Since(begin).Round(10*time.Millisecond))
	if _, err := os.Stat("/dev/video1"); err != nil {
		t.Errorf("the camera did not come back under another number: %v", err)
	}
	reader.next(slowly)

	held.Close()
	p.stop(os.Interrupt)
	bind(t, "unbind") // and back to number 0 for the others
	bind(t, "bind")
}

func TestErrorsOfTheDriverAreSurvived(t *testing.T) {
	needMachine(t)
	p := startFeed(t, "")
	for _, injected := range []string{"inject_fatal_streaming_error", "inject_vidioc_qbuf_error", "disconnect"} {
		control(t, injected+"=1")
		p.wait("the source is gone", slowly)
		for range 2 { // as above
			p.wait("pictures=", slowly)
		}
	}
	control(t, "percentage_of_dropped_buffers=50")
	p.skip()
	p.wait("pictures=", slowly)
	control(t, "percentage_of_dropped_buffers=0")
	control(t, "inject_v4l2_buf_flag_error=1")
	p.skip()
	p.wait("pictures=", slowly)
}

func TestReaderThatStopsReadingHoldsUpNobody(t *testing.T) {
	needMachine(t)
	before := openVirtual(t) // from before the producer
	p := startFeed(t, "-camera card")
	first := newReader(t)
	first.next(slowly)
	for range 20 { // from here on it takes none
		p.wait("written=", slowly)
	}
	if c, err := openVirtual(t).Capability(); err != nil || !c.Captures {
		t.Errorf("to a second reader it is %+v, %v", c, err)
	}
	if os.Getenv("V4L2VM") == "0.12.7" { // later drivers let one alone stream
		newReader(t).next(slowly)
	}
	if f, err := before.Format(video.Capture); err != nil || f.Width != width || f.Height != height {
		t.Errorf("one that had it open before sees %+v, %v", f, err)
	}
	p.skip()
	p.wait("pictures=", slowly)
}

func TestKilledAndStartedAgain(t *testing.T) {
	needMachine(t)
	for range 2 {
		p := startFeed(t, "-camera card")
		p.stop(syscall.SIGKILL)
	}
	p := startFeed(t, "-camera card")
	read(t, 2)
	p.stop(os.Interrupt)
	p.wait("ended", time.Second)

	// A card stays behind, for readers that come between the runs.
	if c, err := openVirtual(t).Capability(); err != nil || !c.Captures {
		t.Errorf("between runs it is %+v, %v", c, err)
	}
	read(t, 1)

	// The next run may want another size, with a reader that keeps this one.
	reader := openVirtual(t)
	startFeed(t, "-camera card -large")
	if f, err := reader.Format(video.Capture); err != nil || f.Width != width {
		t.Errorf("the format that a reader holds became %+v, %v", f, err)
	}
	read(t, 1)
}

func TestCameraRestsAndWakes(t *testing.T) {
	needMachine(t)
	p := startFeed(t, "-idle 5s")
	begin := time.Now()
	p.wait("the source rests", time.Minute)
	t.Logf("rests %v after the first picture", time.Since(begin).Round(10*time.Millisecond))
	if held := video.Holders(vivid); len(held) != 0 {
		t.Errorf("while it rests the camera is held by %v", held)
	}
	for range 3 { // a program that looks what there is
		tool(t, 10*time.Second, "v4l2-ctl", "-d", virtual, "--info")
	}
	if held := video.Holders(vivid); len(held) != 0 {
		t.Errorf("a glance opened the camera: %v", held)
	}
	p.skip()
	begin = time.Now()
	reader := newReader(t)
	p.wait("pictures=", 10*time.Second) // 1 s outside
	t.Logf("awake after %v", time.Since(begin).Round(10*time.Millisecond))
	reader.next(slowly)
	time.Sleep(6 * time.Second)
	reader.next(slowly)
	p.skip()
	p.wait("pictures=", slowly)
	reader.close()
	begin = time.Now()
	p.wait("the source rests", time.Minute)
	t.Logf("rests again %v after the reader left", time.Since(begin).Round(10*time.Millisecond))
}

func TestMemoryStaysFlat(t *testing.T) {
	needMachine(t)
	p := startFeed(t, "-camera card -fps 60")
	var memory []int // in KiB, after every 100 pictures
	for range 5 {
		var kib int
		if _, err := fmt.Sscanf(p.wait("memory=", 2*time.Minute), "memory=%d", &kib); err != nil {
			t.Fatal(err)
		}
		memory = append(memory, kib)
	}
	t.Logf("KiB after 100, 200, ... pictures: %v", memory)
	if memory[4] > memory[0]+2048 { // a frame a picture would be 68 MiB
		t.Errorf("memory grew from %d to %d KiB", memory[0], memory[4])
	}
}

func TestPaintedByTheNetworks(t *testing.T) {
	needMachine(t)
	if os.Getenv("V4L2VM") != "0.12.7" {
		t.Skip("emulation is slow: the networks run with one version of the driver")
	}
	control(t, "test_pattern=1,osd_text_mode=2")
	p := start(t, exec.Command("bin/stylecam", "run", "--input", "camera", "--out", "v4l2:"+virtual,
		"--size", "320x180", "--quality", "fast", "--verbose"))
	device := openVirtual(t)
	for begin := time.Now(); ; time.Sleep(time.Second) {
		if c, err := device.Capability(); err == nil && c.Captures && !c.Outputs { // no card of an earlier run
			break
		}
		if time.Since(begin) > 3*time.Minute {
			t.Fatal("stylecam feeds nothing")
		}
	}
	f := decode(read(t, 1)[0])
	seen := make(map[[3]byte]bool)
	for i := 0; i < len(f.Pix); i += 3 {
		seen[[3]byte(f.Pix[i:])] = true
	}
	if len(seen) < 500 { // the bars themselves are eight
		t.Errorf("the picture has %d colours, which is no painting", len(seen))
	}
	p.stop(os.Interrupt)
}
