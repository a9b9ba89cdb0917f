// Package window is the preview: the picture in a window of the desktop, and keys
// that change the settings while it runs (keys.go).
//
//	filter.Live ──Write──> Window.frames ──> Run: mirror, overlays, show, next key
//	  sink's goroutine       unbuffered       the thread that the toolkit wants
//
// Write waits until the picture is on the screen, so the delay that the
// statistics tell is the one that is seen; what comes meanwhile is dropped by the
// sink's slot. The window is OpenCV's, by Qt.
package window

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"gocv.io/x/gocv"

	"stylecam/blend"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/output"
)

// Controls is what the keys turn: filter.Live.
type Controls interface {
	Params() filter.Params
	Update(change func(*filter.Params)) error
	Stats() filter.Stats
}

// Config is what a Window needs.
type Config struct {
	// Controls may be set after New and before Run, since what it stands for takes
	// the Window as a sink.
	Controls Controls
	// Styles are the names that n and p go through.
	Styles []string
	// Sink is what the statistics call this window. It defaults to "window".
	Sink string
	// Folder takes the snapshots. It defaults to "out".
	Folder string
	// Title of the window. It defaults to "stylecam".
	Title string
}

// Window is a filter.Sink that shows pictures.
type Window struct {
	Config

	frames chan *frame.Frame // borrowed from Write
	shown  chan struct{}     // answers each frame
	closed chan struct{}     // by Close: no picture follows
	gone   chan struct{}     // by Run: nobody looks any more

	// What follows belongs to Run.
	desk    *gocv.Window // nil before the first picture
	picture gocv.Mat     // the last one, as it came
	screen  gocv.Mat     // what is shown of it
	plain   bool         // the last one is a card, whose text is not mirrored
	mirror  bool
	overlay overlay
}

// New makes sure that there is a display. The window opens with the first picture.
func New(c Config) (*Window, error) {
	if err := Check(os.Getenv); err != nil {
		return nil, err
	}
	if c.Sink == "" {
		c.Sink = "window"
	}
	if c.Folder == "" {
		c.Folder = "out"
	}
	if c.Title == "" {
		c.Title = "stylecam"
	}
	return &Window{
		Config: c,
		frames: make(chan *frame.Frame), shown: make(chan struct{}),
		closed: make(chan struct{}), gone: make(chan struct{}),
		mirror: true,
	}, nil
}

// Write shows f, and returns filter.ErrClosed once the window was closed.
func (w *Window) Write(ctx context.Context, f *frame.Frame) error {
	select {
	case w.frames <- f:
		select {
		case <-w.shown:
			return nil
		case <-w.gone: // Run broke off with it in hand
			return filter.ErrClosed
		}
	case <-w.gone:
		return filter.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends Run.
func (w *Window) Close() error {
	close(w.closed)
	return nil
}

// tick is how often keys and the window itself are looked at while no picture comes.
const tick = 20 * time.Millisecond

// Run serves the window until its user closes it (filter.ErrClosed), or Close is
// called or ctx ends (nil). It must be called on the program's main thread:
// lock it in an init function of package main.
func (w *Window) Run(ctx context.Context) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	w.picture, w.screen = gocv.NewMat(), gocv.NewMat()
	defer w.picture.Close()
	defer w.screen.Close()
	defer close(w.gone)
	defer func() {
		if w.desk != nil {
			w.desk.Close()
			gocv.WaitKey(1) // the toolkit takes it away
		}
	}()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		var err error
		select {
		case f := <-w.frames:
			err = w.take(f)
			w.shown <- struct{}{}
		case <-ticker.C:
			if w.overlay.due(time.Now()) {
				err = w.draw()
			}
		case <-w.closed:
			return nil
		case <-ctx.Done():
			return nil
		}
		if err != nil {
			return fmt.Errorf("window: %w", err)
		}
		if w.desk != nil && !w.serve() {
			return filter.ErrClosed
		}
	}
}

// take shows a new picture.
func (w *Window) take(f *frame.Frame) error {
	in, err := blend.Wrap(f)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := in.CopyTo(&w.picture); err != nil {
		return err
	}
	w.plain = f.Card
	if w.desk == nil {
		if w.desk, err = openDesk(w.Title, f.Width, f.Height); err != nil {
			return err
		}
		w.overlay.toast("h: help", time.Now())
	}
	return w.draw()
}

// draw puts the last picture, mirrored, and the overlays on the screen.
func (w *Window) draw() error {
	if w.picture.Empty() || !w.visible() {
		return nil // to show something would open it again
	}
	var err error
	// Where every output is mirrored the picture is a mirror already.
	if !w.plain && w.mirror != w.Controls.Params().Mirror {
		err = gocv.Flip(w.picture, &w.screen, 1)
	} else {
		err = w.picture.CopyTo(&w.screen)
	}
	if err != nil {
		return err
	}
	if err := w.overlay.draw(&w.screen, w.Controls, w.Sink, time.Now()); err != nil {
		return err
	}
	return w.desk.IMShow(w.screen)
}

func (w *Window) visible() bool {
	return w.desk.GetWindowProperty(gocv.WindowPropertyVisible) > 0
}

// serve lets the toolkit work and follows a key, if one was pressed. It tells
// whether the window is still wanted.
func (w *Window) serve() bool {
	key := w.desk.WaitKey(1)
	if !w.visible() {
		return false
	}
	b := find(rune(key))
	switch {
	case b == nil:
		return true
	case b.params != nil:
		w.change(b, rune(key))
	default:
		return w.act(b.local)
	}
	return true
}

// change has a key change the settings.
func (w *Window) change(b *binding, key rune) {
	var told string
	err := w.Controls.Update(func(p *filter.Params) { told = b.params(p, key, w.Styles) })
	if err != nil {
		told = err.Error()
	}
	w.overlay.toast(told, time.Now())
}

func (w *Window) act(a action) bool {
	switch a {
	case quit:
		return false
	case help:
		w.overlay.help = !w.overlay.help
	case statistics:
		w.overlay.stats = !w.overlay.stats
	case flip:
		w.mirror = !w.mirror
		told := "mirrored, in this window alone"
		if !w.mirror {
			told = "not mirrored"
		}
		w.overlay.toast(told, time.Now())
	case snapshot:
		path, err := w.snapshot(time.Now())
		if err != nil {
			w.overlay.toast(err.Error(), time.Now())
		} else {
			w.overlay.toast("saved "+path, time.Now())
		}
	}
	w.overlay.refresh()
	return true
}

// snapshot saves the picture as the outputs get it.
func (w *Window) snapshot(now time.Time) (string, error) {
	path := filepath.Join(w.Folder, "snapshot-"+now.Format("20060102-150405.000")+".png")
	if err := os.MkdirAll(w.Folder, 0o755); err != nil {
		return "", err
	}
	m, err := w.picture.ToImage()
	if err != nil {
		return "", err
	}
	return path, output.WritePicture(path, m)
}
