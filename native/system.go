package native

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// System is the machine as its files describe it.
type System struct {
	Root      string              // "/", but in tests
	Cache     string              // stylecam's folder for what can be fetched again; "" where there is no home
	Variables func(string) string // the environment
}

// Here is the machine we run on.
func Here() System {
	s := System{Root: "/", Variables: os.Getenv}
	if cache, err := os.UserCacheDir(); err == nil {
		s.Cache = filepath.Join(cache, "stylecam")
	}
	return s
}

// Folders are where the dynamic linker looks for libraries, in its order.
func (s System) Folders() []string {
	list := filepath.SplitList(s.Variables("LD_LIBRARY_PATH"))
	configs, _ := filepath.Glob(filepath.Join(s.Root, "etc/ld.so.conf.d/*.conf"))
	for _, config := range append([]string{filepath.Join(s.Root, "etc/ld.so.conf")}, configs...) {
		for _, folder := range configured(config) {
			list = append(list, filepath.Join(s.Root, folder))
		}
	}
	for _, folder := range []string{"usr/local/lib", "lib", "usr/lib", "lib64", "usr/lib64"} {
		list = append(list, filepath.Join(s.Root, folder))
	}
	return list
}

// configured reads the folders of one of the dynamic linker's settings.
func configured(config string) (folders []string) {
	f, err := os.Open(config)
	if err != nil {
		return nil
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if line := strings.TrimSpace(lines.Text()); strings.HasPrefix(line, "/") {
			folders = append(folders, line)
		}
	}
	return folders
}

// find returns the path of a library in the dynamic linker's folders, "" if it is in none.
func (s System) find(name string) string {
	for _, folder := range s.Folders() {
		path := filepath.Join(folder, name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// Driver is NVIDIA's, as far as it is there.
type Driver struct {
	Version string // "" if the kernel tells of none
	Library string // libcuda.so.1, "" if it is not found
}

// The version's line, of the closed and the open kernel module:
//
//	NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun Jul 27 07:15:59 UTC 2025
//	NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.82.07  Release Build
var driverVersion = regexp.MustCompile(`NVRM version:.*?\s(\d+\.\d+(?:\.\d+)?)\s`)

// Driver looks for the driver of NVIDIA's GPUs.
func (s System) Driver() Driver {
	d := Driver{Library: s.find("libcuda.so.1")}
	if d.Library == "" { // Windows' Linux has its driver apart
		if path := filepath.Join(s.Root, "usr/lib/wsl/lib/libcuda.so.1"); exists(path) {
			d.Library = path
		}
	}
	text, err := os.ReadFile(filepath.Join(s.Root, "proc/driver/nvidia/version"))
	if err != nil {
		return d
	}
	if m := driverVersion.FindSubmatch(text); m != nil {
		d.Version = string(m[1])
	}
	return d
}

// GPUs names NVIDIA's cards, as their driver does, "" if it tells of none.
func (s System) GPUs() string {
	var names []string
	files, _ := filepath.Glob(filepath.Join(s.Root, "proc/driver/nvidia/gpus/*/information"))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for line := range strings.Lines(string(text)) {
			if name, ok := strings.CutPrefix(line, "Model:"); ok {
				names = append(names, strings.TrimSpace(name))
			}
		}
	}
	return strings.Join(names, ", ")
}

// TensorRT is the file of TensorRT's library, whose name tells its version; "" if it
// is not there.
func (s System) TensorRT() string {
	path := ""
	for _, b := range Builds {
		if beside := filepath.Join(s.Folder(b).Path, tensorRTFiles[0]); path == "" && exists(beside) {
			path = beside
		}
	}
	if path == "" {
		path = s.find(tensorRTFiles[0])
	}
	if real, err := filepath.EvalSymlinks(path); err == nil && path != "" {
		return real
	}
	return path
}

// Present tells whether there is a driver at all.
func (d Driver) Present() bool { return d.Version != "" || d.Library != "" }

// Major is the version's first number, 0 if it is not known.
func (d Driver) Major() int {
	major, _, _ := strings.Cut(d.Version, ".")
	n, _ := strconv.Atoi(major)
	return n
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
