package main

import (
	"io/fs"
	"strings"
	"testing"

	"stylecam/v4l2"
)

func TestDoctorOnVirtualCameras(t *testing.T) {
	device := func(captures, outputs bool, err error) []v4l2.Info {
		return []v4l2.Info{{Path: "/dev/video10", Err: err, Capability: v4l2.Capability{Driver: v4l2.LoopbackDriver, Captures: captures, Outputs: outputs}}}
	}
	for _, tt := range []struct {
		name         string
		l            loopback
		status       status
		detail, mend string
	}{
		{"no module", loopback{}, without, "not loaded", "modprobe v4l2loopback devices=1"},
		{"no device", loopback{loaded: true}, without, "no device", "modprobe -r v4l2loopback &&"},
		{"no permission", loopback{loaded: true, devices: device(false, false, fs.ErrPermission)}, without, "may not be opened", "usermod -aG video"},
		{"left unusable", loopback{loaded: true, devices: device(false, false, nil)}, without, "unusable", "modprobe -r"},
		{"busy", loopback{loaded: true, devices: device(true, false, nil)}, without, "open in obs (process 7)", "end that program"},
		{"not exclusive", loopback{loaded: true, devices: device(true, true, nil)}, good, "Chrome and Zoom do not list", "exclusive_caps=1"},
		{"good", loopback{loaded: true, exclusive: true, version: "0.13.2", devices: device(false, true, nil)}, good, "v4l2loopback 0.13.2, /dev/video10", ""},
	} {
		tt.l.holders = func(string) []v4l2.Process { return []v4l2.Process{{PID: 7, Name: "obs"}} }
		f := tt.l.finding()
		if f.Status != tt.status || !strings.Contains(f.Detail, tt.detail) || !strings.Contains(f.Mend, tt.mend) || tt.mend == "" && f.Mend != "" {
			t.Errorf("%s: %+v", tt.name, f)
		}
	}
}
