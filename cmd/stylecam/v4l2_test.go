package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"stylecam/v4l2"
)

// machine is one whose files lie below a folder of the test's own.
func machine(t *testing.T, files map[string]string, devices ...v4l2.Info) video {
	t.Helper()
	root := t.TempDir()
	for path, content := range files {
		path = filepath.Join(root, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return video{v4l2.ReadModule(root), devices, func(string) v4l2.Processes { return v4l2.Processes{{PID: 7, Name: "obs"}} }}
}

func TestDoctorOnVirtualCameras(t *testing.T) {
	const (
		load     = "sudo modprobe v4l2loopback devices=1 video_nr=10 card_label=stylecam exclusive_caps=1 max_buffers=4"
		firmware = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
	)
	var system unix.Utsname
	if err := unix.Uname(&system); err != nil {
		t.Fatal(err)
	}
	modules := "lib/modules/" + unix.ByteSliceToString(system.Release[:]) + "/modules.dep"
	installed := map[string]string{modules: "updates/dkms/v4l2loopback.ko:\n"}
	secured := map[string]string{modules: installed[modules], firmware: "\x06\x00\x00\x00\x01"}
	loaded := func(exclusive string) map[string]string {
		return map[string]string{
			modules:                           installed[modules],
			"sys/module/v4l2loopback/version": "0.13.2\n",
			"sys/module/v4l2loopback/parameters/exclusive_caps": exclusive,
		}
	}
	device := func(captures, outputs bool, err error) []v4l2.Info {
		return []v4l2.Info{
			{Path: "/dev/video0", Capability: v4l2.Capability{Driver: "uvcvideo", Captures: true}},
			{Path: "/dev/video10", Err: err, Capability: v4l2.Capability{Driver: v4l2.LoopbackDriver, Captures: captures, Outputs: outputs}},
		}
	}
	for _, tt := range []struct {
		name         string
		v            video
		status       status
		detail, mend string
	}{
		{"not installed", machine(t, nil), without, "not loaded", "sudo apt install v4l2loopback-dkms && " + load},
		{"not loaded", machine(t, installed), without, "not loaded", "load the module: " + load},
		{"Secure Boot", machine(t, secured), without, "not loaded", "Secure Boot is on"},
		{"no device", machine(t, loaded("Y"), device(false, true, nil)[0]), without, "no device", "sudo modprobe -r v4l2loopback && " + load},
		{"no permission", machine(t, loaded("Y"), device(false, false, fs.ErrPermission)...), without, "may not be opened", "usermod -aG video"},
		{"left unusable", machine(t, loaded("Y"), device(false, false, nil)...), without, "unusable", "modprobe -r"},
		{"busy", machine(t, loaded("Y"), device(true, false, nil)...), without, "open in obs (process 7)", "end that program"},
		{"not exclusive", machine(t, loaded("N"), device(true, true, nil)...), good, "Chrome and Zoom do not list", "exclusive_caps=1"},
		{"good", machine(t, loaded("Y"), device(false, true, nil)...), good, "v4l2loopback 0.13.2, /dev/video10", ""},
	} {
		f := tt.v.virtualFinding()
		if f.Status != tt.status || !strings.Contains(f.Detail, tt.detail) || !strings.Contains(f.Mend, tt.mend) || tt.mend == "" && f.Mend != "" {
			t.Errorf("%s: %+v", tt.name, f)
		}
	}
}

func TestDoctorOnSeveralVirtualCameras(t *testing.T) {
	files := map[string]string{
		"sys/module/v4l2loopback/parameters/exclusive_caps": "N,Y\n",
		"sys/module/v4l2loopback/parameters/video_nr":       "9,10\n",
	}
	device := func(number int, card string, outputs bool) v4l2.Info {
		return v4l2.Info{
			Path: fmt.Sprintf("/dev/video%d", number), Number: number,
			Capability: v4l2.Capability{Driver: v4l2.LoopbackDriver, Card: card, Captures: !outputs, Outputs: outputs},
		}
	}
	for _, tt := range []struct {
		name         string
		devices      []v4l2.Info
		holder       string
		status       status
		detail, mend string
	}{
		{"the first is another's", []v4l2.Info{device(9, "OBS", false), device(10, "stylecam", true)}, "obs", good, "/dev/video10", ""},
		{"both are free", []v4l2.Info{device(9, "OBS", true), device(10, "stylecam", true)}, "obs", good, "/dev/video10", ""},
		{"one is free, not exclusive", []v4l2.Info{device(9, "OBS", true), device(10, "stylecam", false)}, "obs", good, "/dev/video9, which Chrome", "exclusive_caps=1"},
		{"stylecam runs", []v4l2.Info{device(9, "OBS", false), device(10, "stylecam", false)}, "stylecam", good, "/dev/video10 is fed by stylecam; open in stylecam (process 7)", ""},
		{"both are taken", []v4l2.Info{device(9, "OBS", false), device(10, "stylecam", false)}, "obs", without, "/dev/video10 is fed by a program", "take another"},
	} {
		v := machine(t, files, tt.devices...)
		v.holders = func(string) v4l2.Processes { return v4l2.Processes{{PID: 7, Name: tt.holder}} }
		f := v.virtualFinding()
		if f.Status != tt.status || !strings.Contains(f.Detail, tt.detail) || !strings.Contains(f.Mend, tt.mend) || tt.mend == "" && f.Mend != "" {
			t.Errorf("%s: %+v", tt.name, f)
		}
	}
}

func TestDoctorOnCameras(t *testing.T) {
	camera := func(err error) v4l2.Info {
		return v4l2.Info{Path: "/dev/video2", Err: err, Capability: v4l2.Capability{Driver: "uvcvideo", Card: "C920", Captures: err == nil}}
	}
	virtual := v4l2.Info{Path: "/dev/video0", Capability: v4l2.Capability{Driver: v4l2.LoopbackDriver, Card: "OBS", Captures: true}}
	for _, tt := range []struct {
		name         string
		v            video
		status       status
		detail, mend string
	}{
		{"none", machine(t, nil), without, "none found", "--input demo"},
		{"a virtual one", machine(t, nil, virtual), without, "none found", "--input demo"},
		{"no permission", machine(t, nil, virtual, camera(fs.ErrPermission)), without, "/dev/video2 (C920) may not be opened", "sudo usermod -aG video $USER"},
		{"broken", machine(t, nil, camera(unix.EIO)), without, "input/output error", "plug it in again"},
		{"in use", machine(t, nil, virtual, camera(nil)), good, "/dev/video2, C920; open in obs (process 7)", ""},
	} {
		f := tt.v.cameraFinding()
		if f.Status != tt.status || !strings.Contains(f.Detail, tt.detail) || !strings.Contains(f.Mend, tt.mend) || tt.mend == "" && f.Mend != "" {
			t.Errorf("%s: %+v", tt.name, f)
		}
	}
}

func TestAVirtualCameraIsNotFedFromItself(t *testing.T) {
	devices := []v4l2.Info{
		{Path: "/dev/video0", Capability: v4l2.Capability{Driver: "uvcvideo", Card: "C920", Captures: true}},
		{Path: "/dev/video10", Number: 10, Capability: v4l2.Capability{Driver: v4l2.LoopbackDriver, Card: "OBS", Captures: true, Outputs: true}},
	}
	for input, refused := range map[string]bool{
		"camera:10": true, "/dev/video10": true, "camera:obs": true,
		"camera": false, "camera:0": false, "camera:7": false, "demo": false, "party.mp4": false,
	} {
		for _, path := range []string{"/dev/video10", "OBS"} {
			err := checkLoop(input, []sinkSpec{{kind: "null"}, {"v4l2", path}}, func() []v4l2.Info { return devices })
			if (err != nil) != refused || refused && !strings.Contains(err.Error(), "both /dev/video10") {
				t.Errorf("--input %s --out v4l2:%s: %v", input, path, err)
			}
		}
	}
}
