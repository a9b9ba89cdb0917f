package infer

import (
	"errors"
	"strings"
	"testing"
)

// What ONNX Runtime 1.31.1 said, word for word but for the folders: the CPU's wheel,
// the GPU's wheel with nothing beside it, with all of CUDA but no driver or one too
// old, and without TensorRT. Written after these or read in the library's code, never
// heard: cuDNN alone missing (1.24 is linked to it, 1.31 opens it when it first computes
// by it), the shared part missing, a shape that no engine takes, and CUDA's words for a
// GPU that is full or too old.
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
		"CUDA failure 2: out of memory ; GPU=0 ; hostname=h ; file=x.cc": "close what else uses the GPU",
		"Non-zero status code returned while running Conv node. Name:'/net/encoder.0/Conv' Status Message: cuDNN is unavailable for CUDA Execution Provider: dlopen failed for libcudnn.so: libcudnn.so: cannot open shared object file: No such file or directory": "runtime install --gpu",
		"Non-zero status code returned while running TRTKernel_graph_main_0 node. Status Message: TensorRT EP failed to call nvinfer1::IExecutionContext::setInputShape() for input 'image'":                                                                        "take --provider cuda",
		"CUDA failure 209: no kernel image is available for execution on the device ; GPU=0": "older than the build",
		"computes 1 + 1 = 3": "doctor --gpu",
	} {
		got := reason(errors.New(said))
		if !strings.Contains(got, want) || strings.Contains(got, "onnxruntime_src") || strings.Contains(got, "provider_options_utils") {
			t.Errorf("%q became %q, which does not tell of %q", said, got, want)
		}
	}
}

// Whoever asked for a GPU is told what to do where it fails, and where it lacks room.
func TestFailuresOnAGPUHaveTheirMend(t *testing.T) {
	full := &Failure{"network lite/segnet at 160x128", CUDA, "CUDA failure 2: out of memory"}
	if text := full.Error(); !strings.Contains(text, "close what else uses the GPU") {
		t.Errorf("says %q", text)
	}
	onTheCPU := &Failure{"network lite/segnet at 160x128", CPU, "out of memory"}
	if text := onTheCPU.Error(); strings.Contains(text, "GPU") {
		t.Errorf("says %q", text)
	}
	d, err := onCPU(t).Device()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var failure *Failure
	if _, err := NewTensor[float32](d, 1<<40, 1<<40); !errors.As(err, &failure) {
		t.Errorf("too large a tensor: %v", err)
	}
}
