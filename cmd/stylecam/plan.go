package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stylecam/capture"
	"stylecam/output"
	"stylecam/spelling"
	"stylecam/webrtc"
)

// A plan is a run with every "auto" decided.
type plan struct {
	input   string
	outputs []sinkSpec
	folder  string // to be made: the outputs' where they were decided here, else ""
	frames  uint64 // pictures to be painted, 0: no end
	length  uint64 // frames that a drawn source gives, 0: no end
	size    size
	fps     float64
	reasons []string // for what was decided here, told to the user
}

// demoTime is how long a demo runs that nobody watches.
const demoTime = 10 * time.Second

// decide makes a plan of the settings: the camera if there is one, else the
// built-in demo; a window if there is a display, else a file.
func decide(s *settings, frames uint64, hasCamera, hasDisplay func() bool) (plan, error) {
	pl := plan{input: s.input, frames: frames, size: s.size, fps: s.fps}
	if pl.input == "auto" {
		pl.input = "camera"
		if !hasCamera() {
			pl.input = "demo"
			pl.reasons = append(pl.reasons, "no camera found, so the built-in demo")
		}
	}
	synthetic := pl.input == "demo" || pl.input == "card"
	if pl.size == (size{}) && !isFile(pl.input) {
		pl.size = size{640, 480}
	}
	if pl.fps == 0 && synthetic {
		pl.fps = 30
	}
	for _, text := range s.outputs {
		spec, err := parseSink(text)
		if err != nil {
			return plan{}, err
		}
		pl.outputs = append(pl.outputs, spec)
	}
	switch page := (sinkSpec{kind: "webrtc"}); {
	case pl.input == "webrtc": // also back to the browser whose camera it is
		if !slices.Contains(pl.outputs, page) {
			pl.outputs = append(pl.outputs, page)
		}
	case len(pl.outputs) > 0:
	case hasDisplay():
		pl.outputs = []sinkSpec{{kind: "window"}}
	default:
		pl.folder = "out"
		file := filepath.Join(pl.folder, "run.mp4")
		if synthetic {
			file = filepath.Join(pl.folder, pl.input+".mp4")
			if pl.frames == 0 {
				pl.length = uint64(pl.fps * demoTime.Seconds())
			}
		}
		pl.outputs = []sinkSpec{{"file", file}}
		pl.reasons = append(pl.reasons, "no display, so into "+file)
	}
	return pl, once(pl.outputs)
}

// isFile tells whether an input names a video or picture.
func isFile(input string) bool {
	switch input {
	case "auto", "demo", "card", "webrtc":
		return false
	}
	return !capture.IsCamera(input)
}

// sinkSpec is one --out, taken apart.
type sinkSpec struct{ kind, arg string }

func (s sinkSpec) String() string {
	switch {
	case s.kind == "file":
		return s.arg
	case s.arg == "":
		return s.kind
	}
	return s.kind + ":" + s.arg
}

// onStdout tells whether pictures go where results are printed.
func (s sinkSpec) onStdout() bool { return s == sinkSpec{"y4m", "-"} }

var sinkKinds = []string{"window", "null", "y4m", "v4l2", "webrtc", "whip"}

// parseSink reads what may follow --out.
func parseSink(text string) (sinkSpec, error) {
	kind, arg, has := strings.Cut(text, ":")
	switch kind {
	case "window", "null", "webrtc":
		if has {
			return sinkSpec{}, fmt.Errorf("%q: %s takes nothing after it", text, kind)
		}
		return sinkSpec{kind: kind}, nil
	case "y4m", "v4l2", "whip":
		if arg == "" {
			return sinkSpec{}, fmt.Errorf("%q lacks what comes after the colon, like y4m:-, v4l2:/dev/video10 or whip:https://host/path", text)
		}
		if kind == "whip" {
			if err := webrtc.CheckEndpoint(arg); err != nil {
				return sinkSpec{}, fmt.Errorf("whip: %w", err)
			}
		}
		return sinkSpec{kind, arg}, nil
	}
	if filepath.Ext(text) == ".y4m" {
		return sinkSpec{"y4m", text}, nil
	}
	if filepath.Ext(text) == "" {
		err := fmt.Errorf("%q is neither a video file by its ending nor one of %s", text, strings.Join(sinkKinds, ", "))
		if near := spelling.Nearest(text, sinkKinds); near != "" {
			err = fmt.Errorf("%q is no output; did you mean %s?", text, near)
		}
		return sinkSpec{}, err
	}
	return sinkSpec{"file", text}, output.CheckVideo(text)
}

func checkSink(text string) error {
	_, err := parseSink(text)
	return err
}

// once refuses outputs that two cannot share.
func once(outputs []sinkSpec) error {
	seen := make(map[sinkSpec]bool)
	for _, o := range outputs {
		if seen[o] && o.kind != "null" {
			return fmt.Errorf("--out %s stands twice", o)
		}
		seen[o] = true
	}
	return nil
}

// notItself refuses a film or picture that would take the place of the one it is made of.
func notItself(in, out string) error {
	from, err1 := os.Stat(strings.TrimPrefix(in, "y4m:"))
	to, err2 := os.Stat(out)
	if err1 == nil && err2 == nil && from.Mode().IsRegular() && os.SameFile(from, to) {
		return fmt.Errorf("%s would be written over itself; name another file", in)
	}
	return nil
}
