package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDevicesSayWhatTheyGiveAndWhoHoldsThem(t *testing.T) {
	d := videoDevice{
		Names: []string{"/dev/v4l/by-id/usb-C920"},
		Formats: []format{
			{Layout: "YUYV", Sizes: []formatSize{{Size: "640x480", Rates: []float64{15, 30}}, {Size: "1280x720", Rates: []float64{7.5}}}},
			{Layout: "MJPG", Sizes: []formatSize{{Size: "16x16", Up: "1920x1080", Rates: []float64{30000. / 1001}}, {Size: "800x600"}}},
			{Layout: "H264"},
		},
		Holders: []string{"zoom (process 7)", "obs (process 9)"},
		Fault:   "open /dev/video0: permission denied",
	}
	want := []string{
		"/dev/v4l/by-id/usb-C920",
		"YUYV 640x480 at 15, 30",
		"YUYV 1280x720 at 7.5",
		"MJPG 16x16 to 1920x1080 at 29.97",
		"MJPG 800x600",
		"H264",
		"held by zoom (process 7)",
		"held by obs (process 9)",
		"cannot be asked: open /dev/video0: permission denied",
	}
	if diff := cmp.Diff(want, d.details()); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}
