package v4l2

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// LoopbackDriver is what v4l2loopback calls itself.
const LoopbackDriver = "v4l2 loopback"

// waits tells whether what calls itself a camera waits for a producer: v4l2loopback
// from 0.14 on, told to keep a format, then has none to tell a reader.
func (d *Device) waits() bool {
	_, err := d.Format(Capture)
	return errors.Is(err, unix.EINVAL)
}

// Control is a setting of a device.
type Control uint32

// The controls of v4l2loopback.
const (
	KeepFormat       Control = 0x0098f900 + iota // 1: format and last picture stay when all have left
	SustainFramerate                             // 1: the last picture is repeated while none comes
)

// Control reads a setting.
func (d *Device) Control(c Control) (int, error) {
	v := rawControl{id: uint32(c)}
	err := d.call(fmt.Sprintf("read control %#x", c), getControl, unsafe.Pointer(&v))
	return int(int32(v.value)), err
}

// SetControl changes a setting.
func (d *Device) SetControl(c Control, value int) error {
	v := rawControl{uint32(c), uint32(int32(value))}
	return d.call(fmt.Sprintf("set control %#x", c), setControl, unsafe.Pointer(&v))
}

// clientUsage is v4l2loopback's event V4L2_EVENT_PRI_CLIENT_USAGE, from 0.13 on.
const clientUsage = 0x08000000 + 0x08e00000 + 1

// SubscribeReaders asks for an event whenever the number of those who stream from
// the device changes, and one at once. Drivers before 0.13 cannot: errors.ErrUnsupported.
func (d *Device) SubscribeReaders() error {
	const sendInitial = 1
	s := rawSubscription{kind: clientUsage, flags: sendInitial}
	err := d.call("ask to hear of readers", subscribe, unsafe.Pointer(&s))
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTTY) {
		return errors.ErrUnsupported
	}
	return err
}

// Readers takes the oldest event that tells how many stream from the device, or
// returns [ErrAgain]. It may be called beside Write.
func (d *Device) Readers() (int, error) {
	for {
		var e rawEvent
		if err := ioctl(d.fd, dequeueEvent, unsafe.Pointer(&e)); err != nil {
			if err == unix.ENOENT || err == unix.EAGAIN {
				return 0, ErrAgain
			}
			return 0, fmt.Errorf("%s: take an event: %w", d.Path, err)
		}
		if e.kind == clientUsage {
			return int(binary.NativeEndian.Uint32(e.data[:])), nil
		}
	}
}
