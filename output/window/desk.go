package window

/*
#include <stdlib.h>

// OpenCV's old C interface, for one call: gocv cannot ask for a window without a
// bar of tools.
int cvNamedWindow(const char *name, int flags);
enum { guiNormal = 0x10 }; // CV_GUI_NORMAL; the window can be resized
*/
import "C"

import (
	"unsafe"

	"gocv.io/x/gocv"
)

// openDesk opens a window with nothing but the picture in it, of a size in pixels.
func openDesk(title string, width, height int) (*gocv.Window, error) {
	name := C.CString(title)
	defer C.free(unsafe.Pointer(name))
	C.cvNamedWindow(name, C.guiNormal)
	w := gocv.NewWindow(title) // finds the one that is there
	return w, w.ResizeWindow(width, height)
}
