package infer

import (
	"errors"
	"strings"
	"testing"
)

// What ONNX Runtime 1.31.1 said, word for word but for the folders: the CPU's wheel,
// the GPU's wheel with nothing beside it, with all of CUDA but no driver or one too
// old, and without TensorRT. Written after these, never heard: cuDNN alone missing, the
// shared part missing, and CUDA's words for a GPU that is full or too old.
func TestEveryFaultHasItsMend(t *testing.T) {
	for said, want := range map[string]string{
		"CUDA execution provider is not enabled in this build.":     "runtime install --gpu",
		"TensorRT execution provider is not enabled in this build.": "runtime install --gpu",
		"/onnxruntime_src/onnxruntime/core/session/provider_bridge_ort.cc:2169 onnxruntime::Provider& onnxruntime::ProviderLibrary::Get() [ONNXRuntimeError] : 1 : FAIL : Failed to load library /l/libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: cannot open shared object file: No such file or directory":                                         "runtime install --gpu",
		"Failed to load library /l/libonnxruntime_providers_tensorrt.so with error: libcublas.so.13: cannot open shared object file: No such file or directory":                                                                                                                                                                                                        "runtime install --gpu",
		"Failed to load library /l/libonnxruntime_providers_cuda.so with error: libcudnn.so.9: cannot open shared object file: No such file or directory":                                                                                                                                                                                                              "runtime install --gpu",
		"Failed to load library /l/libonnxruntime_providers_cuda.so with error: libcuda.so.1: cannot open shared object file: No such file or directory":                                                                                                                                                                                                               "NVIDIA's driver",
		"Failed to load library /l/libonnxruntime_providers_tensorrt.so with error: libnvinfer.so.10: cannot open shared object file: No such file or directory":                                                                                                                                                                                                       "TensorRT 10",
		"Failed to load library libonnxruntime_providers_shared.so with error: libonnxruntime_providers_shared.so: cannot open shared object file: No such file or directory":                                                                                                                                                                                          "runtime install --gpu",
		`provider_options_utils.h:187 Parse Failed to parse provider option "device_id": CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=-1 ; hostname=vm ; file=/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_execution_provider_info.cc ; line=70 ; expr=cudaGetDeviceCount(&num_devices);`:                              "update NVIDIA's driver",
		`onnxruntime::CUDAExecutionProviderInfo onnxruntime::CUDAExecutionProviderInfo::FromProviderOptions(const onnxruntime::ProviderOptions&) [ONNXRuntimeError] : 1 : FAIL : provider_options_utils.h:187 Parse Failed to parse provider option "device_id": CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=-1 ; hostname=vm`: "update NVIDIA's driver",
		"CUDA failure 100: no CUDA-capable device is detected ; GPU=-1 ; hostname=h ; file=/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_execution_provider.cc ; line=282 ; expr=cudaSetDevice(info_.device_id);":                                                                                                                                              "nvidia-smi",
		"CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=-1 ; hostname=h ; file=x.cc ; line=282 ; expr=cudaSetDevice(info_.device_id);":                                                                                                                                                                                            "update NVIDIA's driver",
		"CUDA failure 2: out of memory ; GPU=0 ; hostname=h ; file=x.cc":                     "close what else uses the GPU",
		"CUDA failure 209: no kernel image is available for execution on the device ; GPU=0": "older than the build",
		"computes 1 + 1 = 3": "doctor --gpu",
	} {
		got := reason(errors.New(said))
		if !strings.Contains(got, want) || strings.Contains(got, "onnxruntime_src") || strings.Contains(got, "provider_options_utils") {
			t.Errorf("%q became %q, which does not tell of %q", said, got, want)
		}
	}
}
