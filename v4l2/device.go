package v4l2

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Queue is one of a device's two directions.
type Queue uint32

const (
	Capture Queue = 1 // frames from the device
	Output  Queue = 2 // frames to the device
)

// Device is an open video device. It is used by one goroutine at a time, except
// where a method says otherwise.
type Device struct {
	Path string

	fd      int
	buffers [][]byte  // mapped from the kernel
	booted  time.Time // when the clock that stamps frames was zero
}

// Open opens a device. Its error wraps the system's (fs.ErrNotExist,
// fs.ErrPermission, EBUSY).
func Open(path string) (*Device, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &Device{Path: path, fd: fd}, nil
}

// Close ends streaming and gives the device back. What is called after it fails.
func (d *Device) Close() error {
	for _, b := range d.buffers {
		_ = unix.Munmap(b)
	}
	d.buffers = nil
	fd := d.fd
	d.fd = -1
	return unix.Close(fd)
}

func (d *Device) call(what string, request uintptr, arg unsafe.Pointer) error {
	if err := ioctl(d.fd, request, arg); err != nil {
		return fmt.Errorf("%s: %s: %w", d.Path, what, err)
	}
	return nil
}

// Capability says what a device is.
type Capability struct {
	Driver, Card, Bus string
	Captures, Outputs bool // one plane a picture; what a machine's codec has several of is neither
	Streams           bool // by mapped buffers
	ReadsWrites       bool // by read and write
}

// Capability asks what the device is.
func (d *Device) Capability() (Capability, error) {
	var c rawCapability
	if err := d.call("ask what it can do", queryCap, unsafe.Pointer(&c)); err != nil {
		return Capability{}, err
	}
	const (
		capCapture   = 1 << 0
		capOutput    = 1 << 1
		capReadWrite = 1 << 24
		capStreaming = 1 << 26
		capDevice    = 1 << 31 // deviceCaps speaks of this node alone
	)
	has := c.capabilities
	if has&capDevice != 0 {
		has = c.deviceCaps
	}
	known := Capability{
		Driver: text(c.driver[:]), Card: text(c.card[:]), Bus: text(c.bus[:]),
		Captures: has&capCapture != 0, Outputs: has&capOutput != 0,
		Streams: has&capStreaming != 0, ReadsWrites: has&capReadWrite != 0,
	}
	if known.Driver == LoopbackDriver && known.Captures && !known.Outputs && d.waits() {
		known.Captures, known.Outputs = false, true
	}
	return known, nil
}

// Fourcc names the layout of a picture by four characters.
type Fourcc uint32

// The layouts that stylecam reads or writes.
const (
	YUYV  Fourcc = 'Y' | 'U'<<8 | 'Y'<<16 | 'V'<<24 // two pixels in 4 bytes: Y U Y V
	I420  Fourcc = 'Y' | 'U'<<8 | '1'<<16 | '2'<<24 // the kernel's YU12: planes Y, U, V
	MJPEG Fourcc = 'M' | 'J'<<8 | 'P'<<16 | 'G'<<24
	JPEG  Fourcc = 'J' | 'P'<<8 | 'E'<<16 | 'G'<<24
)

func (f Fourcc) String() string {
	const bigEndian = 1 << 31
	plain := f &^ bigEndian
	name := strings.TrimSpace(string([]byte{byte(plain), byte(plain >> 8), byte(plain >> 16), byte(plain >> 24)}))
	if f != plain {
		name += "-BE"
	}
	return name
}

// Format is a picture's layout.
type Format struct {
	Width, Height int
	Fourcc        Fourcc
	Stride        int // bytes a row, of the first plane
	Size          int // bytes a picture, at most
	Colours       Colours
}

// Colours are the tags that say what the numbers of a picture mean, as
// v4l2_colorspace and its kin count them. The zero value leaves it to the driver.
type Colours struct{ Space, Transfer, Encoding, Quantization uint32 }

// SRGB601Limited are the colours of what stylecam writes: sRGB primaries and
// transfer, BT.601's matrix, limited range. It is what readers that ignore the
// tags assume of YUV from a webcam.
var SRGB601Limited = Colours{Space: 8, Transfer: 2, Encoding: 1, Quantization: 2}

// FullRange says whether luma runs from 0 to 255, not from 16 to 235.
func (c Colours) FullRange() bool {
	const fullRange, spaceJPEG = 1, 7
	return c.Quantization == fullRange || c.Quantization == 0 && c.Space == spaceJPEG
}

// BT709 says whether luma is weighted as for high definition television.
func (c Colours) BT709() bool {
	const encoding709, space709 = 2, 3
	return c.Encoding == encoding709 || c.Encoding == 0 && c.Space == space709
}

// Format asks for the format in force.
func (d *Device) Format(q Queue) (Format, error) {
	f := rawFormat{queue: uint32(q)}
	f.pix.magic = extended
	err := d.call("ask for the format", getFormat, unsafe.Pointer(&f))
	return f.pix.format(), err
}

// SetFormat asks for a format and returns the one granted, which may be another.
// Stride and Size are the driver's to choose.
func (d *Device) SetFormat(q Queue, want Format) (Format, error) {
	const progressive = 1
	f := rawFormat{queue: uint32(q), pix: rawPix{
		width: uint32(want.Width), height: uint32(want.Height), fourcc: uint32(want.Fourcc), field: progressive,
		stride: uint32(want.Stride), size: uint32(want.Size),
		colorspace: want.Colours.Space, transfer: want.Colours.Transfer,
		encoding: want.Colours.Encoding, quantization: want.Colours.Quantization, magic: extended,
	}}
	err := d.call(fmt.Sprintf("set the format %dx%d %s", want.Width, want.Height, want.Fourcc), setFormat, unsafe.Pointer(&f))
	return f.pix.format(), err
}

// extended says that the structure's fields from flags on are filled in.
const extended = 0xfeedcafe

func (p *rawPix) format() Format {
	return Format{
		Width: int(p.width), Height: int(p.height), Fourcc: Fourcc(p.fourcc), Stride: int(p.stride), Size: int(p.size),
		Colours: Colours{p.colorspace, p.transfer, p.encoding, p.quantization},
	}
}

// SetRate asks for a number of frames a second and returns the number granted; 0
// where the driver does not say.
func (d *Device) SetRate(q Queue, fps float64) (float64, error) {
	p := rawParm{queue: uint32(q), interval: interval(fps)}
	err := d.call(fmt.Sprintf("set %g frames a second", fps), setParm, unsafe.Pointer(&p))
	return p.interval.perSecond(), err
}

// interval is the time between frames, in thousandths where no whole number will do.
func interval(fps float64) fraction {
	if fps == math.Trunc(fps) {
		return fraction{1, uint32(fps)}
	}
	return fraction{1000, uint32(math.Round(fps * 1000))}
}

// StreamOn starts the flow of frames; Close ends it.
func (d *Device) StreamOn(q Queue) error {
	return d.call("start streaming", streamOn, unsafe.Pointer(&q))
}

// Write hands one picture, or the rest of one, to the device, and returns how
// much of it the driver took.
func (d *Device) Write(b []byte) (int, error) {
	for {
		n, err := unix.Write(d.fd, b)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return max(n, 0), fmt.Errorf("%s: write: %w", d.Path, err)
		}
		return n, nil
	}
}

// Wait waits until Dequeue has something: a frame, or a failure. It looks at ctx
// ten times a second.
func (d *Device) Wait(ctx context.Context) error {
	const tick = 100 * time.Millisecond
	fds := []unix.PollFd{{Fd: int32(d.fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, int(tick.Milliseconds()))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && err != unix.EINTR {
			return fmt.Errorf("%s: wait: %w", d.Path, err)
		}
		if n > 0 {
			return nil
		}
	}
}
