package infer

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	ort "github.com/yalue/onnxruntime_go"

	"stylecam/models"
	"stylecam/native"
)

func TestCUDAOptions(t *testing.T) {
	want := map[string]string{
		"device_id": "0", "cudnn_conv_algo_search": "HEURISTIC", "cudnn_conv_use_max_workspace": "1",
		"do_copy_in_default_stream": "1", "arena_extend_strategy": "kSameAsRequested",
	}
	if diff := cmp.Diff(want, cudaOptions(0)); diff != "" {
		t.Error(diff)
	}
	if got := cudaOptions(2 << 30)["gpu_mem_limit"]; got != "2147483648" {
		t.Errorf("the limit is %q", got)
	}
}

func TestTensorRTOptions(t *testing.T) {
	e := &engine{"/cache/engine", "/cache/timings", true, &profile{"a", "b", "c"}}
	want := map[string]string{
		"device_id": "0", "trt_fp16_enable": "1", "trt_cuda_graph_enable": "0", "trt_layer_norm_fp32_fallback": "1",
		"trt_engine_cache_enable": "1", "trt_engine_cache_path": "/cache/engine",
		"trt_timing_cache_enable": "1", "trt_timing_cache_path": "/cache/timings", "trt_max_workspace_size": "1048576",
		"trt_profile_min_shapes": "a", "trt_profile_opt_shapes": "b", "trt_profile_max_shapes": "c",
	}
	if diff := cmp.Diff(want, e.options(2<<20)); diff != "" {
		t.Error(diff)
	}
	e.profile, e.fp16 = nil, false
	plain := e.options(0)
	if _, has := plain["trt_profile_min_shapes"]; has || plain["trt_fp16_enable"] != "0" || plain["trt_max_workspace_size"] != "" {
		t.Errorf("options are %v", plain)
	}
}

// The shapes are those of the networks that come with the program.
func TestProfiles(t *testing.T) {
	onCPU(t)
	m, err := models.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	masks := &profile{
		"image:1x64x64x3,previous:1x1x64x64",
		"image:1x288x384x3,previous:1x1x288x384",
		"image:1x384x384x3,previous:1x1x384x384",
	}
	paintings := &profile{
		"image:1x64x64x3,low_keys:1x256x32,low_values:1x256x48,high_keys:1x256x32,high_values:1x256x96,tone:1x288,share:1x1x16x16,alpha:1x2x16x16",
		"image:1x720x1280x3,low_keys:1x256x32,low_values:1x256x48,high_keys:1x256x32,high_values:1x256x96,tone:1x288,share:1x1x180x320,alpha:1x2x180x320",
		"image:1x1920x1920x3,low_keys:4x256x32,low_values:4x256x48,high_keys:4x256x32,high_values:4x256x96,tone:4x288,share:1x4x480x480,alpha:1x2x480x480",
	}
	for _, c := range []struct {
		model, graph string
		want         *profile
	}{
		{models.Lite, models.SegNet, masks},
		{models.Full, models.SegNet, masks},
		{models.Lite, models.SANetStyle, nil}, // of one size
		{models.Lite, models.SANetPaint, paintings},
		{models.Full, models.SANetPaint, paintings},
	} {
		g, err := m.Graph(c.model, c.graph)
		if err != nil {
			t.Fatal(err)
		}
		inputs, _, err := ort.GetInputOutputInfoWithONNXData(g.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		usual, most := shapes(g)
		got := newProfile(inputs, usual, most)
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%s/%s: profile %+v, want %+v", c.model, c.graph, got, c.want)
		}
	}
}

// An engine is kept under a name of its own for all that it was compiled for.
func TestEngineKey(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := native.System{Root: root, Cache: filepath.Join(root, "cache"), Variables: func(string) string { return "" }}
	g := models.Graph{Entry: models.Entry{Name: "lite", Graph: "segnet"}, Bytes: []byte("graph")}
	version, e := "1.31.1", &engine{fp16: true, profile: &profile{"a", "b", "c"}}
	key := func() string { return engineKey(g, s, version, e) }
	seen := map[string]string{key(): "at first"}
	if !strings.HasPrefix(key(), "lite-segnet-") {
		t.Errorf("the key is %q", key())
	}
	for _, change := range []struct {
		of   string
		make func()
	}{
		{"the graph", func() { g.Bytes = []byte("trained on") }},
		{"ONNX Runtime", func() { version = "1.24.4" }},
		{"the precision", func() { e.fp16 = false }},
		{"the shapes", func() { e.profile = &profile{"a", "b", "d"} }},
		{"the GPU", func() {
			write("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t NVIDIA GeForce RTX 3060\nIRQ: 1\n")
		}},
		{"the driver", func() {
			write("proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun\n")
		}},
		{"TensorRT", func() {
			write("usr/lib/libnvinfer.so.10.16.1", "")
			if err := os.Symlink("libnvinfer.so.10.16.1", filepath.Join(root, "usr/lib/libnvinfer.so.10")); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		change.make()
		if before, known := seen[key()]; known {
			t.Errorf("with another %s the key is that of %s", change.of, before)
		}
		seen[key()] = change.of
	}
}

// What paints may be halved, what cuts out may not.
func TestMasksAreCompiledInFullPrecision(t *testing.T) {
	r := &Runtime{provider: TensorRT, fp16: true}
	for graph, half := range map[string]bool{models.SegNet: false, models.SANetPaint: true} {
		e := r.engine(models.Graph{Entry: models.Entry{Name: "any", Graph: graph, Sizes: [][2]int{{64, 64}}}}, nil)
		if e.fp16 != half {
			t.Errorf("%s in half precision: %t", graph, e.fp16)
		}
	}
}

func TestEnginesAreKept(t *testing.T) {
	broken := errors.New("TensorRT EP could not deserialize engine from cache: x.engine")
	full := errors.New("CUDA failure 2: out of memory")
	for name, c := range map[string]struct {
		kept   bool
		first  error // of the first attempt
		writes bool
		opens  int
		told   bool
		says   string
	}{
		"compiled now":                 {false, nil, true, 1, true, ""},
		"compiled before":              {true, nil, false, 1, false, ""},
		"cut short":                    {true, broken, true, 2, true, ""},
		"good, and no room on the GPU": {true, full, false, 1, false, "out of memory"},
		"nothing compiled":             {false, nil, false, 1, true, "compiled nothing"},
		"not to be compiled":           {false, full, false, 1, true, "out of memory"},
	} {
		t.Run(name, func(t *testing.T) {
			e := &engine{folder: t.TempDir()}
			file := filepath.Join(e.folder, "x.engine")
			write := func(text string) {
				t.Helper()
				if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if c.kept {
				write("kept")
			}
			opens, told := 0, false
			err := e.compile(func() error {
				opens++
				if opens == 1 && c.first != nil {
					return c.first
				}
				if c.writes {
					if _, err := os.Stat(file); err == nil {
						t.Error("what does not load is still there")
					}
					write("compiled")
				}
				return nil
			}, func(time.Duration) { told = true })
			if opens != c.opens || told != c.told || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("opened %d times, told: %t: %v", opens, told, err)
			}
		})
	}
}

func TestTheTimeOfABuildIsTold(t *testing.T) {
	told := make(chan time.Duration, 100)
	tellWhile(time.Millisecond, func(so time.Duration) { told <- so }, func() {
		if first := <-told; first != 0 {
			t.Errorf("first told: %v", first)
		}
		if second := <-told; second <= 0 {
			t.Errorf("then: %v", second)
		}
	})
}
