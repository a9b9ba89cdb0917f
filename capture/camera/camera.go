// Package camera reads cameras through V4L2: it chooses one by its name, agrees
// with its driver on layout, size and rate, and returns the newest frame. How a
// layout becomes a frame is a [Decoder]'s business, so that nothing here needs
// OpenCV.
package camera

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"stylecam/frame"
	"stylecam/v4l2"
)

// Config says what to open. The zero value of a number leaves the choice to us.
type Config struct {
	Which         string  // a number, path or name; "" is the first real camera
	Width, Height int     // pixels
	FPS           float64 // frames a second
	Pool          *frame.Pool
	// NewDecoder makes the decoder of the format that the driver granted; it refuses
	// what it cannot read (ErrUnreadable).
	NewDecoder func(v4l2.Format) (Decoder, error)
}

// What is asked for where the configuration leaves it open.
const (
	DefaultWidth  = 640
	DefaultHeight = 480
	DefaultFPS    = 30
)

// Decoder turns what a camera sends into frames.
type Decoder interface {
	// Decode fills dst, of the format's size, and tells whether data held a picture.
	Decode(dst *frame.Frame, data []byte) (whole bool, err error)
	// Close frees the decoder, once.
	Close() error
}

// Info describes an open camera.
type Info struct {
	Name          string // the card's
	Width, Height int
	FPS           float64
	Stable        string // what Which finds it by, whatever number it comes back under
	Note          string // what the user should be told: another size granted
}

// Camera is a V4L2 device that streams through buffers of the kernel's. Of what
// waits in them only the newest is taken, so that nobody looks at the past. It
// implements filter.Source.
type Camera struct {
	device  device
	info    Info
	pool    *frame.Pool
	decoder Decoder
	first   *v4l2.Picture // what came while it was opened; nil once read
	seq     uint64
	counted uint32 // the driver's number of the last frame
}

// device is what is asked of a [v4l2.Device].
type device interface {
	lister
	SetFormat(v4l2.Queue, v4l2.Format) (v4l2.Format, error)
	SetRate(v4l2.Queue, float64) (float64, error)
	Map(n int) error
	StreamOn(v4l2.Queue) error
	Wait(context.Context) error
	Dequeue() (v4l2.Picture, error)
	Queue(index int) error
	Close() error
}

const (
	// buffers are as few as lose nothing: one that fills, one that is full, and one
	// that is being decoded.
	buffers = 3
	// wake is how long a camera may take for its first frame, silence how long for
	// any other, and damaged how many in a row may be unusable.
	wake    = 10 * time.Second
	silence = 5 * time.Second
	damaged = 30
)

// Open opens a camera and waits until frames flow. Errors wrap filter.ErrMissing
// where something must be plugged in, allowed or closed first.
func Open(ctx context.Context, c Config) (*Camera, error) {
	cameras, err := choose(v4l2.List(), c.Which)
	if err != nil {
		return nil, err
	}
	return openFirst(ctx, cameras, c, func(path string) (device, error) { return v4l2.Open(path) })
}

// openFirst opens the first camera whose pictures can be read. What else is wrong
// with one is told: its owner means that one.
func openFirst(ctx context.Context, cameras []v4l2.Info, c Config, openDevice func(path string) (device, error)) (cam *Camera, err error) {
	for _, chosen := range cameras {
		d, failed := openDevice(chosen.Path)
		if failed != nil {
			return nil, cmp.Or(err, explain(chosen, failed))
		}
		cam, failed = open(ctx, chosen, d, c)
		if !errors.Is(failed, ErrUnreadable) {
			return cam, failed
		}
		err = cmp.Or(err, failed)
	}
	return nil, err
}

// open starts a device, or closes it.
func open(ctx context.Context, chosen v4l2.Info, d device, c Config) (*Camera, error) {
	cam := &Camera{device: d, pool: c.Pool}
	if err := cam.start(ctx, chosen, c); err != nil {
		return nil, errors.Join(explain(chosen, err), cam.Close())
	}
	return cam, nil
}

// start agrees on a format with the driver and waits until frames flow.
func (cam *Camera) start(ctx context.Context, chosen v4l2.Info, c Config) error {
	want := mode{cmp.Or(c.Width, DefaultWidth), cmp.Or(c.Height, DefaultHeight), cmp.Or(c.FPS, DefaultFPS)}
	layout, err := chooseLayout(cam.device, want)
	if err != nil {
		return err
	}
	format, err := cam.device.SetFormat(v4l2.Capture, v4l2.Format{Width: want.width, Height: want.height, Fourcc: layout})
	if err != nil {
		return err
	}
	if cam.decoder, err = c.NewDecoder(format); err != nil {
		return err
	}
	fps, err := cam.device.SetRate(v4l2.Capture, want.fps)
	if err != nil || fps <= 0 {
		fps = want.fps // a driver without a say in it
	}
	cam.info = Info{Name: chosen.Card, Width: format.Width, Height: format.Height, FPS: fps, Stable: stable(chosen)}
	if asked := (mode{c.Width, c.Height, c.FPS}); asked.differs(cam.info) {
		cam.info.Note = fmt.Sprintf("%s grants %dx%d at %.3g frames a second", chosen.Card, format.Width, format.Height, fps)
	}
	if err := cam.device.Map(buffers); err != nil {
		return err
	}
	if err := cam.device.StreamOn(v4l2.Capture); err != nil {
		return err
	}
	p, err := cam.oldest(ctx, wake)
	cam.first = &p
	return err
}

// oldest takes the oldest filled buffer, or waits for one, but not for ever.
func (cam *Camera) oldest(ctx context.Context, patience time.Duration) (v4l2.Picture, error) {
	p, err := cam.device.Dequeue()
	if !errors.Is(err, v4l2.ErrAgain) {
		return p, err
	}
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for errors.Is(err, v4l2.ErrAgain) {
		if err := cam.device.Wait(patient); err != nil {
			if patient.Err() != nil && ctx.Err() == nil {
				err = fmt.Errorf("no picture has come for %v; unplug it and plug it in again", patience)
			}
			return v4l2.Picture{}, err
		}
		p, err = cam.device.Dequeue()
	}
	return p, err
}

// Info describes the camera.
func (cam *Camera) Info() Info { return cam.info }

// Read returns the newest frame, or waits for one.
func (cam *Camera) Read(ctx context.Context) (*frame.Frame, error) {
	for range damaged {
		p, err := cam.newest(ctx)
		if err != nil {
			return nil, cam.failed(ctx, err)
		}
		f, err := cam.take(p)
		if err := errors.Join(err, cam.device.Queue(p.Index)); err != nil {
			if f != nil {
				f.Release()
			}
			return nil, cam.failed(ctx, err)
		}
		if f != nil {
			return f, nil
		}
	}
	return nil, cam.failed(ctx, fmt.Errorf("%d pictures in a row are damaged", damaged))
}

func (cam *Camera) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("camera %s: %w", cam.info.Name, err)
}

// newest takes the newest filled buffer and gives the older ones back.
func (cam *Camera) newest(ctx context.Context) (p v4l2.Picture, err error) {
	if cam.first != nil {
		p, cam.first = *cam.first, nil
	} else if p, err = cam.oldest(ctx, silence); err != nil {
		return p, err
	}
	for {
		newer, err := cam.device.Dequeue()
		if errors.Is(err, v4l2.ErrAgain) {
			return p, nil
		}
		if err != nil {
			return p, err
		}
		if err := cam.device.Queue(p.Index); err != nil {
			return p, err
		}
		p = newer
	}
}

// take turns a buffer into a frame; nil if the picture in it is damaged.
func (cam *Camera) take(p v4l2.Picture) (*frame.Frame, error) {
	if p.Damaged || len(p.Data) == 0 {
		return nil, nil
	}
	captured := p.Taken
	if captured.IsZero() {
		captured = time.Now()
	}
	f := cam.pool.Get(cam.info.Width, cam.info.Height)
	whole, err := cam.decoder.Decode(f, p.Data)
	if err != nil || !whole {
		f.Release()
		return nil, err
	}
	f.Seq, f.Captured = cam.number(p.Sequence), captured
	return f, nil
}

// number counts as the driver does, so that its drops show as gaps, but never
// back: some drivers start anew.
func (cam *Camera) number(counted uint32) uint64 {
	if step := counted - cam.counted; cam.seq > 0 && step > 1 && step < 1000 {
		cam.seq += uint64(step) - 1
	}
	cam.counted = counted
	n := cam.seq
	cam.seq++
	return n
}

// Close ends the stream and gives the camera to others.
func (cam *Camera) Close() error {
	err := cam.device.Close()
	if cam.decoder != nil {
		err = errors.Join(cam.decoder.Close(), err)
	}
	return err
}

// mode is what a camera is asked for; zero leaves it to the camera.
type mode struct {
	width, height int
	fps           float64
}

func (m mode) differs(got Info) bool {
	return m.width != 0 && (m.width != got.Width || m.height != got.Height) || m.fps != 0 && (got.FPS < m.fps-0.5 || got.FPS > m.fps+0.5)
}
