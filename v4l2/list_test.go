package v4l2

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// write makes a file below root, with its folders.
func write(t *testing.T, root, path, content string) {
	t.Helper()
	path = filepath.Join(root, path)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, root, target, path string) {
	t.Helper()
	path = filepath.Join(root, path)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.Symlink(target, path)); err != nil {
		t.Fatal(err)
	}
}

func TestList(t *testing.T) {
	root := t.TempDir()
	dev := filepath.Join(root, "dev")
	for _, name := range []string{"video10", "video2", "video3", "video0", "video11", "v4l-subdev0"} {
		devices := "devices/pci/"
		if name == "video11" {
			devices = "devices/virtual/"
		}
		write(t, root, devices+name+"/name", "sysfs name of "+name+"\n")
		link(t, root, "../"+devices+name, "class/"+name)
		write(t, root, "dev/"+name, "")
	}
	link(t, root, "../../video0", "dev/v4l/by-path/pci-usb")
	link(t, root, "../../video0", "dev/v4l/by-id/usb-cam")
	caps := map[string]Capability{
		"video0":  {Driver: "uvcvideo", Card: "Cam", Captures: true},
		"video2":  {Driver: "uvcvideo", Card: "Cam"}, // metadata
		"video10": {Driver: LoopbackDriver, Card: "stylecam", Outputs: true},
	}
	denied := errors.New("denied")
	got := list(filepath.Join(root, "class"), dev, func(path string) (Capability, error) {
		if c, ok := caps[filepath.Base(path)]; ok {
			return c, nil
		}
		return Capability{}, denied
	})
	want := []Info{
		{Path: dev + "/video0", Number: 0, Names: []string{dev + "/v4l/by-id/usb-cam", dev + "/v4l/by-path/pci-usb"}, Capability: caps["video0"]},
		{Path: dev + "/video3", Number: 3, Capability: Capability{Card: "sysfs name of video3"}, Err: denied},
		{Path: dev + "/video10", Number: 10, Capability: caps["video10"]},
		{Path: dev + "/video11", Number: 11, Capability: Capability{Driver: LoopbackDriver, Card: "sysfs name of video11"}, Err: denied},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) })); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	if !got[0].Camera() || !got[1].Camera() || got[2].Camera() || !got[2].Loopback() || got[3].Camera() {
		t.Error("a camera and a virtual one are mixed up")
	}
}

func TestHoldersNamesTheOtherProcesses(t *testing.T) {
	root := t.TempDir()
	write(t, root, "dev/video0", "")
	link(t, root, "../../video0", "dev/v4l/by-id/cam")
	device := filepath.Join(root, "dev/video0")
	for pid, name := range map[string]string{"7": "zoom", "8": "shell", "9": "stylecam"} {
		write(t, root, "proc/"+pid+"/comm", name+"\n")
		if name != "shell" {
			link(t, root, device, "proc/"+pid+"/fd/5")
		}
		link(t, root, "socket:[1]", "proc/"+pid+"/fd/6")
	}
	got := holders(filepath.Join(root, "proc"), filepath.Join(root, "dev/v4l/by-id/cam"), 9)
	if diff := cmp.Diff(Processes{{7, "zoom"}}, got); diff != "" {
		t.Errorf("holders (-want +got):\n%s", diff)
	}
	if text := append(got, Process{9, "obs"}).String(); text != "zoom (process 7), obs (process 9)" {
		t.Error(text)
	}
}
