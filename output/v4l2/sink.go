// Package v4l2 makes the painting a webcam: a [filter.Sink] that feeds a device
// of v4l2loopback, which programs like Zoom, Meet and OBS then list as a camera.
//
//	Open ─ is it there, may we, is it free?
//	  │
//	first Write ─ unlock what an earlier run kept, if it is of another size ─ S_FMT ─ S_PARM ─ STREAMON ─ repeat the last picture, keep the format
//	  │             └ what was granted, not what was asked, is what gets written
//	every Write ─ scale if the size differs ─ BGR to YUYV or I420 ─ write()
//	  │
//	Close ─ a card stays behind
//
// STREAMON comes before the first write because v4l2loopback 0.12 otherwise does
// not know us for the producer, and is dead for the next one. From 0.14 on it
// refuses that without buffers asked for, and takes the first write() for the start:
// asking for buffers would have it refuse write(). Nor do we have it keep the format
// there: between runs it would call itself a camera that no new reader can open and
// other producers take for fed. The format is set once and kept for life: a reader
// that has the device open cannot follow another.
package v4l2

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"stylecam/filter"
	"stylecam/frame"
	video "stylecam/v4l2"
)

// Config says which device to feed, and how.
type Config struct {
	Path string  // /dev/videoN, a link to it, or the card's name
	FPS  float64 // as declared to readers; 0 declares 30
	// Card draws the notice that stays behind; nil leaves the last picture there.
	Card func(dst *frame.Frame, title, text string)
	// Log hears, once, that it cannot be told who reads. It defaults to silence.
	Log *slog.Logger
}

// device is what the sink needs of a [video.Device].
type device interface {
	Capability() (video.Capability, error)
	Format(video.Queue) (video.Format, error)
	SetFormat(video.Queue, video.Format) (video.Format, error)
	SetRate(video.Queue, float64) (float64, error)
	StreamOn(video.Queue) error
	Control(video.Control) (int, error)
	SetControl(video.Control, int) error
	Write([]byte) (int, error)
	Close() error
}

// opener opens a device, and watches who reads it.
type opener func(path string) (device, readers, error)

// Sink feeds one device. It implements filter.Sink and filter.Viewed.
type Sink struct {
	cfg  Config
	open opener
	dev  device // nil after it could not be opened again

	watching sync.Mutex // guards readers, which others ask until Close
	readers  readers

	granted video.Format // set by the first Write
	encode  encoder
	packed  []byte
	fitted  *frame.Frame // the picture in the granted size, where that is another
}

// Open takes hold of the device. Errors wrap filter.ErrMissing and say what
// mends them.
func Open(cfg Config) (*Sink, error) {
	cfg.Path = Resolve(cfg.Path, video.List())
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	var once sync.Once // though the device be opened again
	warn := func(err error) {
		once.Do(func() {
			cfg.Log.Warn("it cannot be told who reads the virtual camera: the source does not rest; raise fs.inotify.max_user_instances and max_user_watches", "err", err)
		})
	}
	return open(cfg, func(path string) (device, readers, error) {
		dev, err := video.Open(path)
		if err != nil {
			return nil, nil, err
		}
		r, err := watch(dev, warn)
		if err != nil {
			_ = dev.Close()
			return nil, nil, err
		}
		return dev, r, nil
	})
}

// Resolve finds the virtual camera of a name, and where a link leads; anything else
// is left as it is.
func Resolve(name string, devices []video.Info) string {
	for _, d := range devices {
		if d.Loopback() && d.Card == name {
			return d.Path
		}
	}
	if path, err := filepath.EvalSymlinks(name); err == nil {
		return path
	}
	return name
}

func open(cfg Config, openDevice opener) (*Sink, error) {
	if cfg.FPS == 0 {
		cfg.FPS = 30
	}
	dev, readers, err := openDevice(cfg.Path)
	if err != nil {
		return nil, explain(cfg.Path, err)
	}
	if err := check(cfg.Path, dev); err != nil {
		readers.close()
		_ = dev.Close()
		return nil, err
	}
	return &Sink{cfg: cfg, open: openDevice, dev: dev, readers: readers}, nil
}

// unlock takes away the card and format of an earlier run where they are not as
// wanted: until now readers had the card. They go when the last one closes the
// device; if a reader has it open they stay, and are scaled to.
func (s *Sink) unlock(want video.Format) error {
	if kept, err := s.dev.Control(video.KeepFormat); err != nil || kept == 0 {
		return nil
	}
	f, err := s.dev.Format(video.Output)
	if err == nil && f.Width == want.Width && f.Height == want.Height && f.Fourcc == want.Fourcc && f.Colours == want.Colours {
		return nil
	}
	_ = s.dev.SetControl(video.KeepFormat, 0)
	s.watching.Lock()
	defer s.watching.Unlock()
	s.readers.close()
	s.readers = nobody{}
	_ = s.dev.Close()
	s.dev = nil
	dev, readers, err := s.open(s.cfg.Path)
	if err != nil {
		return explain(s.cfg.Path, err)
	}
	s.dev, s.readers = dev, readers
	return nil
}

// Write shows f to whoever reads the device.
func (s *Sink) Write(_ context.Context, f *frame.Frame) error {
	if s.encode == nil {
		if err := s.start(f.Width, f.Height); err != nil {
			return err
		}
	}
	if f.Width != s.granted.Width || f.Height != s.granted.Height {
		if s.fitted == nil {
			s.fitted = frame.New(s.granted.Width, s.granted.Height)
		}
		fit(s.fitted, f)
		f = s.fitted
	}
	if err := s.encode(s.packed, f); err != nil {
		return err
	}
	for rest := s.packed; len(rest) > 0; {
		n, err := s.dev.Write(rest)
		if err != nil {
			return explain(s.cfg.Path, err)
		}
		if n == 0 {
			return fmt.Errorf("%s: the driver takes no more than %d of a picture's %d bytes", s.cfg.Path, len(s.packed)-len(rest), len(s.packed))
		}
		rest = rest[n:]
	}
	return nil
}

// start agrees with the driver on the format, and starts streaming.
func (s *Sink) start(width, height int) error {
	want := video.Format{
		Width: width &^ 1, Height: height &^ 1, Fourcc: video.YUYV, Colours: video.SRGB601Limited,
		Stride: 2 * (width &^ 1), Size: 2 * (width &^ 1) * (height &^ 1),
	}
	if err := s.unlock(want); err != nil {
		return err
	}
	granted, err := s.dev.SetFormat(video.Output, want)
	if video.Busy(err) { // 0.13 refuses another format while somebody has this one
		granted, err = s.dev.Format(video.Output)
	}
	if err != nil {
		return explain(s.cfg.Path, err)
	}
	encode, size, err := encoderFor(granted)
	if err != nil {
		return fmt.Errorf("%s: %w", s.cfg.Path, err)
	}
	_, _ = s.dev.SetRate(video.Output, s.cfg.FPS) // told where it can be; pictures come when they come
	err = s.dev.StreamOn(video.Output)
	startsByWrite := errors.Is(err, unix.EINVAL) // 0.14 and later
	if err != nil && !startsByWrite {
		return explain(s.cfg.Path, err)
	}
	// Where the driver can, a camera that pauses shows its last picture again, and
	// one that has ended its last card.
	_ = s.dev.SetControl(video.SustainFramerate, 1)
	if !startsByWrite {
		_ = s.dev.SetControl(video.KeepFormat, 1)
	}
	s.granted, s.encode, s.packed = granted, encode, make([]byte, size)
	return nil
}

// Viewed tells whether a program has the virtual camera open.
func (s *Sink) Viewed() bool {
	s.watching.Lock()
	defer s.watching.Unlock()
	return s.readers.any()
}

// Close leaves a card behind and gives the device back.
func (s *Sink) Close() error {
	if s.encode != nil && s.cfg.Card != nil {
		last := frame.New(s.granted.Width, s.granted.Height)
		s.cfg.Card(last, "stylecam is not running", "the picture comes back when it runs again")
		_ = s.Write(context.Background(), last) // a courtesy: the device may be gone
	}
	s.watching.Lock()
	s.readers.close()
	s.readers = nobody{}
	s.watching.Unlock()
	if s.dev == nil {
		return nil
	}
	if err := s.dev.Close(); err != nil {
		return fmt.Errorf("close %s: %w", s.cfg.Path, err)
	}
	return nil
}

var (
	_ filter.Sink   = (*Sink)(nil)
	_ filter.Viewed = (*Sink)(nil)
)
