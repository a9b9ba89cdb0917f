package native

import "slices"

// A Build is ONNX Runtime for GPUs, with the CUDA that it was made for.
type Build struct {
	Name        string // of its folder in the cache
	ONNXRuntime string // version
	CUDA        int    // major version
	Driver      int    // the oldest major version of the driver that it works with
	Wheels      []Wheel

	preload []string // in this order; see Folder.Preload
}

// A Wheel is a package of the Python Package Index, pinned. Nothing of it is run:
// it is where these libraries are published.
type Wheel struct {
	Project, Version string
	SHA256           string
	Bytes            int64
	Files            []string // what is taken of it, by base names
}

const cudnn = "libcudnn.so.9"

// cuda are the libraries of CUDA itself.
func (b Build) cuda() []string {
	return slices.DeleteFunc(slices.Clone(b.preload), func(name string) bool { return name == cudnn })
}

// TensorRT is the major version that both builds want. Its libraries are in no wheel
// of the index, so they are taken from where the system has them, or from the
// build's own folder, if somebody put them there.
const TensorRT = 10

var tensorRTFiles = []string{"libnvinfer.so.10", "libnvonnxparser.so.10"}

// platforms are the tags of the wheels below.
var platforms = []string{"manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux2010_x86_64", "manylinux_2_12_x86_64"}

// Builds are those that can be installed, the one to be preferred first. The parts'
// versions are CUDA 13.0's and 12.8's: code that a newer compiler makes while the
// program runs is refused by the drivers that the builds still work with. Of cuFFT the
// older build is linked to, the newer opens it for operators that no graph here has.
var Builds = []Build{
	{
		Name: "cuda13-ort1.31.1", ONNXRuntime: "1.31.1", CUDA: 13, Driver: 580,
		Wheels: []Wheel{
			{Project: "onnxruntime-gpu", Version: "1.31.1", Bytes: 255569273,
				SHA256: "05d548956197b9d01f59b625de740e0d6be3593f874e241a12dc0362650ecdf7",
				Files:  []string{"libonnxruntime.so.1.31.1", "libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so", "libonnxruntime_providers_tensorrt.so"}},
			{Project: "nvidia-cuda-runtime", Version: "13.0.96", Bytes: 2243632,
				SHA256: "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
				Files:  []string{"libcudart.so.13"}},
			{Project: "nvidia-cublas", Version: "13.1.0.3", Bytes: 423133236,
				SHA256: "ee8722c1f0145ab246bccb9e452153b5e0515fd094c3678df50b2a0888b8b171",
				Files:  []string{"libcublasLt.so.13", "libcublas.so.13"}},
			{Project: "nvidia-curand", Version: "10.4.0.35", Bytes: 59544258,
				SHA256: "1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc",
				Files:  []string{"libcurand.so.10"}},
			{Project: "nvidia-cuda-nvrtc", Version: "13.0.88", Bytes: 90215200,
				SHA256: "ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575",
				Files:  []string{"libnvrtc-builtins.so.13.0", "libnvrtc.so.13"}},
			{Project: "nvidia-cudnn-cu13", Version: "9.20.0.48", Bytes: 366173588,
				SHA256: "0c45dd8eeb50b603f07995b1b300c62ffe6a1980482b82b3bcf94a4ca9d49304",
				Files:  []string{cudnn, "libcudnn_graph.so.9", "libcudnn_ops.so.9", "libcudnn_cnn.so.9", "libcudnn_adv.so.9", "libcudnn_heuristic.so.9", "libcudnn_engines_precompiled.so.9", "libcudnn_engines_runtime_compiled.so.9"}},
		},
		preload: []string{"libcudart.so.13", "libcublasLt.so.13", "libcublas.so.13", "libnvrtc-builtins.so.13.0", "libnvrtc.so.13", "libcurand.so.10", cudnn},
	},
	{
		Name: "cuda12-ort1.24.4", ONNXRuntime: "1.24.4", CUDA: 12, Driver: 525,
		Wheels: []Wheel{
			{Project: "onnxruntime-gpu", Version: "1.24.4", Bytes: 252765531,
				SHA256: "eb0e38f0c1ef3b76ae0081c8e51eed20dd8925aa916f0fc6f9b8b17d05610e99",
				Files:  []string{"libonnxruntime.so.1.24.4", "libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so", "libonnxruntime_providers_tensorrt.so"}},
			{Project: "nvidia-cuda-runtime-cu12", Version: "12.8.90", Bytes: 954765,
				SHA256: "adade8dcbd0edf427b7204d480d6066d33902cab2a4707dcfc48a2d0fd44ab90",
				Files:  []string{"libcudart.so.12"}},
			{Project: "nvidia-cublas-cu12", Version: "12.8.4.1", Bytes: 594346921,
				SHA256: "8ac4e771d5a348c551b2a426eda6193c19aa630236b418086020df5ba9667142",
				Files:  []string{"libcublasLt.so.12", "libcublas.so.12"}},
			{Project: "nvidia-curand-cu12", Version: "10.3.9.90", Bytes: 63619976,
				SHA256: "b32331d4f4df5d6eefa0554c565b626c7216f87a06a4f56fab27c3b68a830ec9",
				Files:  []string{"libcurand.so.10"}},
			{Project: "nvidia-cufft-cu12", Version: "11.3.3.83", Bytes: 193118695,
				SHA256: "4d2dd21ec0b88cf61b62e6b43564355e5222e4a3fb394cac0db101f2dd0d4f74",
				Files:  []string{"libcufft.so.11"}},
			{Project: "nvidia-cuda-nvrtc-cu12", Version: "12.8.93", Bytes: 88040029,
				SHA256: "a7756528852ef889772a84c6cd89d41dfa74667e24cca16bb31f8f061e3e9994",
				Files:  []string{"libnvrtc-builtins.so.12.8", "libnvrtc.so.12"}},
			{Project: "nvidia-cudnn-cu12", Version: "9.20.0.48", Bytes: 657910570,
				SHA256: "7d7479e1321c7a039b33827f0247791ee1be091759032c1f66a287c4a643396a",
				Files:  []string{cudnn, "libcudnn_graph.so.9", "libcudnn_ops.so.9", "libcudnn_cnn.so.9", "libcudnn_adv.so.9", "libcudnn_heuristic.so.9", "libcudnn_engines_precompiled.so.9", "libcudnn_engines_runtime_compiled.so.9"}},
		},
		preload: []string{"libcudart.so.12", "libcublasLt.so.12", "libcublas.so.12", "libnvrtc-builtins.so.12.8", "libnvrtc.so.12", "libcurand.so.10", "libcufft.so.11", cudnn},
	},
}
