package v4l2

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	video "stylecam/v4l2"
)

// readers knows whether anybody reads the device. any is asked several times a
// second, by one goroutine, and does not wait.
type readers interface {
	any() bool
	close()
}

// watch chooses how to know: by the driver's events (v4l2loopback from 0.13 on),
// else by counting who has the device open. It warns where neither can be.
func watch(dev *video.Device, warn func(error)) (readers, error) {
	err := dev.SubscribeReaders()
	if err == nil {
		return &events{dev: dev}, nil
	}
	if !errors.Is(err, errors.ErrUnsupported) {
		return nil, err
	}
	return countOrAssume(dev.Path, func() int { return len(video.Holders(dev.Path)) }, warn), nil
}

// countOrAssume counts who has the device open. The kernel gives each user a limited
// number of watches: without one somebody is taken to read, so that there is a picture.
func countOrAssume(path string, holders func() int, warn func(error)) readers {
	o, err := countOpens(path, holders)
	if err != nil {
		warn(err)
		return somebody{}
	}
	return o
}

// somebody always reads a device of which nothing tells.
type somebody struct{}

func (somebody) any() bool { return true }
func (somebody) close()    {}

// nobody reads a device that is closed.
type nobody struct{}

func (nobody) any() bool { return false }
func (nobody) close()    {}

// events hears from the driver how many stream.
type events struct {
	dev interface{ Readers() (int, error) }
	n   int
}

func (e *events) any() bool {
	for {
		n, err := e.dev.Readers()
		if err != nil { // video.ErrAgain: heard all there was
			return e.n > 0
		}
		e.n = n
	}
}

func (e *events) close() {}

// opens counts by inotify who opens and closes the device beside us. It needs to
// see nothing of other users' processes; those that had the device open before
// are found in /proc, as far as that shows them. There they are processes, of which
// one may have it open twice: a count that comes down to none is looked up again.
type opens struct {
	fd      int
	n       int
	doubt   bool // n wants to be looked up
	holders func() int
	buf     [4096]byte
}

func countOpens(path string, holders func() int) (*opens, error) {
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("watch who opens %s: %w", path, err)
	}
	if _, err := unix.InotifyAddWatch(fd, path, unix.IN_OPEN|unix.IN_CLOSE); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("watch who opens %s: %w", path, err)
	}
	return &opens{fd: fd, doubt: true, holders: holders}, nil
}

func (o *opens) any() bool {
	o.follow()
	for try := 0; o.doubt && try < 3; try++ {
		n := o.holders()
		if !o.follow() { // else they may be in n already, and would count twice
			o.n, o.doubt = n, false
		}
	}
	return o.n > 0
}

// follow counts the events there are, and tells whether there were any.
func (o *opens) follow() (some bool) {
	for {
		n, err := unix.Read(o.fd, o.buf[:])
		if err == unix.EINTR {
			continue
		}
		if err != nil || n < unix.SizeofInotifyEvent {
			return some
		}
		o.count(o.buf[:n])
		some = true
	}
}

// count follows the events of one read.
func (o *opens) count(b []byte) {
	for len(b) >= unix.SizeofInotifyEvent {
		mask := binary.NativeEndian.Uint32(b[4:])
		name := binary.NativeEndian.Uint32(b[12:])
		switch {
		case mask&unix.IN_OPEN != 0:
			o.n++
		case mask&unix.IN_CLOSE != 0:
			o.n = max(0, o.n-1)
			o.doubt = o.doubt || o.n == 0
		case mask&unix.IN_Q_OVERFLOW != 0:
			o.doubt = true
		}
		b = b[min(len(b), unix.SizeofInotifyEvent+int(name)):]
	}
}

func (o *opens) close() { _ = unix.Close(o.fd) }
