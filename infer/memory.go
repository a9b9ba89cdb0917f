package infer

// #include <stdlib.h>
// #include "memory.h"
import "C"

import (
	"errors"
	"unsafe"

	ort "github.com/yalue/onnxruntime_go"
)

// memory is a device's own, as a session sees it, which has to stay open as long.
type memory struct{ c *C.memory }

// memoryNames are ONNX Runtime's for what its providers compute in.
var memoryNames = map[Provider]string{CPU: "Cpu", CUDA: "Cuda", TensorRT: "Cuda"}

func (r *Runtime) memoryOf(s *ort.DynamicAdvancedSession) (memory, error) {
	library, name := C.CString(r.path), C.CString(memoryNames[r.provider])
	defer C.free(unsafe.Pointer(library))
	defer C.free(unsafe.Pointer(name))
	var fault *C.char
	c := C.memory_of(library, handle(s), name, &fault)
	return memory{c}, told(fault)
}

func (m memory) close() { C.memory_close(m.c) }

// tensor makes one, of undefined content.
func (m memory) tensor(element ort.TensorElementDataType, dims []int64) (unsafe.Pointer, error) {
	var fault *C.char
	pointer := C.memory_tensor(m.c, (*C.int64_t)(&dims[0]), C.size_t(len(dims)), C.int(element), &fault)
	return pointer, told(fault)
}

func (m memory) release(tensor unsafe.Pointer) { C.memory_release(m.c, tensor) }

// handleOnly is a tensor as the binding takes it: it asks for nothing but the handle.
type handleOnly struct {
	ort.Value
	pointer unsafe.Pointer
}

// GetInternals returns the handle, the only field of what the binding hands around.
func (v handleOnly) GetInternals() *ort.ValueInternalData {
	internals := new(ort.ValueInternalData)
	*(*unsafe.Pointer)(unsafe.Pointer(internals)) = v.pointer
	return internals
}

// handle is a session's, which the binding keeps to itself: the first field of what
// the one field of s points to.
func handle(s *ort.DynamicAdvancedSession) unsafe.Pointer {
	return **(**unsafe.Pointer)(unsafe.Pointer(s))
}

// Should the binding's types change, this does not compile.
const (
	_ = -(unsafe.Sizeof(ort.ValueInternalData{}) - unsafe.Sizeof(uintptr(0)))
	_ = -(unsafe.Sizeof(ort.DynamicAdvancedSession{}) - unsafe.Sizeof(uintptr(0)))
)

func told(fault *C.char) error {
	if fault == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(fault))
	return errors.New(C.GoString(fault))
}
