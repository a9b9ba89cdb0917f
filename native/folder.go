package native

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A Folder is where a build's libraries were unpacked, all side by side: there ONNX
// Runtime finds its providers, and cuDNN its parts.
type Folder struct {
	Build Build
	Path  string
}

// Folder is the build's place in the cache, whether it was installed or not.
func (s System) Folder(b Build) Folder { return Folder{b, filepath.Join(s.Cache, b.Name)} }

// Installed returns the newest build that is installed and that the driver can
// work with; a driver of unknown version is trusted.
func (s System) Installed() (Folder, bool) {
	if s.Cache == "" {
		return Folder{}, false
	}
	major := s.Driver().Major()
	for _, b := range Builds {
		if f := s.Folder(b); f.complete() && (major == 0 || major >= b.Driver) {
			return f, true
		}
	}
	return Folder{}, false
}

// Library is ONNX Runtime's own.
func (f Folder) Library() string {
	return filepath.Join(f.Path, "libonnxruntime.so."+f.Build.ONNXRuntime)
}

// Preload lists the libraries that ONNX Runtime's providers want, by absolute paths:
// each before those that need it. Once they are loaded, the dynamic linker looks for
// none of them in the system's folders. TensorRT's are among them where somebody has
// put them beside.
func (f Folder) Preload() []string {
	var paths []string
	for _, name := range f.Build.preload {
		paths = append(paths, filepath.Join(f.Path, name))
	}
	for _, name := range []string{tensorRTFiles[0], "libnvinfer_plugin.so.10", tensorRTFiles[1]} { // the parser may be linked to both
		if path := filepath.Join(f.Path, name); exists(path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// A receipt tells what of a wheel was unpacked. It is written last, so that a wheel
// without one was not installed whole.
type receipt struct {
	Wheel  string       `json:"wheel"`
	SHA256 string       `json:"sha256"`
	Files  []fileRecord `json:"files"`
}

type fileRecord struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

func (f Folder) receiptPath(w Wheel) string { return filepath.Join(f.Path, w.Project+".json") }

func (f Folder) receipt(w Wheel) (receipt, error) {
	var r receipt
	text, err := os.ReadFile(f.receiptPath(w))
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err == nil && r.SHA256 != w.SHA256 {
		err = fmt.Errorf("%s is of another wheel", f.receiptPath(w))
	}
	return r, err
}

// complete tells, by the sizes of files, whether all wheels were installed.
func (f Folder) complete() bool {
	for _, w := range f.Build.Wheels {
		r, err := f.receipt(w)
		if err != nil || len(r.Files) == 0 {
			return false
		}
		for _, file := range r.Files {
			info, err := os.Stat(filepath.Join(f.Path, file.Name))
			if err != nil || info.Size() != file.Bytes {
				return false
			}
		}
	}
	return true
}

// verified tells, by their sha256, whether a wheel's files are those that were unpacked.
func (f Folder) verified(w Wheel) bool {
	r, err := f.receipt(w)
	if err != nil || len(r.Files) == 0 {
		return false
	}
	for _, file := range r.Files {
		if sum, err := sha256Of(filepath.Join(f.Path, file.Name)); err != nil || sum != file.SHA256 {
			return false
		}
	}
	return true
}

func sha256Of(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
