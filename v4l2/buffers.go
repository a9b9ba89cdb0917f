package v4l2

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const mapped = 1 // v4l2_memory: the kernel's own buffers, mapped

// Map takes n buffers of the kernel's, or as many as it grants, maps them, and
// queues them all for capture.
func (d *Device) Map(n int) error {
	d.booted = bootTime(monotonic, time.Now)
	r := rawRequest{count: uint32(n), queue: uint32(Capture), memory: mapped}
	if err := d.call("ask for buffers", requestBuffers, unsafe.Pointer(&r)); err != nil {
		return err
	}
	if r.count == 0 {
		return fmt.Errorf("%s: ask for buffers: none granted", d.Path)
	}
	for i := range r.count {
		b := rawBuffer{index: i, queue: uint32(Capture), memory: mapped}
		if err := d.call("ask for a buffer", queryBuffer, unsafe.Pointer(&b)); err != nil {
			return err
		}
		m, err := unix.Mmap(d.fd, int64(b.offset), int(b.length), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err != nil {
			return fmt.Errorf("%s: map a buffer: %w", d.Path, err)
		}
		d.buffers = append(d.buffers, m)
		if err := d.Queue(int(i)); err != nil {
			return err
		}
	}
	return nil
}

// Picture is a filled buffer. Its bytes are the device's again after Queue.
type Picture struct {
	Index    int
	Data     []byte
	Sequence uint32    // the driver's count: gaps are frames that it dropped
	Taken    time.Time // when the driver says the frame was taken; zero where it does not say
	Damaged  bool      // the driver says that something of it is missing
}

// ErrAgain says that nothing is ready: wait first.
var ErrAgain = errors.New("nothing is ready")

// Dequeue takes a filled buffer, the oldest, or returns [ErrAgain].
func (d *Device) Dequeue() (Picture, error) {
	b := rawBuffer{queue: uint32(Capture), memory: mapped}
	if err := ioctl(d.fd, dequeueBuffer, unsafe.Pointer(&b)); err != nil {
		if err == unix.EAGAIN {
			return Picture{}, ErrAgain
		}
		return Picture{}, fmt.Errorf("%s: take a frame: %w", d.Path, err)
	}
	if int(b.index) >= len(d.buffers) {
		return Picture{}, fmt.Errorf("%s: take a frame: the driver returned buffer %d of %d", d.Path, b.index, len(d.buffers))
	}
	const (
		flagError     = 0x40
		timeMask      = 0xe000
		timeMonotonic = 0x2000
	)
	data := d.buffers[b.index]
	p := Picture{
		Index: int(b.index), Data: data[:min(int(b.used), len(data))], Sequence: b.sequence, Damaged: b.flags&flagError != 0,
	}
	if b.flags&timeMask == timeMonotonic {
		p.Taken = taken(d.booted, b.time, time.Now())
	}
	return p, nil
}

// taken turns a time of the kernel's monotonic clock, which was zero at booted,
// into one of Go's; zero if the driver stamps by another clock. Some stamp by when
// the frame should end, a little ahead: it ends now.
func taken(booted time.Time, stamp unix.Timeval, now time.Time) time.Time {
	t := booted.Add(time.Duration(stamp.Nano()))
	switch age := now.Sub(t); {
	case age < -time.Second || age > time.Minute:
		return time.Time{}
	case age < 0:
		return now
	}
	return t
}

// bootTime returns when the kernel's monotonic clock, which is Go's as well, was
// zero. We may lose the processor between asking the one and the other, which
// makes it late: the earliest of a few answers is the best. It is asked once a
// stream, so that frames keep their distances.
func bootTime(monotonic func() time.Duration, now func() time.Time) time.Time {
	var best time.Time
	for range 5 {
		since := monotonic()
		if t := now().Add(-since); best.IsZero() || t.Before(best) {
			best = t
		}
	}
	return best
}

func monotonic() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return 0 // no frame's age makes sense then, and taken says so
	}
	return time.Duration(now.Nano())
}

// Queue gives a buffer back to be filled again.
func (d *Device) Queue(index int) error {
	b := rawBuffer{index: uint32(index), queue: uint32(Capture), memory: mapped}
	return d.call("give a buffer back", queueBuffer, unsafe.Pointer(&b))
}
