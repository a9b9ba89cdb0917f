package native

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// system is a machine with the given files and their content, below a root of its own.
func system(t *testing.T, files map[string]string) System {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return System{Root: root, Cache: filepath.Join(root, "cache"), Variables: func(string) string { return "" }}
}

const (
	closed = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun Jul 27 07:15:59 UTC 2025\nGCC version:  gcc version 12.2.0\n"
	opened = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.82.07  Release Build  (dvs-builder)  Wed Aug 27 2025\n"
	older  = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\n"
)

func TestDriver(t *testing.T) {
	for name, c := range map[string]struct {
		files   map[string]string
		version string
		build   string
		present bool
	}{
		"none":          {nil, "", "cuda13-ort1.31.1", false},
		"closed":        {map[string]string{"proc/driver/nvidia/version": closed}, "580.65.06", "cuda13-ort1.31.1", true},
		"open":          {map[string]string{"proc/driver/nvidia/version": opened}, "580.82.07", "cuda13-ort1.31.1", true},
		"older":         {map[string]string{"proc/driver/nvidia/version": older}, "535.183.01", "cuda12-ort1.24.4", true},
		"garbage":       {map[string]string{"proc/driver/nvidia/version": "NVRM"}, "", "cuda13-ort1.31.1", false},
		"Windows":       {map[string]string{"usr/lib/wsl/lib/libcuda.so.1": ""}, "", "cuda13-ort1.31.1", true},
		"by ld.so.conf": {map[string]string{"etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\n/opt/nv\n", "opt/nv/libcuda.so.1": ""}, "", "cuda13-ort1.31.1", true},
		"by its folder": {map[string]string{"etc/ld.so.conf.d/x.conf": "# drivers\n/opt/nv\n", "opt/nv/libcuda.so.1": ""}, "", "cuda13-ort1.31.1", true},
	} {
		t.Run(name, func(t *testing.T) {
			d := system(t, c.files).Driver()
			if d.Version != c.version || d.Present() != c.present || Suited(d).Name != c.build {
				t.Errorf("driver %+v, build %s", d, Suited(d).Name)
			}
		})
	}
}

func TestExamine(t *testing.T) {
	files := map[string]string{"proc/driver/nvidia/version": closed, "usr/lib/libcuda.so.1": ""}
	everything := func(libraries ...string) map[string]string {
		all := map[string]string{}
		for name, content := range files {
			all[name] = content
		}
		for _, name := range libraries {
			all[name] = ""
		}
		return all
	}
	folder := "cache/" + Builds[0].Name + "/"
	var whole []string
	for _, w := range Builds[0].Wheels {
		for _, name := range w.Files {
			whole = append(whole, folder+name)
		}
	}
	// installed has the receipts besides, and some of the files of another length.
	installed := func(libraries []string, cut ...string) map[string]string {
		all := everything(libraries...)
		for _, w := range Builds[0].Wheels {
			r := receipt{SHA256: w.SHA256}
			for _, name := range w.Files {
				r.Files = append(r.Files, fileRecord{Name: name})
			}
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			all[folder+w.Project+".json"] = string(text)
		}
		for _, name := range cut {
			all[folder+name] = "more"
		}
		return all
	}
	for name, c := range map[string]struct {
		files map[string]string
		lacks []string // "part: what of it"
	}{
		"nothing at all":                {nil, []string{"nvidia driver: neither", "onnxruntime-gpu: libonnxruntime.so.1.31.1", "cuda 13: libcudart.so.13", "cudnn 9: libcudnn.so.9", "tensorrt 10: libnvinfer.so.10"}},
		"installed":                     {installed(whole), []string{"tensorrt 10"}},
		"one library is not whole":      {installed(whole, "libcublas.so.13"), []string{"onnxruntime-gpu: the rest", "tensorrt 10"}},
		"receipts are lost":             {everything(whole...), []string{"onnxruntime-gpu: the rest", "tensorrt 10"}},
		"of the system's too":           {installed(append(whole, "usr/lib/libnvinfer.so.10", "usr/lib/libnvonnxparser.so.10")), nil},
		"half of TensorRT":              {installed(append(whole, folder+"libnvinfer.so.10")), []string{"tensorrt 10: libnvonnxparser.so.10"}},
		"CUDA without cuDNN":            {everything(slices.DeleteFunc(slices.Clone(whole), func(n string) bool { return strings.Contains(n, "cudnn") })...), []string{"onnxruntime-gpu: the rest", "cudnn 9: libcudnn.so.9", "tensorrt 10"}},
		"CUDA of another version":       {everything("usr/lib/libcudart.so.12", "usr/lib/libcublas.so.12"), []string{"onnxruntime-gpu", "cuda 13: libcudart.so.13, libcublasLt.so.13, libcublas.so.13", "cudnn 9", "tensorrt 10"}},
		"a driver too old":              {map[string]string{"proc/driver/nvidia/version": older, "usr/lib/libcuda.so.1": ""}, []string{"nvidia driver: 535.183.01 is older than 580", "onnxruntime-gpu", "cuda 13", "cudnn 9", "tensorrt 10"}},
		"the kernel's half of a driver": {map[string]string{"proc/driver/nvidia/version": closed}, []string{"nvidia driver: the kernel's is 580.65.06, libcuda.so.1", "onnxruntime-gpu", "cuda 13", "cudnn 9", "tensorrt 10"}},
	} {
		t.Run(name, func(t *testing.T) {
			var lacks []string
			for _, p := range system(t, c.files).Examine(Builds[0]) {
				if (p.Where == "") == (p.Missing == "") {
					t.Errorf("%s is neither there nor missing: %+v", p.Name, p)
				}
				if p.Missing != "" {
					lacks = append(lacks, p.Name+": "+p.Missing)
				}
			}
			if len(lacks) != len(c.lacks) {
				t.Fatalf("lacks %q, want %q", lacks, c.lacks)
			}
			for i := range lacks {
				if !strings.HasPrefix(lacks[i], c.lacks[i]) {
					t.Errorf("lacks %q, want %q", lacks[i], c.lacks[i])
				}
			}
		})
	}
}

// TensorRT's libraries are loaded where somebody has put them beside, the parser last.
func TestTensorRTBeside(t *testing.T) {
	const beside = "cache/cuda13-ort1.31.1/"
	s := system(t, map[string]string{beside + "libnvonnxparser.so.10": "", beside + "libnvinfer.so.10": "", beside + "libnvinfer_plugin.so.10": ""})
	loaded := s.Folder(Builds[0]).Preload()
	own := len(system(t, nil).Folder(Builds[0]).Preload())
	var names []string
	for _, path := range loaded[own:] {
		names = append(names, filepath.Base(path))
	}
	if want := []string{"libnvinfer.so.10", "libnvinfer_plugin.so.10", "libnvonnxparser.so.10"}; !slices.Equal(names, want) {
		t.Errorf("loads %v, want %v", names, want)
	}
}

func TestInstalledBuildIsOneTheDriverWorksWith(t *testing.T) {
	x := newIndex(t, "one")
	defer func(before []Build) { Builds = before }(Builds)
	newer, older := x.build, x.build
	newer.Name, older.Name, older.Driver = "newer", "older", 525
	Builds = []Build{newer, older}
	s := system(t, map[string]string{"proc/driver/nvidia/version": closed})
	if _, ok := s.Installed(); ok {
		t.Error("nothing was installed yet")
	}
	for _, b := range Builds {
		if _, err := s.Install(t.Context(), b, silent); err != nil {
			t.Fatal(err)
		}
	}
	if f, ok := s.Installed(); !ok || f.Build.Name != "newer" {
		t.Errorf("with driver 580 it is %q", f.Build.Name)
	}
	if err := os.WriteFile(filepath.Join(s.Root, "proc/driver/nvidia/version"), []byte("NVRM version: x  535.1.2  y"), 0o644); err != nil {
		t.Fatal(err)
	}
	if f, ok := s.Installed(); !ok || f.Build.Name != "older" {
		t.Errorf("with driver 535 it is %q", f.Build.Name)
	}
}

// What is loaded was pinned, and is loaded after what it needs.
func TestBuilds(t *testing.T) {
	for _, b := range Builds {
		var files []string
		for _, w := range b.Wheels {
			if sum, err := hex.DecodeString(w.SHA256); err != nil || len(sum) != 32 || w.Bytes == 0 {
				t.Errorf("%s of %s is not pinned", w.Project, b.Name)
			}
			files = append(files, w.Files...)
		}
		for _, name := range b.preload {
			if !slices.Contains(files, name) {
				t.Errorf("%s is to be loaded, and no wheel of %s brings it", name, b.Name)
			}
		}
		f := Folder{b, "/cache"}
		if !slices.Contains(files, filepath.Base(f.Library())) {
			t.Errorf("no wheel of %s brings %s", b.Name, f.Library())
		}
		place := func(name string) int { return slices.Index(f.Preload(), fmt.Sprintf("/cache/%s.so.%d", name, b.CUDA)) }
		if lt := place("libcublasLt"); lt < 0 || lt > place("libcublas") {
			t.Errorf("%s loads cublas before what it needs: %v", b.Name, f.Preload())
		}
	}
}
