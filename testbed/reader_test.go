package testbed

import (
	"context"
	"errors"
	"fmt"
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
	t        *testing.T
	d        *video.Device
	sequence uint32 // the highest of the driver's counts so far
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
	return &stream{t: t, d: d}, errors.Join(d.Map(buffers), d.StreamOn(video.Capture))
}

// next waits for a picture.
func (s *stream) next(limit time.Duration) []byte {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), limit)
	defer cancel()
	for {
		if picture := s.take(); picture != nil {
			return picture
		}
		if err := s.d.Wait(ctx); err != nil {
			s.t.Fatalf("reader: %v", err)
		}
	}
}

// take copies the next picture, nil if there is none yet.
func (s *stream) take() []byte {
	s.t.Helper()
	p, err := s.d.Dequeue()
	if errors.Is(err, video.ErrAgain) {
		return nil
	}
	if err != nil {
		s.t.Fatalf("reader: %v", err)
	}
	s.sequence = max(s.sequence, p.Sequence)
	picture := slices.Clone(p.Data)
	if err := s.d.Queue(p.Index); err != nil {
		s.t.Fatalf("reader: %v", err)
	}
	return picture
}

// skip goes past the pictures that are there.
func (s *stream) skip() {
	s.t.Helper()
	for s.take() != nil {
	}
}

// until waits for a picture of a kind; until then all must be of those given.
func (s *stream) until(want string, meanwhile ...string) {
	s.t.Helper()
	for end := time.Now().Add(recovery); time.Now().Before(end); {
		got := kind(s.next(recovery))
		if got == want {
			return
		}
		if !slices.Contains(meanwhile, got) {
			s.t.Fatalf("until %s a reader may see %v, and sees %s", want, meanwhile, got)
		}
	}
	s.t.Fatalf("no %s within %v", want, recovery)
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

// openPlain opens the virtual camera to read() it, without streaming.
func openPlain(t *testing.T) (read func() ([]byte, error)) {
	t.Helper()
	fd, err := unix.Open(virtual, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return func() ([]byte, error) {
		picture := make([]byte, pictureSize)
		n, err := unix.Read(fd, picture)
		for err == unix.EINTR {
			n, err = unix.Read(fd, picture)
		}
		if err == nil && n != pictureSize {
			err = fmt.Errorf("read() gives %d bytes of %d", n, pictureSize)
		}
		return picture, err
	}
}

func TestTwoReaders(t *testing.T) {
	needMachine(t)
	startFeed(t, "-camera card")
	first := newReader(t)
	second, err := streamFrom(t, openVirtual(t))
	if oneStream() != errors.Is(err, unix.EBUSY) || !oneStream() && err != nil {
		t.Fatalf("a second stream: %v", err)
	}
	plain := openPlain(t)
	var a, b, c uint64
	for range 10 {
		a = first.nextCard(after(a))
		if !oneStream() {
			c = second.nextCard(after(c))
		}
		picture, err := plain()
		if oneReader() && errors.Is(err, unix.EBUSY) {
			continue
		}
		if err != nil || oneReader() {
			t.Fatalf("read() beside a stream: %v", err)
		}
		if n := number(t, picture); n >= b {
			b = n
		} else {
			t.Errorf("who read()s saw card %d after %d", n, b)
		}
	}
	if b == 0 && !oneReader() {
		t.Error("who read()s saw no card but the first")
	}
}

func TestReaderThatStopsReadingHoldsUpNobody(t *testing.T) {
	needMachine(t)
	p := startFeed(t, "-camera card")
	stopped, plain := newReader(t), openPlain(t)
	begin := stopped.nextCard(after(0))
	for range 2 * buffers { // of which it takes none
		p.wait("written=", recovery)
	}
	if !oneReader() {
		picture, err := plain()
		if err != nil {
			t.Fatal(err)
		}
		if n := number(t, picture); n <= begin {
			t.Errorf("another reader sees card %d, as at the beginning", n)
		}
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
	if c, err := openVirtual(t).Capability(); err != nil || !c.Outputs || c.Captures != keepsCard() {
		t.Errorf("between runs it is %+v, %v", c, err)
	}
	if keepsCard() { // for who comes between runs
		if got := kind(read(t, "v4l2-ctl", 1)[0]); got != ended {
			t.Errorf("between runs readers see %s", got)
		}
	}
}

// Tools of v4l2loopback's set this control, with which from 0.14 on the device calls
// itself a camera although nobody feeds it.
func TestDeviceToldToKeepItsFormatCanBeFed(t *testing.T) {
	needMachine(t)
	t.Cleanup(func() { tool(t, "v4l2-ctl", "-d", virtual, "-c", "keep_format=0") })
	for range 2 {
		p := startFeed(t, "-camera card")
		reader := newReader(t)
		reader.nextCard(after(0))
		reader.close()
		p.stop(syscall.SIGKILL)
		tool(t, "v4l2-ctl", "-d", virtual, "-c", "keep_format=1")
	}
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
	numbered(false)
	for range 3 { // it stays, for who was there
		if got := kind(reader.next(recovery)); got != ended {
			t.Errorf("between runs a reader sees %s", got)
		}
	}
	startFeed(t, "-camera card -large")
	numbered(true) // scaled
	if f, err := reader.d.Format(video.Capture); err != nil || f.Width != width || f.Height != height {
		t.Errorf("the format that a reader holds became %+v, %v", f, err)
	}
}
