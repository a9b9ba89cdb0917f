package testbed

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"stylecam/card"
	video "stylecam/v4l2"
)

// openVirtual opens the virtual camera as a reader does, until the test ends.
func openVirtual(t *testing.T) *video.Device {
	t.Helper()
	d, err := video.Open(virtual)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// stream is a reader that streams from the virtual camera.
type stream struct {
	t *testing.T
	d *video.Device
}

func newReader(t *testing.T) *stream {
	t.Helper()
	s, err := streamFrom(t, openVirtual(t))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func streamFrom(t *testing.T, d *video.Device) (*stream, error) {
	return &stream{t, d}, errors.Join(d.Map(buffers), d.StreamOn(video.Capture))
}

// next waits for a picture.
func (s *stream) next(limit time.Duration) []byte {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), limit)
	defer cancel()
	for {
		p, err := s.d.Dequeue()
		if errors.Is(err, video.ErrAgain) {
			if err = s.d.Wait(ctx); err == nil {
				continue
			}
		}
		if err != nil {
			s.t.Fatalf("reader: %v", err)
		}
		picture := slices.Clone(p.Data)
		if err := s.d.Queue(p.Index); err != nil {
			s.t.Fatalf("reader: %v", err)
		}
		return picture
	}
}

// nextCard waits for a test card that satisfies ok.
func (s *stream) nextCard(ok func(seq uint64) bool) uint64 {
	s.t.Helper()
	for end := time.Now().Add(recovery); time.Now().Before(end); {
		if seq := number(s.t, s.next(recovery)); ok(seq) {
			return seq
		}
	}
	s.t.Fatalf("no such card within %v", recovery)
	return 0
}

func (s *stream) close() { _ = s.d.Close() }

// after is satisfied by a later card.
func after(seq uint64) func(uint64) bool { return func(n uint64) bool { return n > seq } }

// plainReader reads by read(), without streaming.
func plainReader(t *testing.T) (next func() []byte) {
	t.Helper()
	fd, err := unix.Open(virtual, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return func() []byte {
		t.Helper()
		picture := make([]byte, pictureSize)
		n, err := unix.Read(fd, picture)
		for err == unix.EINTR {
			n, err = unix.Read(fd, picture)
		}
		if err != nil || n != pictureSize {
			t.Fatalf("read: %d bytes, %v", n, err)
		}
		return picture
	}
}

func TestTwoReaders(t *testing.T) {
	needMachine(t)
	startFeed(t, "-camera card")
	first, plain := newReader(t), plainReader(t)
	second, err := streamFrom(t, openVirtual(t))
	if oneStream() != errors.Is(err, unix.EBUSY) || !oneStream() && err != nil {
		t.Fatalf("a second stream: %v", err)
	}
	var a, b, c uint64
	for range 10 {
		a = first.nextCard(after(a))
		if n := number(t, plain()); n >= b {
			b = n
		} else {
			t.Errorf("who read()s saw card %d after %d", n, b)
		}
		if !oneStream() {
			c = second.nextCard(after(c))
		}
	}
	if b == 0 {
		t.Error("who read()s saw no card but the first")
	}
}

func TestReaderThatStopsReadingHoldsUpNobody(t *testing.T) {
	needMachine(t)
	p := startFeed(t, "-camera card")
	stopped, plain := newReader(t), plainReader(t)
	begin := stopped.nextCard(after(0))
	for range 2 * buffers { // of which it takes none
		p.wait("written=", recovery)
	}
	if n := number(t, plain()); n <= begin {
		t.Errorf("another reader sees card %d, as at the beginning", n)
	}
	if n := number(t, stopped.next(recovery)); n < begin+buffers {
		t.Errorf("when it reads again it sees card %d, which is old", n)
	}
}

func TestOpenedBeforeAndAfterTheProducer(t *testing.T) {
	needMachine(t)
	before := openVirtual(t)
	startFeed(t, "-camera card")
	if f, err := before.Format(video.Capture); err != nil || f.Width != width || f.Height != height || f.Fourcc != video.YUYV {
		t.Errorf("one that had it open before is told %+v, %v", f, err)
	}
	early, err := streamFrom(t, before)
	if err != nil {
		t.Fatal(err)
	}
	seq := early.nextCard(after(0))
	early.close()
	newReader(t).nextCard(after(seq))
}

func TestKilledAndStartedAgain(t *testing.T) {
	needMachine(t)
	startFeed(t, "-camera card").stop(syscall.SIGKILL)
	p := startFeed(t, "-camera card")
	reader := newReader(t)
	seq := reader.nextCard(after(30))
	p.stop(syscall.SIGKILL) // while somebody reads
	p = startFeed(t, "-camera card")
	seq = reader.nextCard(func(n uint64) bool { return n < seq })
	reader.nextCard(after(seq))
	reader.close()

	p.end(0)
	if c, err := openVirtual(t).Capability(); err != nil || !c.Captures { // a card stays, for who comes between runs
		t.Errorf("between runs it is %+v, %v", c, err)
	}
	read(t, "v4l2-ctl", 1)
}

// The next run may want another size, while a reader keeps this one.
func TestFormatThatAReaderHoldsIsKept(t *testing.T) {
	needMachine(t)
	p := startFeed(t, "-camera card")
	reader := newReader(t)
	numbered := func(want bool) {
		t.Helper()
		for end := time.Now().Add(recovery); ; {
			if _, is := card.ReadCode(decode(reader.next(recovery))); is == want {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("no picture with a number (%t) within %v", want, recovery)
			}
		}
	}
	numbered(true)
	p.end(0)
	numbered(false) // the card that stays behind
	startFeed(t, "-camera card -large")
	numbered(true) // scaled
	if f, err := reader.d.Format(video.Capture); err != nil || f.Width != width || f.Height != height {
		t.Errorf("the format that a reader holds became %+v, %v", f, err)
	}
}
