package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"stylecam/capture"
	"stylecam/capture/camera"
	output "stylecam/output/v4l2"
	"stylecam/v4l2"
)

// video is what the doctor sees of the machine's cameras, real and virtual.
type video struct {
	module  v4l2.Module
	devices []v4l2.Info
	holders func(path string) v4l2.Processes
}

func machineVideo() video {
	return video{v4l2.ReadModule("/"), v4l2.List(), v4l2.Holders}
}

// cameraFinding says which camera is there, or what keeps it from being used.
func (v video) cameraFinding() finding {
	f := finding{Name: "camera", Status: without, Detail: "none found", Mend: "plug one in; until then: stylecam run --input demo"}
	for _, d := range v.devices {
		switch {
		case !d.Camera():
		case errors.Is(d.Err, fs.ErrPermission):
			f.Detail, f.Mend = fmt.Sprintf("%s (%s) may not be opened", d.Path, d.Card), v4l2.JoinGroup
		case d.Err != nil:
			f.Detail, f.Mend = d.Err.Error(), "unplug it and plug it in again"
		default:
			return finding{Name: f.Name, Status: good, Detail: d.Path + ", " + d.Card + v.openIn(d.Path)}
		}
	}
	return f
}

// virtualFinding says what keeps the virtual camera from being one, the worst first.
func (v video) virtualFinding() finding {
	f := finding{Name: "virtual camera", Status: without}
	if !v.module.Loaded {
		f.Detail, f.Mend = "the module v4l2loopback is not loaded", v.module.Advice(output.LoadModule)
		return f
	}
	f.Detail = strings.TrimSpace("v4l2loopback " + v.module.Version)
	d, ok := v.toFeed()
	if !ok {
		f.Detail, f.Mend = f.Detail+" is loaded and has no device", output.ReloadModule
		return f
	}
	f.Detail += ", " + d.Path
	switch {
	case errors.Is(d.Err, fs.ErrPermission):
		f.Detail, f.Mend = f.Detail+" may not be opened", v4l2.JoinGroup
	case d.Err != nil:
		f.Detail, f.Mend = f.Detail+": "+d.Err.Error(), output.ReloadModule
	case !d.Captures && !d.Outputs:
		f.Detail, f.Mend = f.Detail+" was left unusable by the program that fed it last", output.ReloadModule
	case !d.Outputs && v.fedByUs(d.Path):
		f.Status = good
		f.Detail += " is fed by stylecam" + v.openIn(d.Path)
	case !d.Outputs:
		f.Detail, f.Mend = f.Detail+" is fed by a program already"+v.openIn(d.Path), "end that program, or take another device"
	case !v.module.Exclusive(d.Number):
		f.Status = good
		f.Detail, f.Mend = f.Detail+", which Chrome and Zoom do not list: exclusive_caps is off", output.ReloadModule
	default:
		f.Status = good
		f.Detail += v.openIn(d.Path)
	}
	return f
}

// toFeed chooses among several virtual cameras: one that can be fed, else the one
// that is called after us, else the first.
func (v video) toFeed() (d v4l2.Info, ok bool) {
	loopbacks := slices.DeleteFunc(slices.Clone(v.devices), func(d v4l2.Info) bool { return !d.Loopback() })
	for _, fits := range []func(v4l2.Info) bool{
		func(d v4l2.Info) bool { return d.Outputs && d.Card == camera.OwnCard },
		func(d v4l2.Info) bool { return d.Outputs },
		func(d v4l2.Info) bool { return d.Card == camera.OwnCard },
		func(v4l2.Info) bool { return true },
	} {
		if i := slices.IndexFunc(loopbacks, fits); i >= 0 {
			return loopbacks[i], true
		}
	}
	return v4l2.Info{}, false
}

func (v video) fedByUs(path string) bool {
	return slices.ContainsFunc(v.holders(path), func(p v4l2.Process) bool { return p.Name == "stylecam" })
}

// openIn names the programs that have a device open.
func (v video) openIn(path string) string {
	if holders := v.holders(path); len(holders) > 0 {
		return "; open in " + holders.String()
	}
	return ""
}

// checkDevices tells which camera, real or virtual, is not there or cannot be had. It
// is asked before the networks are read: systemd tries again and again.
func checkDevices(pl plan) error {
	if err := capture.CheckCamera(pl.input, v4l2.List()); err != nil {
		return blame("input", err)
	}
	for _, o := range pl.outputs {
		if o.kind != "v4l2" {
			continue
		}
		sink, err := output.Open(output.Config{Path: o.arg})
		if err == nil {
			err = sink.Close()
		}
		if err != nil {
			return blame("out", err)
		}
	}
	return nil
}

// checkLoop refuses a virtual camera that would be fed from itself.
func checkLoop(input string, outputs []sinkSpec, devices func() []v4l2.Info) error {
	for _, o := range outputs {
		if o.kind != "v4l2" {
			continue
		}
		all := devices()
		if path := output.Resolve(o.arg, all); path == capture.CameraPath(input, all) {
			return fmt.Errorf("--input %s and --out %s are both %s; take a camera as input", input, o, path)
		}
	}
	return nil
}
