package v4l2

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The kernel's structures on 64-bit machines, from <linux/videodev2.h>.
type (
	rawCapability struct {
		driver                            [16]byte
		card, bus                         [32]byte
		version, capabilities, deviceCaps uint32
		_                                 [3]uint32
	}
	rawFormatDesc struct {
		index, queue, flags uint32
		description         [32]byte
		fourcc, busCode     uint32
		_                   [3]uint32
	}
	rawSize struct {
		index, fourcc, kind         uint32
		minWidth, maxWidth, stepX   uint32 // discrete: width, height
		minHeight, maxHeight, stepY uint32
		_                           [2]uint32
	}
	rawInterval struct {
		index, fourcc, width, height, kind uint32
		min, max, step                     fraction // discrete: min alone
		_                                  [2]uint32
	}
	rawFormat struct {
		queue uint32
		_     uint32
		pix   rawPix
		_     [200 - 48]byte
	}
	rawPix struct {
		width, height, fourcc, field, stride, size uint32
		colorspace, magic, flags                   uint32
		encoding, quantization, transfer           uint32
	}
	rawParm struct {
		queue              uint32
		capabilities, mode uint32
		interval           fraction
		extended, buffers  uint32
		_                  [4]uint32
		_                  [200 - 40]byte
	}
	rawRequest struct {
		count, queue, memory, capabilities uint32
		_                                  [4]byte
	}
	rawBuffer struct {
		index, queue, used, flags, field uint32
		_                                uint32
		time                             unix.Timeval
		_                                [16]byte // time code
		sequence, memory                 uint32
		offset                           uint64
		length                           uint32
		_                                [2]uint32
		_                                uint32
	}
	rawControl      struct{ id, value uint32 }
	rawSubscription struct {
		kind, id, flags uint32
		_               [5]uint32
	}
	rawEvent struct {
		kind              uint32
		_                 uint32
		data              [64]byte
		pending, sequence uint32
		_                 unix.Timespec
		id                uint32
		_                 [8]uint32
		_                 uint32
	}
)

// fraction is a time in seconds, or a rate.
type fraction struct{ numerator, denominator uint32 }

func (f fraction) perSecond() float64 {
	if f.numerator == 0 {
		return 0
	}
	return float64(f.denominator) / float64(f.numerator)
}

// Directions of an ioctl's argument.
const (
	toKernel   = 1
	fromKernel = 2
	bothWays   = 3
)

// request makes an ioctl's number, as the _IOWR macros of <asm-generic/ioctl.h>.
func request(direction, number, size uintptr) uintptr {
	return direction<<30 | size<<16 | 'V'<<8 | number
}

var (
	queryCap       = request(fromKernel, 0, unsafe.Sizeof(rawCapability{}))
	enumFormats    = request(bothWays, 2, unsafe.Sizeof(rawFormatDesc{}))
	getFormat      = request(bothWays, 4, unsafe.Sizeof(rawFormat{}))
	setFormat      = request(bothWays, 5, unsafe.Sizeof(rawFormat{}))
	requestBuffers = request(bothWays, 8, unsafe.Sizeof(rawRequest{}))
	queryBuffer    = request(bothWays, 9, unsafe.Sizeof(rawBuffer{}))
	queueBuffer    = request(bothWays, 15, unsafe.Sizeof(rawBuffer{}))
	dequeueBuffer  = request(bothWays, 17, unsafe.Sizeof(rawBuffer{}))
	streamOn       = request(toKernel, 18, 4)
	setParm        = request(bothWays, 22, unsafe.Sizeof(rawParm{}))
	getControl     = request(bothWays, 27, unsafe.Sizeof(rawControl{}))
	setControl     = request(bothWays, 28, unsafe.Sizeof(rawControl{}))
	enumSizes      = request(bothWays, 74, unsafe.Sizeof(rawSize{}))
	enumIntervals  = request(bothWays, 75, unsafe.Sizeof(rawInterval{}))
	dequeueEvent   = request(fromKernel, 89, unsafe.Sizeof(rawEvent{}))
	subscribe      = request(toKernel, 90, unsafe.Sizeof(rawSubscription{}))
)

// ioctl asks the kernel, again if a signal came in between.
func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg))
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
		default:
			return errno
		}
	}
}

// text reads a string of C.
func text(b []byte) string { return unix.ByteSliceToString(b) }
