package testbed

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	video "stylecam/v4l2"
)

func TestCameraRestsAndWakes(t *testing.T) {
	needMachine(t)
	p := startFeed(t, "-idle 5s")
	begin := time.Now()
	p.wait("the source rests", resting) // which began to count before the first picture
	t.Logf("rests %v after the first picture", time.Since(begin).Round(10*time.Millisecond))
	if held := video.Holders(vivid); len(held) != 0 {
		t.Errorf("while it rests the camera is held by %v", held)
	}
	for range 3 { // programs that look what there is
		tool(t, "v4l2-ctl", "-d", virtual, "--info")
	}
	if p.skip("wakes") {
		t.Error("a glance woke it")
	}
	begin = time.Now()
	reader := newReader(t)
	p.wait("pictures=", waking)
	t.Logf("awake after %v", time.Since(begin).Round(10*time.Millisecond))
	for range 8 * 15 { // more than 5 s of 15 pictures a second
		reader.next(recovery)
	}
	if p.skip("rests") {
		t.Error("it rested while somebody read")
	}
	reader.close()
	begin = time.Now()
	p.wait("the source rests", resting)
	took := time.Since(begin)
	t.Logf("rests again %v after the reader left", took.Round(10*time.Millisecond))
	if took < 5*time.Second/2 { // it may have been some time since it asked who looks
		t.Errorf("it rests %v after the reader left, want 5 s", took)
	}
}

func TestMemoryStaysFlat(t *testing.T) {
	needMachine(t)
	p := startFeed(t, "-camera card -fps 60")
	var memory []int // in KiB, after every 100 pictures
	for range 5 {
		var kib int
		if _, err := fmt.Sscanf(p.wait("memory=", 2*patience), "memory=%d", &kib); err != nil {
			t.Fatal(err)
		}
		memory = append(memory, kib)
	}
	t.Logf("KiB after 100, 200, ... pictures: %v", memory)
	warm, last := memory[1], memory[4] // the first hundred pictures bring code and buffers in
	if last > warm+2048 {              // a frame a picture would be 51 MiB
		t.Errorf("memory grew from %d to %d KiB", warm, last)
	}
}

// What `stylecam devices` tells, and the doctor.
func TestDevicesAreListed(t *testing.T) {
	needMachine(t)
	startFeed(t, "")
	newReader(t).next(recovery)
	listed := video.List()
	if len(listed) != 4 {
		t.Fatalf("%d devices are listed, want 4: %+v", len(listed), listed)
	}
	camera, painted := listed[0], listed[1]
	if camera.Path != vivid || !camera.Camera() || camera.Loopback() || camera.Card != "vivid" {
		t.Errorf("the camera is listed as %+v", camera)
	}
	if painted.Path != virtual || painted.Camera() || !painted.Loopback() || painted.Card != "stylecam" {
		t.Errorf("the virtual camera is listed as %+v", painted)
	}
	for _, info := range listed[:2] {
		if held := video.Holders(info.Path).String(); !strings.HasPrefix(held, "testbed.test (process ") {
			t.Errorf("%s is held by %q", info.Path, held)
		}
		d, err := video.Open(info.Path)
		if err != nil {
			t.Fatal(err)
		}
		layouts := d.Formats(video.Capture)
		sizes := d.Sizes(video.YUYV)
		rates := d.Rates(video.YUYV, width, height)
		_ = d.Close()
		if !slices.Contains(layouts, video.YUYV) || len(sizes) == 0 || sizes[0].MinWidth > width || sizes[0].Width < width || !slices.Contains(rates, 15) {
			t.Errorf("%s gives %v, %+v at %v", info.Path, layouts, sizes, rates)
		}
	}
	version := driver()
	if version == "0.12.7" {
		version = "" // which does not tell
	}
	if m := video.ReadModule("/"); !m.Loaded || !m.Exclusive(painted.Number) || m.Version != version {
		t.Errorf("the module is told of as %+v", m)
	}
}

// The whole program, as the unit starts it.
func TestPaintedByTheNetworks(t *testing.T) {
	needMachine(t)
	if driver() != "0.12.7" {
		t.Skip("emulation is slow: the networks run with one version of the driver")
	}
	control(t, "test_pattern=1,osd_text_mode=2")
	device := openVirtual(t) // or it would rest before the first painting is ready
	p := start(t, exec.Command("bin/stylecam", "run", "--input", "camera", "--out", "v4l2:"+virtual,
		"--size", "320x180", "--fps", "5", "--quality", "fast", "--verbose"))
	waitUntilFed(t, virtual, p, 3*patience)
	reader, err := streamFrom(t, device)
	if err != nil {
		t.Fatal(err)
	}
	const painted = 2000 // colours; the bars have eight, a card some hundreds
	for end := time.Now().Add(patience); ; {
		n := colours(reader.next(patience))
		if n >= painted {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("no painting comes; the last picture has %d colours", n)
		}
	}
	reader.close()
	p.wait("the source rests", patience)
	p.end(130)
}

// colours is how many a picture has.
func colours(picture []byte) int {
	seen := make(map[[3]byte]bool)
	for f := decode(picture); len(f.Pix) > 0; f.Pix = f.Pix[3:] {
		seen[[3]byte(f.Pix)] = true
	}
	return len(seen)
}

// waitUntilFed waits until a producer writes to a virtual camera; the card of an
// earlier one does not count.
func waitUntilFed(t *testing.T, path string, by *producer, limit time.Duration) {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	events := os.NewFile(uintptr(fd), "who writes to "+path)
	defer events.Close()
	go func() { // it will never write
		<-by.ended
		_ = events.Close()
	}()
	if _, err := unix.InotifyAddWatch(fd, path, unix.IN_MODIFY); err != nil {
		t.Fatal(err)
	}
	if err := events.SetReadDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	if _, err := events.Read(make([]byte, 4096)); err != nil {
		t.Fatalf("nobody feeds it: %v", err)
	}
}
