package native

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Part is something that computing on a GPU takes.
type Part struct {
	Name    string
	Where   string // version or folder, "" if it is missing
	Missing string // what exactly is
	Needed  bool   // without it there is no GPU; else it is TensorRT's alone
}

// Suited is the build for a driver: the newest that it works with, or that it would
// work with if it were newer. A driver of unknown version, or none yet, gets the newest.
func Suited(d Driver) Build {
	major := d.Major()
	for _, b := range Builds {
		if major == 0 || major >= b.Driver {
			return b
		}
	}
	return Builds[0]
}

// Examine looks for everything that a build takes, in its folder first, else where
// the dynamic linker would find it.
func (s System) Examine(b Build) []Part {
	return []Part{
		s.driverPart(b),
		s.runtimePart(b),
		s.part(b, fmt.Sprintf("cuda %d", b.CUDA), true, b.cuda()...),
		s.part(b, "cudnn 9", true, cudnn),
		s.part(b, fmt.Sprintf("tensorrt %d", TensorRT), false, tensorRTFiles...),
	}
}

func (s System) driverPart(b Build) Part {
	d := s.Driver()
	p := Part{Name: "nvidia driver", Needed: true}
	switch {
	case !d.Present():
		p.Missing = "neither /proc/driver/nvidia/version nor libcuda.so.1 is there"
	case d.Library == "":
		p.Missing = fmt.Sprintf("the kernel's is %s, libcuda.so.1 is not there", d.Version)
	case d.Version == "":
		p.Where = "of unknown version, " + d.Library
	case d.Major() < b.Driver:
		p.Missing = fmt.Sprintf("%s is older than %d, which CUDA %d wants", d.Version, b.Driver, b.CUDA)
	default:
		p.Where = d.Version
		if cards := s.GPUs(); cards != "" {
			p.Where += ", " + cards
		}
	}
	return p
}

// runtimePart is ONNX Runtime's build for GPUs. Where its folder was begun and is not
// whole, nothing is loaded from there, whatever files there are.
func (s System) runtimePart(b Build) Part {
	p := s.part(b, "onnxruntime-gpu", true, "libonnxruntime.so."+b.ONNXRuntime, "libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so")
	if f := s.Folder(b); p.Missing == "" && p.Where == f.Path && !f.complete() {
		p.Where, p.Missing = "", "the rest of what was to be in "+f.Path
	}
	return p
}

// part looks for all of a part's libraries, side by side or not.
func (s System) part(b Build, name string, needed bool, files ...string) Part {
	p := Part{Name: name, Needed: needed}
	folder := s.Folder(b).Path
	var lacks []string
	for _, file := range files {
		path := filepath.Join(folder, file)
		if !exists(path) {
			path = s.find(file)
		}
		if path == "" {
			lacks = append(lacks, file)
			continue
		}
		p.Where = filepath.Dir(path)
	}
	if len(lacks) > 0 {
		p.Where, p.Missing = "", strings.Join(lacks, ", ")
	}
	return p
}
