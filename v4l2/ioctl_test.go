package v4l2

import (
	"testing"
	"unsafe"
)

// The numbers are those of <linux/videodev2.h> on 64-bit machines, which hold
// the structures' sizes: a field too many shows here.
func TestIoctlNumbers(t *testing.T) {
	for name, n := range map[string]struct{ got, want uintptr }{
		"QUERYCAP": {queryCap, 0x80685600}, "ENUM_FMT": {enumFormats, 0xc0405602},
		"G_FMT": {getFormat, 0xc0d05604}, "S_FMT": {setFormat, 0xc0d05605},
		"REQBUFS": {requestBuffers, 0xc0145608}, "QUERYBUF": {queryBuffer, 0xc0585609},
		"QBUF": {queueBuffer, 0xc058560f}, "DQBUF": {dequeueBuffer, 0xc0585611},
		"STREAMON": {streamOn, 0x40045612}, "S_PARM": {setParm, 0xc0cc5616},
		"G_CTRL": {getControl, 0xc008561b}, "S_CTRL": {setControl, 0xc008561c},
		"ENUM_FRAMESIZES": {enumSizes, 0xc02c564a}, "ENUM_FRAMEINTERVALS": {enumIntervals, 0xc034564b},
		"DQEVENT": {dequeueEvent, 0x80885659}, "SUBSCRIBE_EVENT": {subscribe, 0x4020565a},
	} {
		if n.got != n.want {
			t.Errorf("VIDIOC_%s is %#x, want %#x", name, n.got, n.want)
		}
	}
	var b rawBuffer
	if o := unsafe.Offsetof(b.offset); o != 64 {
		t.Errorf("v4l2_buffer.m at %d, want 64", o)
	}
	var e rawEvent
	if o := unsafe.Offsetof(e.data); o != 8 {
		t.Errorf("v4l2_event.u at %d, want 8", o)
	}
}

func TestFourccReadsAsWritten(t *testing.T) {
	for f, want := range map[Fourcc]string{YUYV: "YUYV", I420: "YU12", MJPEG: "MJPG", Fourcc('Y' | '1'<<8 | '0'<<16 | ' '<<24): "Y10", Fourcc('Y' | '1'<<8 | '6'<<16 | ' '<<24 | 1<<31): "Y16-BE"} {
		if f.String() != want {
			t.Errorf("%#x reads %q, want %q", uint32(f), f, want)
		}
	}
}
