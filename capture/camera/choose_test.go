package camera

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"stylecam/filter"
	"stylecam/v4l2"
)

func listing(number int, card, driver string, captures bool, links ...string) v4l2.Info {
	return v4l2.Info{
		Number: number, Path: fmt.Sprintf("/dev/video%d", number), Names: links,
		Capability: v4l2.Capability{Card: card, Driver: driver, Captures: captures, Outputs: !captures},
	}
}

var machine = []v4l2.Info{
	listing(0, "OBS Virtual Camera", v4l2.LoopbackDriver, true),
	listing(2, "Integrated Camera", "uvcvideo", true, "/dev/v4l/by-id/usb-Chicony_1234-video-index0", "/dev/v4l/by-path/pci-0000-usb-1"),
	listing(4, "HD Pro Webcam C920", "uvcvideo", true),
	listing(9, "stylecam", v4l2.LoopbackDriver, true),
	listing(10, "spare", v4l2.LoopbackDriver, false),
}

func TestChoose(t *testing.T) {
	for which, want := range map[string]int{
		"": 2, "0": 0, "4": 4, "/dev/video4": 4, "HD Pro Webcam C920": 4, "c920": 4, "integrated": 2,
		"/dev/v4l/by-id/usb-Chicony_1234-video-index0": 2, "usb-Chicony_1234-video-index0": 2, "obs": 0,
	} {
		if got, err := choose(machine, which); err != nil || got[0].Number != want {
			t.Errorf("%q: %v, %v; want %d", which, got, err, want)
		}
	}
}

func TestPath(t *testing.T) {
	for which, want := range map[string]string{"": "", "4": "/dev/video4", "spare": "/dev/video10", "stylecam": "/dev/video9", "none": ""} {
		if got := Path(machine, which); got != want {
			t.Errorf("%q is at %q, want %q", which, got, want)
		}
	}
}

func TestStableNameFindsTheSameCameraUnderAnotherNumber(t *testing.T) {
	for _, i := range machine[1:3] {
		which := stable(i)
		moved := listing(i.Number+5, i.Card, i.Driver, true, i.Names...)
		if got, err := choose([]v4l2.Info{machine[0], moved}, which); err != nil || got[0].Number != moved.Number {
			t.Errorf("%s: %v, %v; want %d", which, got, err, moved.Number)
		}
	}
}

func TestChooseExplains(t *testing.T) {
	for _, c := range []struct {
		machine    []v4l2.Info
		which, say string
	}{
		{nil, "", "no camera is there"},
		{machine[:1], "", "no camera is there"},   // a virtual one must be asked for
		{machine, "92", "camera 92 is not there"}, // though there is a C920
		{machine, "7", "camera 7 is not there; there are 0 (OBS Virtual Camera), 2 (Integrated Camera), 4 (HD Pro Webcam C920)"},
		{nil, "7", "there are none"},
		{machine, "9", "own virtual camera"},
		{machine, "stylecam", "own virtual camera"},
		{machine, "10", "gives no pictures now"},
	} {
		_, err := choose(c.machine, c.which)
		if !errors.Is(err, filter.ErrMissing) || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%q: %v; want %q", c.which, err, c.say)
		}
	}
}

// A camera that may not be opened is chosen all the same, so that its owner hears why.
func TestCameraWithoutPermission(t *testing.T) {
	denied := listing(0, "Integrated Camera", "", false)
	denied.Err = &fs.PathError{Op: "open", Path: denied.Path, Err: syscall.EACCES}
	got, err := choose([]v4l2.Info{denied}, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := explain(got[0], got[0].Err); !errors.Is(err, filter.ErrMissing) || !strings.Contains(err.Error(), "usermod -aG video") {
		t.Error(err)
	}
}

func TestWorkingCamerasComeFirst(t *testing.T) {
	broken := listing(0, "C920", "uvcvideo", false)
	broken.Err = syscall.EIO
	all := []v4l2.Info{broken, listing(1, "OBS", v4l2.LoopbackDriver, true), listing(2, "C920", "uvcvideo", true), listing(3, "Other", "uvcvideo", true)}
	for which, want := range map[string]string{"": "2 3 0", "c920": "2", "0": "0"} {
		got, err := choose(all, which)
		var numbers []string
		for _, i := range got {
			numbers = append(numbers, fmt.Sprint(i.Number))
		}
		if err != nil || strings.Join(numbers, " ") != want {
			t.Errorf("%q: %v, %v; want %s", which, numbers, err, want)
		}
	}
}

func TestExplain(t *testing.T) {
	cam := machine[2]
	for say, err := range map[string]error{
		"may not open":      fmt.Errorf("open: %w", os.ErrPermission),
		"in use by":         fmt.Errorf("start streaming: %w", syscall.EBUSY),
		"is gone":           fmt.Errorf("open: %w", syscall.ENODEV),
		"something strange": errors.New("something strange"),
	} {
		got := explain(cam, err)
		if !strings.Contains(got.Error(), say) || !strings.Contains(got.Error(), "/dev/video4 (HD Pro Webcam C920)") {
			t.Errorf("%v became %v", err, got)
		}
		if errors.Is(got, filter.ErrMissing) == (say == "something strange") {
			t.Errorf("%v is of the wrong kind", got)
		}
	}
}
