package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	output "stylecam/output/v4l2"
	"stylecam/v4l2"
)

// loopback is what the doctor sees of v4l2loopback.
type loopback struct {
	loaded    bool
	version   string
	exclusive bool // shows itself to readers as a camera alone, as Chrome and Zoom want it
	devices   []v4l2.Info
	holders   func(path string) []v4l2.Process
}

func virtualFinding() finding {
	l := loopback{loaded: v4l2.LoopbackLoaded(), holders: v4l2.Holders}
	for _, info := range v4l2.List() {
		if info.Loopback() {
			l.devices = append(l.devices, info)
		}
	}
	const module = "/sys/module/v4l2loopback/"
	version, _ := os.ReadFile(module + "version")
	l.version = strings.TrimSpace(string(version))
	caps, err := os.ReadFile(module + "parameters/exclusive_caps")
	l.exclusive = err != nil || strings.HasPrefix(string(caps), "Y")
	return l.finding()
}

// finding says what keeps the virtual camera from being one, the worst first.
func (l loopback) finding() finding {
	const reload = "sudo modprobe -r v4l2loopback && " + output.LoadModule
	f := finding{Name: "virtual camera", Status: without}
	if !l.loaded {
		f.Detail, f.Mend = "the module v4l2loopback is not loaded", v4l2.LoadAdvice(output.LoadModule)
		return f
	}
	f.Detail = strings.TrimSpace("v4l2loopback " + l.version)
	if len(l.devices) == 0 {
		f.Detail += " is loaded and has no device"
		f.Mend = reload
		return f
	}
	d := l.devices[0]
	f.Detail += ", " + d.Path
	switch {
	case errors.Is(d.Err, fs.ErrPermission):
		f.Detail += " may not be opened"
		f.Mend = "sudo usermod -aG video " + userName() + ", then log in again"
	case d.Err != nil:
		f.Detail += ": " + d.Err.Error()
	case !d.Captures && !d.Outputs:
		f.Detail += " was left unusable by the program that fed it last"
		f.Mend = reload
	case !d.Outputs:
		f.Detail += " is fed by a program already" + l.heldBy(d.Path)
		f.Mend = "end that program, or take another device"
	case !l.exclusive:
		f.Status = good
		f.Detail += ", which Chrome and Zoom do not list: exclusive_caps is off"
		f.Mend = reload
	default:
		f.Status = good
		f.Detail += l.heldBy(d.Path)
	}
	return f
}

func (l loopback) heldBy(path string) string {
	var names []string
	for _, p := range l.holders(path) {
		names = append(names, fmt.Sprintf("%s (process %d)", p.Name, p.PID))
	}
	if len(names) == 0 {
		return ""
	}
	return "; open in " + strings.Join(names, ", ")
}
