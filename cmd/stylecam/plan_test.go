package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stylecam/filter"
)

func TestDecide(t *testing.T) {
	for _, test := range []struct {
		name            string
		input           string
		outputs         []string
		frames          uint64
		camera, display bool
		want            string // input, outputs, pictures, frames of the source
	}{
		{"laptop", "auto", nil, 0, true, true, "camera window 0 0"},
		{"bare machine", "auto", nil, 0, false, false, "demo out/demo.mp4 0 300"},
		{"camera without display", "auto", nil, 0, true, false, "camera out/run.mp4 0 0"},
		{"display without camera", "auto", nil, 0, false, true, "demo window 0 0"},
		{"measurement", "demo", []string{"null"}, 300, false, false, "demo null 300 0"},
		{"endless demo", "demo", []string{"null"}, 0, false, true, "demo null 0 0"},
		{"short demo", "demo", nil, 30, false, false, "demo out/demo.mp4 30 0"},
		{"card", "card", nil, 0, true, false, "card out/card.mp4 0 300"},
		{"file", "a.mp4", nil, 0, true, false, "a.mp4 out/run.mp4 0 0"},
		{"a browser's camera", "webrtc", nil, 0, true, true, "webrtc webrtc 0 0"},
		{"a phone as webcam", "webrtc", []string{"v4l2:/dev/video10"}, 0, true, true, "webrtc v4l2:/dev/video10,webrtc 0 0"},
		{"to itself", "webrtc", []string{"webrtc", "null"}, 0, true, true, "webrtc webrtc,null 0 0"},
		{"several", "camera:1", []string{"window", "y4m:-", "b.mkv"}, 0, true, true, "camera:1 window,y4m:-,b.mkv 0 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := defaultSettings()
			s.input, s.outputs = test.input, test.outputs
			pl, err := decide(&s, test.frames, func() bool { return test.camera }, func() bool { return test.display })
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, planText(pl)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func planText(pl plan) string {
	outputs := make([]string, len(pl.outputs))
	for i, o := range pl.outputs {
		outputs[i] = o.String()
	}
	return fmt.Sprint(pl.input, " ", strings.Join(outputs, ","), " ", pl.frames, " ", pl.length)
}

func TestIsFile(t *testing.T) {
	for input, want := range map[string]bool{
		"auto": false, "camera": false, "camera:1": false, "/dev/video0": false, "/dev/v4l/by-id/usb-x": false,
		"demo": false, "card": false, "webrtc": false, "-": true, "y4m:-": true, "party.mp4": true, "camera.mp4": true,
	} {
		if isFile(input) != want {
			t.Errorf("isFile(%q) = %v", input, !want)
		}
	}
}

func TestParseSink(t *testing.T) {
	for text, want := range map[string]string{
		"windw":    "did you mean window?",
		"out":      "neither a video file",
		"y4m":      "lacks what comes after the colon",
		"y4m:":     "lacks what comes after the colon",
		"window:1": "takes nothing after it",
		"a.xyz":    "videos are written as",
	} {
		if _, err := parseSink(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseSink(%q) = %v, want an error with %q", text, err, want)
		}
	}
	if err := once([]sinkSpec{{"y4m", "-"}, {"window", ""}, {"y4m", "-"}}); err == nil {
		t.Error("standard output was shared by two outputs")
	}
}

// Statistics tell sinks apart by their names, which are text.
func TestSinksHaveNamesOfTheirOwn(t *testing.T) {
	var s sinks
	for _, c := range []struct{ kind, arg, want string }{
		{"window", "", "window"}, {"whip", "https://one.example/key", "whip"}, {"whip", "https://two.example/key", "whip 2"},
		{"null", "", "null"}, {"null", "", "null 2"}, {"null", "", "null 3"}, {"file", "a\xff.mp4", "a?.mp4"},
	} {
		name := s.name(sinkSpec{c.kind, c.arg})
		if name != c.want {
			t.Errorf("%s:%s is called %q, want %q", c.kind, c.arg, name, c.want)
		}
		s.all = append(s.all, filter.NamedSink{Name: name})
	}
}
