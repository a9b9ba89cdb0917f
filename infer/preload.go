package infer

// #cgo linux LDFLAGS: -ldl
// #include <dlfcn.h>
// #include <stdlib.h>
import "C"

import (
	"errors"
	"path/filepath"
	"runtime"
	"unsafe"

	"stylecam/native"
)

// preload loads what the providers beside an installed GPU build want: the dynamic
// linker takes a library that is loaded already for the one that is asked for, by its
// name inside, wherever the file lies. So no LD_LIBRARY_PATH has to be set, which
// could only be done before the program starts.
func preload(library string) error {
	folder, ok := native.Here().Installed()
	if !ok || filepath.Dir(library) != folder.Path {
		return nil
	}
	for _, path := range folder.Preload() {
		if err := open(path); err != nil {
			return err
		}
	}
	return nil
}

// open loads one library for the rest of the process's life.
func open(path string) error {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	runtime.LockOSThread() // dlerror is the thread's
	defer runtime.UnlockOSThread()
	if C.dlopen(name, C.RTLD_NOW|C.RTLD_GLOBAL) == nil {
		return errors.New(C.GoString(C.dlerror())) // names the file
	}
	return nil
}
