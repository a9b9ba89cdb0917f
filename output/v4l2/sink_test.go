package v4l2

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"stylecam/filter"
	"stylecam/frame"
	video "stylecam/v4l2"
)

// fake is a device of v4l2loopback as far as the sink can tell.
type fake struct {
	cap      video.Capability
	grant    func(want video.Format) (video.Format, error) // nil: as asked
	inForce  video.Format
	chunk    int // the most that one write takes; 0: all
	writeErr error
	onErr    error                 // of StreamOn
	controls map[video.Control]int // nil: has none

	calls   []string
	colours video.Colours // asked for
	written []byte
}

func (d *fake) call(format string, args ...any) {
	d.calls = append(d.calls, fmt.Sprintf(format, args...))
}
func (d *fake) Capability() (video.Capability, error)    { return d.cap, nil }
func (d *fake) Format(video.Queue) (video.Format, error) { return d.inForce, nil }
func (d *fake) StreamOn(video.Queue) error               { d.call("stream on"); return d.onErr }
func (d *fake) Close() error                             { d.call("close"); return nil }
func (d *fake) SetRate(_ video.Queue, fps float64) (float64, error) {
	d.call("rate %g", fps)
	return fps, nil
}

func (d *fake) SetFormat(_ video.Queue, want video.Format) (video.Format, error) {
	d.call("format %dx%d %s", want.Width, want.Height, want.Fourcc)
	d.colours = want.Colours
	if d.grant != nil {
		return d.grant(want)
	}
	return want, nil
}

func (d *fake) Control(c video.Control) (int, error) {
	v, ok := d.controls[c]
	if !ok {
		return 0, unix.EINVAL
	}
	return v, nil
}

func (d *fake) SetControl(c video.Control, v int) error {
	if d.controls == nil {
		return unix.EINVAL
	}
	d.controls[c] = v
	return nil
}

func (d *fake) Write(b []byte) (int, error) {
	if d.writeErr != nil {
		return 0, d.writeErr
	}
	if len(d.written) == 0 {
		d.call("write")
	}
	if d.chunk > 0 {
		b = b[:min(d.chunk, len(b))]
	}
	d.written = append(d.written, b...)
	return len(b), nil
}

var loopback = video.Capability{Driver: video.LoopbackDriver, Card: "stylecam", Outputs: true, ReadsWrites: true}

func openFake(t *testing.T, d *fake, cfg Config) *Sink {
	t.Helper()
	cfg.Path = "/dev/video10"
	s, err := open(cfg, func(string) (device, readers, error) { d.call("open"); return d, nobody{}, nil })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plain is a frame of one colour.
func plain(w, h int, b, g, r byte) *frame.Frame {
	f := frame.New(w, h)
	for i := 0; i < len(f.Pix); i += 3 {
		f.Pix[i], f.Pix[i+1], f.Pix[i+2] = b, g, r
	}
	return f
}

func TestStreamsBeforeTheFirstWrite(t *testing.T) {
	d := &fake{cap: loopback, controls: map[video.Control]int{}}
	s := openFake(t, d, Config{FPS: 25})
	for range 2 {
		if err := s.Write(t.Context(), plain(4, 2, 0, 0, 255)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{"open", "format 4x2 YUYV", "rate 25", "stream on", "write", "close"}
	if !slices.Equal(d.calls, want) {
		t.Errorf("the driver was called %q, want %q", d.calls, want)
	}
	if d.controls[video.KeepFormat] != 1 || d.controls[video.SustainFramerate] != 1 {
		t.Errorf("controls %v", d.controls)
	}
	if want := slices.Repeat([]byte{81, 90, 81, 240}, 8); !slices.Equal(d.written, want) {
		t.Errorf("red was written as %v", d.written)
	}
}

// From 0.14 on the driver refuses to stream what has no buffers, and starts by write().
func TestADriverThatStartsByWriteIsFed(t *testing.T) {
	d := &fake{cap: loopback, onErr: fmt.Errorf("start: %w", unix.EINVAL), controls: map[video.Control]int{}}
	if err := openFake(t, d, Config{}).Write(t.Context(), plain(4, 2, 0, 0, 255)); err != nil {
		t.Fatal(err)
	}
	if len(d.written) != 16 || d.controls[video.KeepFormat] != 0 || d.controls[video.SustainFramerate] != 1 {
		t.Errorf("%d bytes written, controls %v", len(d.written), d.controls)
	}
	d = &fake{cap: loopback, onErr: unix.EBUSY}
	if err := openFake(t, d, Config{}).Write(t.Context(), plain(4, 2, 0, 0, 255)); !errors.Is(err, filter.ErrMissing) || len(d.written) > 0 {
		t.Errorf("a driver that refuses for another reason: %v, %d bytes written", err, len(d.written))
	}
}

func TestWhatWasGrantedIsWritten(t *testing.T) {
	grant := func(g video.Format, err error) func(video.Format) (video.Format, error) {
		return func(video.Format) (video.Format, error) { return g, err }
	}
	wide := video.Format{Width: 8, Height: 2, Fourcc: video.YUYV, Stride: 20, Size: 4096}
	tests := []struct {
		name    string
		grant   func(video.Format) (video.Format, error)
		inForce video.Format
		size    int
		at      map[int]byte // some bytes of the picture, which is white
	}{
		{"another size: bars at the sides", grant(wide, nil), video.Format{}, 40, map[int]byte{0: 16, 1: 128, 4: 235, 10: 235, 12: 16, 24: 235}},
		{"refused while locked: what is in force", grant(video.Format{}, unix.EBUSY), wide, 40, map[int]byte{4: 235}},
		{"planes with long rows", grant(video.Format{Width: 4, Height: 2, Fourcc: video.I420, Stride: 8}, nil), video.Format{}, 24,
			map[int]byte{0: 235, 3: 235, 4: 0, 8: 235, 16: 128, 17: 128, 18: 0, 20: 128}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := &fake{cap: loopback, grant: tt.grant, inForce: tt.inForce}
			s := openFake(t, d, Config{})
			if err := s.Write(t.Context(), plain(4, 2, 255, 255, 255)); err != nil {
				t.Fatal(err)
			}
			if len(d.written) != tt.size {
				t.Fatalf("%d bytes written, want %d", len(d.written), tt.size)
			}
			for i, want := range tt.at {
				if d.written[i] != want {
					t.Errorf("byte %d is %d, want %d of %v", i, d.written[i], want, d.written)
				}
			}
		})
	}
}

// Whatever layout is granted, what is written is BT.601 in limited range, as tagged;
// reckoned here as the standard has it (ITU-R BT.601-7, 2.5).
func TestBarsAndGreyRampInEveryLayout(t *testing.T) {
	const width, height = 512, 4
	pixel := func(x int) (r, g, b byte) { // two pixels a colour: bars, then greys
		if x /= 2; x < 8 {
			return byte(255 * (x & 1)), byte(255 * (x >> 1 & 1)), byte(255 * (x >> 2))
		}
		return byte(x), byte(x), byte(x)
	}
	f := frame.New(width, height)
	for y := range height {
		for x := range width {
			p := f.Row(y)[3*x:]
			p[2], p[1], p[0] = pixel(x)
		}
	}
	for name, tt := range map[string]struct {
		fourcc video.Fourcc
		at     func(x, y int) (luma, u, v int) // where they lie
	}{
		"YUYV": {video.YUYV, func(x, y int) (int, int, int) {
			pair := 2*width*y + 4*(x/2)
			return pair + 2*(x%2), pair + 1, pair + 3
		}},
		"planes": {video.I420, func(x, y int) (int, int, int) {
			u := width*height + width/2*(y/2) + x/2
			return width*y + x, u, u + width*height/4
		}},
	} {
		d := &fake{cap: loopback, grant: func(want video.Format) (video.Format, error) {
			want.Fourcc, want.Stride = tt.fourcc, 0
			return want, nil
		}}
		if err := openFake(t, d, Config{}).Write(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if d.colours != video.SRGB601Limited {
			t.Errorf("%s: the colours are tagged %+v", name, d.colours)
		}
		for y := range height {
			for x := range width {
				r8, g8, b8 := pixel(x)
				r, g, b := float64(r8)/255, float64(g8)/255, float64(b8)/255
				luma := 0.299*r + 0.587*g + 0.114*b
				want := [3]float64{16 + 219*luma, 128 + 224*(b-luma)/1.772, 128 + 224*(r-luma)/1.402}
				atY, atU, atV := tt.at(x, y)
				got := [3]byte{d.written[atY], d.written[atU], d.written[atV]}
				for i := range 3 {
					if math.Abs(float64(got[i])-want[i]) > 1 {
						t.Fatalf("%s: pixel %d,%d (red %d, green %d, blue %d) is %v, want %.1f", name, x, y, r8, g8, b8, got, want)
					}
				}
			}
		}
	}
}

func TestFormatIsKeptWhenTheCameraChanges(t *testing.T) {
	d := &fake{cap: loopback}
	s := openFake(t, d, Config{})
	for _, f := range []*frame.Frame{plain(8, 4, 0, 0, 0), plain(16, 8, 0, 0, 0), plain(3, 5, 0, 0, 0)} {
		if err := s.Write(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	if len(d.written) != 3*8*4*2 {
		t.Errorf("%d bytes written, want three pictures of 8x4", len(d.written))
	}
}

func TestPartialWritesAreFinished(t *testing.T) {
	d := &fake{cap: loopback, chunk: 7}
	s := openFake(t, d, Config{})
	if err := s.Write(t.Context(), plain(4, 4, 255, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if want := slices.Repeat([]byte{41, 240, 41, 110}, 8); !slices.Equal(d.written, want) {
		t.Errorf("written %v", d.written)
	}
}

func TestACardStaysBehind(t *testing.T) {
	d := &fake{cap: loopback}
	var title string
	s := openFake(t, d, Config{Card: func(dst *frame.Frame, t, _ string) { title = t }})
	if err := s.Write(t.Context(), plain(4, 2, 9, 9, 9)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil || title == "" || len(d.written) != 2*16 {
		t.Errorf("closed with %v after %d bytes, card %q", err, len(d.written), title)
	}
}

func TestWhatAnEarlierRunKeptIsUnlockedForAnotherFormatAlone(t *testing.T) {
	ours := video.SRGB601Limited
	for name, tt := range map[string]struct {
		width int
		kept  video.Colours
		want  []string
	}{
		"the same":      {4, ours, []string{"open", "format 4x2 YUYV", "rate 30", "stream on", "write"}},
		"another size":  {8, ours, []string{"open", "close", "open", "format 8x2 YUYV", "rate 30", "stream on", "write"}},
		"other colours": {4, video.Colours{}, []string{"open", "close", "open", "format 4x2 YUYV", "rate 30", "stream on", "write"}},
	} {
		kept := video.Format{Width: 4, Height: 2, Fourcc: video.YUYV, Stride: 8, Size: 16, Colours: tt.kept}
		d := &fake{cap: loopback, inForce: kept, controls: map[video.Control]int{video.KeepFormat: 1}}
		s := openFake(t, d, Config{})
		if d.controls[video.KeepFormat] != 1 || len(d.calls) != 1 {
			t.Errorf("%s: the card is gone before there is a picture: %q", name, d.calls)
		}
		if err := s.Write(t.Context(), plain(tt.width, 2, 0, 0, 0)); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(d.calls, tt.want) || d.controls[video.KeepFormat] != 1 {
			t.Errorf("%s: calls %q, want %q; keep format %d", name, d.calls, tt.want, d.controls[video.KeepFormat])
		}
	}
}

// Between closing it and opening it again another program may take the device.
func TestDeviceThatIsTakenWhileUnlocked(t *testing.T) {
	d := &fake{cap: loopback, controls: map[video.Control]int{video.KeepFormat: 1}}
	s := openFake(t, d, Config{})
	s.open = func(string) (device, readers, error) { return nil, nil, unix.EBUSY }
	if err := s.Write(t.Context(), plain(4, 2, 0, 0, 0)); !errors.Is(err, filter.ErrMissing) || s.Viewed() {
		t.Errorf("%v, viewed %t", err, s.Viewed())
	}
	if err := s.Close(); err != nil || !slices.Equal(d.calls, []string{"open", "close"}) {
		t.Errorf("%v, calls %q", err, d.calls)
	}
}

func TestErrorsTellWhatMendsThem(t *testing.T) {
	opened := func(c video.Capability) opener {
		return func(string) (device, readers, error) { return &fake{cap: c}, nobody{}, nil }
	}
	failed := func(err error) opener {
		return func(string) (device, readers, error) { return nil, nil, err }
	}
	tests := []struct {
		name string
		open opener
		want string
	}{
		{"no such device", failed(fs.ErrNotExist), "no virtual camera at /dev/nowhere"},
		{"no permission", failed(fs.ErrPermission), "usermod -aG video"},
		{"busy", failed(unix.EBUSY), "busy"},
		{"a camera", opened(video.Capability{Driver: "uvcvideo", Card: "Cam", Captures: true}), `"Cam", no virtual camera`},
		{"fed by another", opened(video.Capability{Driver: video.LoopbackDriver, Captures: true, ReadsWrites: true}), "fed by another program"},
		{"worn out", opened(video.Capability{Driver: video.LoopbackDriver, ReadsWrites: true}), "modprobe -r v4l2loopback"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := open(Config{Path: "/dev/nowhere"}, tt.open)
			if !errors.Is(err, filter.ErrMissing) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want it to say %q", err, tt.want)
			}
		})
	}
	for want, m := range map[string]video.Module{
		"apt install v4l2loopback-dkms && sudo modprobe v4l2loopback devices=1": {},
		"load the module: " + LoadModule:                                        {Installed: true},
		"mokutil --import":                                                      {Installed: true, SecureBoot: true},
		"`stylecam devices` lists":                                              {Installed: true, Loaded: true},
	} {
		if err := absent("/dev/video10", m); !errors.Is(err, filter.ErrMissing) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want it to say %q", m, err, want)
		}
	}
	d := &fake{cap: loopback, writeErr: unix.ENODEV}
	if err := openFake(t, d, Config{}).Write(t.Context(), plain(2, 2, 0, 0, 0)); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("a module unloaded meanwhile: %v", err)
	}
}

func TestNothingIsAllocatedPerPicture(t *testing.T) {
	d := &fake{cap: loopback, written: make([]byte, 1, 1<<24)}
	s := openFake(t, d, Config{})
	f := plain(64, 48, 1, 2, 3)
	if n := testing.AllocsPerRun(100, func() { _ = s.Write(t.Context(), f) }); n > 0 {
		t.Errorf("%g allocations a picture", n)
	}
}

func TestVirtualCamerasAreFoundByName(t *testing.T) {
	devices := []video.Info{
		{Path: "/dev/video0", Capability: video.Capability{Driver: "uvcvideo", Card: "stylecam"}},
		{Path: "/dev/video10", Capability: loopback},
	}
	folder := t.TempDir()
	device, link := filepath.Join(folder, "video10"), filepath.Join(folder, "link")
	if err := errors.Join(os.WriteFile(device, nil, 0o600), os.Symlink(device, link)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"stylecam": "/dev/video10", "/dev/video3": "/dev/video3", "other": "other", link: device} {
		if got := Resolve(name, devices); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}
