package infer

import (
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	ort "github.com/yalue/onnxruntime_go"

	"stylecam/filter"
	"stylecam/native"
)

// minMinor is the oldest ONNX Runtime, 1.24, that knows the binding's version of
// the C API.
const minMinor = 24

const mend = "run `stylecam runtime install`, or set ONNXRUNTIME_LIB to a libonnxruntime.so of version 1.24 or newer"

// ChosenError says that the library which somebody chose does not serve. No other is
// tried in its place, so that installing one is no help.
type ChosenError struct {
	Mend string // how to choose none
	Err  error
}

func (e *ChosenError) Error() string { return e.Err.Error() }
func (e *ChosenError) Unwrap() error { return e.Err }

// choice is how somebody chose a library, and how not to; zero if nobody did.
type choice struct{ by, undo string }

// library is the one ONNX Runtime of this process. Neither ONNX Runtime nor the
// CUDA behind it is made to be unloaded and loaded again, so the first that serves
// stays until the process ends, and every Runtime shares it.
var library struct {
	sync.Mutex
	path string // "" before it is loaded
}

// load makes ONNX Runtime ready: the library at path, or if that is "" the first
// one found; for a GPU's sake its build comes first, where it is installed. It returns the path of the library in use.
func load(path string, p Provider) (string, error) {
	library.Lock()
	defer library.Unlock()
	if library.path != "" {
		if path != "" && path != library.path {
			return "", fmt.Errorf("ONNX Runtime: %w: %s is in use already and %s cannot be loaded beside it", filter.ErrMissing, library.path, path)
		}
		return library.path, nil
	}

	candidates, chosen := find(path, p)
	var unfit []error
	for _, path := range candidates {
		err := take(path)
		if err == nil {
			return path, nil
		}
		unfit = append(unfit, err)
	}
	switch {
	case chosen != choice{}:
		return "", &ChosenError{chosen.undo, fmt.Errorf("ONNX Runtime: %w (%s): %w; %s", filter.ErrMissing, chosen.by, unfit[0], chosen.undo)}
	case len(unfit) > 0:
		return "", fmt.Errorf("ONNX Runtime: %w: %w; %s", filter.ErrMissing, unfit[0], mend)
	}
	return "", fmt.Errorf("ONNX Runtime: %w: no libonnxruntime.so in the system's folders or the cache; %s", filter.ErrMissing, mend)
}

// Use loads the library at path and no other.
func Use(path string) error {
	library.Lock()
	defer library.Unlock()
	return take(path)
}

// take loads a library, the first that serves, which stays.
func take(path string) error {
	err := try(path)
	if err == nil {
		library.path = path
	}
	return err
}

// find lists the libraries to try, in order. If somebody chose one, it is the only
// one, and chosen tells how.
func find(path string, p Provider) (candidates []string, chosen choice) {
	if path != "" {
		return []string{path}, choice{"--onnxruntime", "leave --onnxruntime out"}
	}
	if path = os.Getenv("ONNXRUNTIME_LIB"); path != "" {
		return []string{path}, choice{"ONNXRUNTIME_LIB", "unset ONNXRUNTIME_LIB"}
	}
	system := native.Here()
	folder, installed := system.Installed()
	forGPU := p == CUDA || p == TensorRT || p == Auto && system.Driver().Present()
	if installed && forGPU {
		candidates = append(candidates, folder.Library())
	}
	for _, folder := range append(system.Folders(), system.Cache) {
		found, _ := filepath.Glob(filepath.Join(folder, "libonnxruntime.so*"))
		slices.Reverse(found) // Glob sorts: the longest name, which is the version's, first
		for _, path := range found {
			if real, err := filepath.EvalSymlinks(path); err == nil && !slices.Contains(candidates, real) {
				candidates = append(candidates, real)
			}
		}
	}
	if installed && !forGPU { // which computes on the CPU as well
		candidates = append(candidates, folder.Library())
	}
	return candidates, choice{}
}

// settings are those that libraries read from the environment as they start.
var settings = map[string]string{
	// Linux builds of ONNX Runtime, 1.31.1 among them, report its use to its maker, under
	// an identifier that it keeps in the user's cache. What runs before a camera tells
	// nobody.
	"ORT_DISABLE_TELEMETRY": "1",
	// NVIDIA's compute single precision with ten of its 23 bits, if they are let. Who
	// wants that takes half precision.
	"NVIDIA_TF32_OVERRIDE": "0",
}

// try loads one library, having looked into the file first: the dynamic linker
// kills the process over a file that was cut short.
func try(path string) error {
	if err := inspect(path); err != nil {
		return err
	}
	for name, value := range settings {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	if err := preload(path); err != nil {
		return err
	}
	ort.SetSharedLibraryPath(path)
	// Errors come back from every call; the library need not print them as well.
	if err := ort.InitializeEnvironment(ort.WithLogLevelFatal()); err != nil {
		return fmt.Errorf("%s: %s", path, inWords(err))
	}
	return nil
}

// inspect tells whether a file is an ONNX Runtime library that this program can
// load. Elsewhere than on Linux only whether it is there.
func inspect(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return &fs.PathError{Op: "load", Path: path, Err: errors.New("is no file")}
	}
	if runtime.GOOS != "linux" {
		return nil
	}
	f, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("%s is no shared library, or cut short (%w)", path, err)
	}
	defer f.Close()
	machines := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}
	if want, known := machines[runtime.GOARCH]; known && f.Machine != want {
		return fmt.Errorf("%s is built for another processor, %s", path, strings.TrimPrefix(f.Machine.String(), "EM_"))
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && p.Off+p.Filesz > uint64(info.Size()) {
			return fmt.Errorf("%s is cut short: %d bytes of at least %d", path, info.Size(), p.Off+p.Filesz)
		}
	}
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return fmt.Errorf("%s is no shared library: %w", path, err)
	}
	for _, s := range symbols {
		if s.Name == "OrtGetApiBase" && s.Section != elf.SHN_UNDEF {
			return fits(path, s.Version)
		}
	}
	return fmt.Errorf("%s is no ONNX Runtime: it has no OrtGetApiBase", path)
}

// fits judges the version that the library's symbols carry, like VERS_1.31.1. Some
// distributions' builds carry none: those tell when they are loaded.
func fits(path, symbolVersion string) error {
	version, ok := strings.CutPrefix(symbolVersion, "VERS_")
	if !ok {
		return nil
	}
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(minor)
	if err != nil || major != "1" || n < minMinor {
		return fmt.Errorf("%s is ONNX Runtime %s; 1.%d or a newer 1.x is needed", path, version, minMinor)
	}
	return nil
}

// origin is what the library puts before its words: the place in its source, and a code.
var origin = regexp.MustCompile(`\[ONNXRuntimeError\] : \d+ : \w+ : |^\S+\.(?:h|cc):\d+ \w+ `)

// place is what CUDA's errors end with: card, machine, and place in the source.
var place = regexp.MustCompile(` ; GPU=.*`)

// inWords is the text of an error of the library, on one line and without its origin.
func inWords(err error) string {
	line := strings.Join(strings.Fields(err.Error()), " ")
	for at := origin.FindStringIndex(line); at != nil; at = origin.FindStringIndex(line) {
		line = line[at[1]:]
	}
	return strings.TrimSuffix(place.ReplaceAllString(line, ""), ".")
}
