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

func device(number int, card, driver string, captures bool, links ...string) v4l2.Info {
	return v4l2.Info{
		Number: number, Path: fmt.Sprintf("/dev/video%d", number), Names: links,
		Capability: v4l2.Capability{Card: card, Driver: driver, Captures: captures, Outputs: !captures},
	}
}

var machine = []v4l2.Info{
	device(0, "OBS Virtual Camera", v4l2.LoopbackDriver, true),
	device(2, "Integrated Camera", "uvcvideo", true, "/dev/v4l/by-id/usb-Chicony_1234-video-index0", "/dev/v4l/by-path/pci-0000-usb-1"),
	device(4, "HD Pro Webcam C920", "uvcvideo", true),
	device(9, "stylecam", v4l2.LoopbackDriver, true),
	device(10, "spare", v4l2.LoopbackDriver, false),
}

func TestChoose(t *testing.T) {
	for which, want := range map[string]int{
		"": 2, "0": 0, "4": 4, "/dev/video4": 4, "HD Pro Webcam C920": 4, "c920": 4, "integrated": 2,
		"/dev/v4l/by-id/usb-Chicony_1234-video-index0": 2, "usb-Chicony_1234-video-index0": 2, "obs": 0,
	} {
		if got, err := choose(machine, which); err != nil || got.Number != want {
			t.Errorf("%q: %d, %v; want %d", which, got.Number, err, want)
		}
	}
}

func TestStableNameFindsTheSameCameraUnderAnotherNumber(t *testing.T) {
	for _, i := range machine[1:3] {
		which := stable(i)
		moved := device(i.Number+5, i.Card, i.Driver, true, i.Names...)
		if got, err := choose([]v4l2.Info{machine[0], moved}, which); err != nil || got.Number != moved.Number {
			t.Errorf("%s: %d, %v; want %d", which, got.Number, err, moved.Number)
		}
	}
}

func TestChooseExplains(t *testing.T) {
	for _, c := range []struct {
		machine    []v4l2.Info
		which, say string
	}{
		{nil, "", "no camera is there"},
		{machine[:1], "", "no camera is there"}, // a virtual one must be asked for
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
	denied := device(0, "Integrated Camera", "", false)
	denied.Err = &fs.PathError{Op: "open", Path: denied.Path, Err: syscall.EACCES}
	got, err := choose([]v4l2.Info{denied}, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := explain(got, got.Err); !errors.Is(err, filter.ErrMissing) || !strings.Contains(err.Error(), "usermod -aG video") {
		t.Error(err)
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
	if got := users([]v4l2.Process{{PID: 7, Name: "zoom"}, {PID: 9, Name: "obs"}}); got != "zoom (process 7), obs (process 9)" {
		t.Error(got)
	}
}

// listed is a device by what it lists: rates by layout and size.
type listed map[v4l2.Fourcc]map[v4l2.Size][]float64

func (l listed) Formats(v4l2.Queue) []v4l2.Fourcc {
	var all []v4l2.Fourcc
	for f := range l {
		all = append(all, f)
	}
	return all
}

func (l listed) Sizes(f v4l2.Fourcc) []v4l2.Size {
	var all []v4l2.Size
	for s := range l[f] {
		all = append(all, s)
	}
	return all
}

func (l listed) Rates(f v4l2.Fourcc, width, height int) []float64 {
	for s, rates := range l[f] {
		if s.Width == width && s.Height == height {
			return rates
		}
	}
	return nil
}

func TestChooseLayout(t *testing.T) {
	vga, hd := v4l2.Size{Width: 640, Height: 480, MinWidth: 640, MinHeight: 480}, v4l2.Size{Width: 1280, Height: 720, MinWidth: 1280, MinHeight: 720}
	webcam := listed{
		v4l2.YUYV:  {vga: {30, 15}, hd: {10}},
		v4l2.MJPEG: {vga: {30}, hd: {30}},
	}
	grey := v4l2.Fourcc('G' | 'R'<<8 | 'E'<<16 | 'Y'<<24)
	for _, c := range []struct {
		d    listed
		want mode
		got  v4l2.Fourcc
	}{
		{webcam, mode{640, 480, 30}, v4l2.YUYV},
		{webcam, mode{1280, 720, 30}, v4l2.MJPEG},
		{webcam, mode{1280, 720, 10}, v4l2.YUYV},
		{webcam, mode{1920, 1080, 30}, v4l2.MJPEG},
		{listed{v4l2.I420: {}}, mode{640, 480, 30}, v4l2.I420},
		{listed{v4l2.YUYV: {{Width: 4096, Height: 2304, MinWidth: 16, MinHeight: 16}: nil}}, mode{1000, 700, 30}, v4l2.YUYV},
		{listed{grey: {vga: {30}}}, mode{640, 480, 30}, 0},
	} {
		got, err := chooseLayout(c.d, c.want)
		if got != c.got || (err != nil) != (c.got == 0) {
			t.Errorf("%v of %v: %v, %v", c.want, c.d, got, err)
		}
	}
}

func TestNumberFollowsTheDriver(t *testing.T) {
	var cam Camera
	var got []uint64
	for _, counted := range []uint32{5, 6, 9, 9, 1 << 31, 2, 3} {
		got = append(got, cam.number(counted))
	}
	if want := "[0 1 4 5 6 7 8]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}
