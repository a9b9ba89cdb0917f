package testbed

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"stylecam/capture/camera"
	"stylecam/filter"
	"stylecam/frame"
)

func TestCamera(t *testing.T) {
	needMachine(t)
	replugAtEnd(t)
	pool := new(frame.Pool)
	config := camera.Config{Which: "vivid", Width: 640, Height: 360, FPS: 10, Pool: pool, NewDecoder: newDecoder}
	cam, err := camera.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cam.Close() })
	i := cam.Info()
	if i.Width != 640 || i.Height != 360 || i.FPS != 10 || i.Name != "vivid" || i.Stable != "vivid" || i.Note != "" {
		t.Errorf("info %+v", i)
	}
	var last *frame.Frame
	for n := range 5 {
		f, err := cam.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if last != nil && (f.Seq <= last.Seq || !f.Captured.After(last.Captured)) {
			t.Errorf("frame %d: number %d after %d, %v after %v", n, f.Seq, last.Seq, f.Captured, last.Captured)
		}
		if age := time.Since(f.Captured); age <= 0 || age > 10*time.Second {
			t.Errorf("frame %d is %v old", n, age)
		}
		last = f
	}
	config.Which = virtual
	if _, err := camera.Open(t.Context(), config); !errors.Is(err, filter.ErrMissing) {
		t.Errorf("stylecam's own virtual camera: %v", err)
	}
	unplug(t)
	for err == nil {
		var f *frame.Frame
		if f, err = cam.Read(t.Context()); f != nil {
			f.Release()
		}
	}
	if !strings.Contains(err.Error(), "vivid") {
		t.Errorf("unplugged: %v", err)
	}
}

func TestBusyCameraNamesItsHolder(t *testing.T) {
	needMachine(t)
	startFeed(t, "")
	config := camera.Config{Which: "vivid", Pool: new(frame.Pool), NewDecoder: newDecoder}
	_, err := camera.Open(t.Context(), config)
	if !errors.Is(err, filter.ErrMissing) || !strings.Contains(err.Error(), "in use by testbed.test (process") {
		t.Errorf("in use: %v", err)
	}
}

// The filter makes negatives, and fails now and then: so a reader can tell paintings,
// the raw camera, and the cards that stand for either. Where the machine stands still
// for longer than a camera may, it is rightly shown as lost; raw it is never.
func TestUnpluggedAndBackUnderAnotherNumber(t *testing.T) {
	needMachine(t)
	replugAtEnd(t)
	p := startFeed(t, "-camera 0 -negative")
	reader := newReader(t)
	reader.skip() // what the driver may still have of earlier runs
	reader.until(painted, failing, lost)
	reader.until(failing, painted, lost)
	held, err := os.Open(vivid) // keeps the number 0 from being given out again
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = held.Close() })
	unplug(t)
	reader.until(lost, painted, failing)
	plug(t)
	begin := time.Now()
	reader.until(painted, lost, failing)
	t.Logf("back after %v", time.Since(begin).Round(10*time.Millisecond))
	reader.until(failing, painted, lost) // and stays
	p.waitForPictures(recovery)
	if _, err := os.Stat("/dev/video1"); err != nil {
		t.Errorf("the camera did not come back under another number: %v", err)
	}
}

func TestErrorsOfTheDriverAreSurvived(t *testing.T) {
	needMachine(t)
	p := startFeed(t, "")
	for _, injected := range []string{
		"inject_fatal_streaming_error=1",
		"inject_vidioc_qbuf_error=1",
		"disconnect=1",
		// Opening it anew fails twice, as well.
		"inject_vidioc_reqbufs_error=1,inject_vidioc_streamon_error=1,inject_fatal_streaming_error=1",
	} {
		inject(t, p, injected)
		p.wait("opened", recovery)
		p.waitForPictures(recovery)
	}
	for _, injected := range []string{"percentage_of_dropped_buffers=50", "percentage_of_dropped_buffers=0,inject_v4l2_buf_flag_error=1"} {
		control(t, injected)
		p.skip()
		p.waitForPictures(recovery)
	}
}

// inject makes the driver fail, and waits until that is noticed. What comes while
// nothing streams has no effect, or hits the opening, of which nothing is told: where
// the machine is too slow for the camera, it is being opened anew at times. Then
// once more.
func inject(t *testing.T, p *producer, errors string) {
	t.Helper()
	for range 4 {
		control(t, errors)
		if _, noticed := p.hear("the source is gone", recovery/4); noticed {
			return
		}
		t.Logf("%s came while nothing streamed", errors)
	}
	t.Fatalf("%s: nobody notices", errors)
}

func TestFrozenDriverIsNoticed(t *testing.T) {
	needMachine(t)
	p := startFeed(t, "")
	t.Cleanup(func() { control(t, "percentage_of_dropped_buffers=0") })
	p.skip()
	control(t, "percentage_of_dropped_buffers=100")
	p.wait("no frame comes", recovery)
	control(t, "percentage_of_dropped_buffers=0")
	p.skip()
	p.waitForPictures(recovery)
}
