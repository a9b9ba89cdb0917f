package infer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	ort "github.com/yalue/onnxruntime_go"

	"stylecam/filter"
	"stylecam/models"
	"stylecam/native"
)

// The providers' options, as strings, which is how ONNX Runtime takes them:
// onnxruntime.ai/docs/execution-providers, CUDA's and TensorRT's page.
//
// CUDA graphs stay off: a captured graph keeps the addresses of its inputs. New ones come
// with every style and setting that is uploaded; and where they do not, as SegNet's,
// two bindings take turns, for each of which a graph would have to be kept.

// cudaOptions are CUDA's. memory bounds its arena, in bytes; 0 is no bound.
func cudaOptions(memory int64) map[string]string {
	options := map[string]string{
		"device_id": "0",
		// Sizes change with the quality; to try every algorithm for each would show as a
		// picture that stands still.
		"cudnn_conv_algo_search":       "HEURISTIC",
		"cudnn_conv_use_max_workspace": "1",
		"do_copy_in_default_stream":    "1",
		"arena_extend_strategy":        "kSameAsRequested", // what is left is the desktop's
	}
	if memory > 0 {
		options["gpu_mem_limit"] = strconv.FormatInt(memory, 10)
	}
	return options
}

// engine is what TensorRT compiles of one graph.
type engine struct {
	folder  string // of the compiled engine: another for each graph, GPU and version
	timings string // of the measurements that compiling takes, common to all graphs
	fp16    bool
	profile *profile
}

// profile are the shapes that an engine is made for, by input.
type profile struct{ least, usual, most string }

// leastShape is the smallest picture that networks look at.
var leastShape = shape{64, 64, 1}

// shapes are what an engine is tuned for, and the most that it takes; larger ones fail.
// The masks' sizes are the manifest's, of which a GPU usually takes the largest. A
// painting is as large there as time allows, upright or not; four styles are two that
// become two others.
func shapes(g models.Graph) (usual, most shape) {
	if g.Graph == models.SANetPaint {
		return shape{720, 1280, 1}, shape{1920, 1920, 4}
	}
	longest := 0
	for _, s := range g.Sizes {
		longest = max(longest, s[0], s[1])
		if s[0]*s[1] > usual.height*usual.width {
			usual = shape{s[0], s[1], 1}
		}
	}
	return usual, shape{longest, longest, 1}
}

// newProfile spells the shapes of a graph's inputs, nil if they are all fixed.
func newProfile(inputs []ort.InputOutputInfo, usual, most shape) *profile {
	spell := func(s shape) string {
		var all []string
		for _, in := range inputs {
			dims := make([]string, len(in.Dimensions))
			for i, d := range in.Dimensions {
				if d < 0 {
					d = s.dimension(in.Name, i)
				}
				dims[i] = strconv.FormatInt(d, 10)
			}
			all = append(all, in.Name+":"+strings.Join(dims, "x"))
		}
		return strings.Join(all, ",")
	}
	p := &profile{spell(leastShape), spell(usual), spell(most)}
	if p.least == p.most {
		return nil
	}
	return p
}

// dimension is one that the contract leaves free: see docs/design.md.
func (s shape) dimension(input string, i int) int64 {
	switch input {
	case "image": // [1,h,w,3]
		return int64([]int{1, s.height, s.width, 3}[i])
	case "previous": // [1,1,h,w]
		return int64([]int{1, 1, s.height, s.width}[i])
	case "share": // [1,S,h/4,w/4]
		return int64([]int{1, s.styles, s.height / 4, s.width / 4}[i])
	case "alpha": // [1,2,h/4,w/4]
		return int64([]int{1, 2, s.height / 4, s.width / 4}[i])
	}
	return int64(s.styles) // a style's tensors, [S,T,·] and [S,D]
}

// engine says how TensorRT is to compile a graph, nil where it does not compute.
func (r *Runtime) engine(g models.Graph, inputs []ort.InputOutputInfo) *engine {
	if r.provider != TensorRT {
		return nil
	}
	system := native.Here()
	usual, most := shapes(g)
	e := &engine{
		timings: filepath.Join(system.Cache, "tensorrt", "timings"),
		fp16:    r.fp16 && g.Graph != models.SegNet, // masks stay in full precision: docs/gpu.md
		profile: newProfile(inputs, usual, most),
	}
	e.folder = filepath.Join(system.Cache, "tensorrt", engineKey(g, system, r.Version(), e))
	return e
}

// engineKey names what an engine depends on: a change of any gives another name, so
// that a stale engine is never loaded.
func engineKey(g models.Graph, s native.System, version string, e *engine) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%x\n%s\n%s\n%s\n%s\nhalf: %t\n", sha256.Sum256(g.Bytes), s.GPUs(), s.Driver().Version, s.TensorRT(), version, e.fp16)
	if p := e.profile; p != nil {
		fmt.Fprintf(sum, "%s\n%s\n%s\n", p.least, p.usual, p.most)
	}
	return strings.Trim(g.Name+"-"+g.Graph, "-") + "-" + hex.EncodeToString(sum.Sum(nil))[:16]
}

// options are TensorRT's.
func (e *engine) options(memory int64) map[string]string {
	options := map[string]string{
		"device_id":                    "0",
		"trt_engine_cache_enable":      "1",
		"trt_engine_cache_path":        e.folder,
		"trt_timing_cache_enable":      "1",
		"trt_timing_cache_path":        e.timings,
		"trt_fp16_enable":              "0",
		"trt_cuda_graph_enable":        "0",
		"trt_layer_norm_fp32_fallback": "1", // sums of squares do not fit into half precision
	}
	if e.fp16 {
		options["trt_fp16_enable"] = "1"
	}
	if memory > 0 {
		options["trt_max_workspace_size"] = strconv.FormatInt(memory/2, 10)
	}
	if e.profile != nil {
		options["trt_profile_min_shapes"] = e.profile.least
		options["trt_profile_opt_shapes"] = e.profile.usual
		options["trt_profile_max_shapes"] = e.profile.most
	}
	return options
}

// unread are the library's words for an engine that was kept and does not load.
var unread = regexp.MustCompile("deserialize engine")

// compile has open make a session by the engine, and tells how long that takes where it
// was not compiled before. One that was cut short, as on a disk that was full, is
// compiled anew. What TensorRT cannot compile it leaves to CUDA and tells nobody: here
// that is an error. Without an engine open is all.
func (e *engine) compile(open func() error, tell func(time.Duration)) error {
	if e == nil {
		return open()
	}
	if e.built() {
		err := open()
		if err == nil || !unread.MatchString(err.Error()) {
			return err
		}
		if err := errors.Join(os.RemoveAll(e.folder), os.MkdirAll(e.folder, 0o755)); err != nil {
			return err
		}
	}
	var err error
	told := tellWhile(10*time.Second, tell, func() { err = open() })
	if err == nil && !e.built() {
		err = errors.New("TensorRT compiled nothing of it")
	}
	return errors.Join(err, told)
}

// built tells whether the engine was compiled before.
func (e *engine) built() bool {
	entries, err := os.ReadDir(e.folder)
	return err == nil && len(entries) > 0
}

// tellWhile has tell hear the time that work takes: at once, and then every so often.
func tellWhile(every time.Duration, tell func(time.Duration), work func()) (err error) {
	began, done := time.Now(), make(chan struct{})
	ticking := make(chan struct{})
	tell(0)
	go func() {
		defer close(ticking)
		err = filter.Guard(func() error {
			tick := time.NewTicker(every)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					tell(time.Since(began))
				case <-done:
					return nil
				}
			}
		})
	}()
	work()
	close(done)
	<-ticking
	return err
}
