package camera

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"stylecam/filter"
	"stylecam/frame"
	"stylecam/v4l2"
)

// fake is a camera that has filled buffers as the test says.
type fake struct {
	listed
	grant   func(v4l2.Format) v4l2.Format
	rate    func(float64) (float64, error)
	filled  []v4l2.Picture // oldest first
	waitErr error          // of waiting for more; nil: it never ends

	asked  v4l2.Format
	mapped int
	queued []int
	closed int
}

func (d *fake) SetFormat(_ v4l2.Queue, want v4l2.Format) (v4l2.Format, error) {
	d.asked = want
	if d.grant != nil {
		want = d.grant(want)
	}
	return want, nil
}

func (d *fake) SetRate(_ v4l2.Queue, fps float64) (float64, error) {
	if d.rate != nil {
		return d.rate(fps)
	}
	return fps, nil
}

func (d *fake) Map(n int) error           { d.mapped = n; return nil }
func (d *fake) StreamOn(v4l2.Queue) error { return nil }
func (d *fake) Queue(index int) error     { d.queued = append(d.queued, index); return nil }
func (d *fake) Close() error              { d.closed++; return nil }

func (d *fake) Dequeue() (v4l2.Picture, error) {
	if len(d.filled) == 0 {
		return v4l2.Picture{}, v4l2.ErrAgain
	}
	p := d.filled[0]
	d.filled = d.filled[1:]
	return p, nil
}

func (d *fake) Wait(ctx context.Context) error {
	if d.waitErr != nil {
		return d.waitErr
	}
	<-ctx.Done()
	return ctx.Err()
}

// fakeDecoder writes what it was given into the first pixel; 0 is no picture.
type fakeDecoder struct{ closed *int }

func (fakeDecoder) Decode(dst *frame.Frame, data []byte) (whole bool, err error) {
	dst.Pix[0] = data[0]
	return data[0] != 0, nil
}

func (d fakeDecoder) Close() error { *d.closed++; return nil }

func picture(index int, sequence uint32, data ...byte) v4l2.Picture {
	return v4l2.Picture{Index: index, Sequence: sequence, Data: data}
}

var (
	vga    = v4l2.Size{Width: 640, Height: 480, MinWidth: 640, MinHeight: 480}
	hd     = v4l2.Size{Width: 1280, Height: 720, MinWidth: 1280, MinHeight: 720}
	webcam = listed{
		v4l2.YUYV:  {vga: {30, 15}, hd: {10}},
		v4l2.MJPEG: {vga: {30}, hd: {30}},
	}
)

// openFake opens a camera that has its first frame ready.
func openFake(t *testing.T, d *fake, c Config) (*Camera, error) {
	t.Helper()
	if d.listed == nil {
		d.listed = webcam
	}
	d.filled = append([]v4l2.Picture{picture(0, 0, 1)}, d.filled...)
	c.Pool = new(frame.Pool)
	var closed int
	c.NewDecoder = func(v4l2.Format) (Decoder, error) { return fakeDecoder{&closed}, nil }
	cam, err := open(t.Context(), machine[1], d, c)
	t.Cleanup(func() {
		if cam != nil {
			_ = cam.Close()
		}
		if d.closed != 1 || closed != 1 || c.Pool.InUse() != 0 {
			t.Errorf("device closed %d times, decoder %d times, %d frames left behind", d.closed, closed, c.Pool.InUse())
		}
	})
	return cam, err
}

// A camera that gives a picture in a long while is seen as soon as it gives one.
func TestFirstPictureIsNotLost(t *testing.T) {
	cam, err := openFake(t, &fake{waitErr: errors.New("no second one comes")}, Config{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := cam.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Release()
	if f.Pix[0] != 1 || f.Seq != 0 {
		t.Errorf("picture %d, number %d", f.Pix[0], f.Seq)
	}
}

// pastFirst opens a camera and reads its first frame.
func pastFirst(t *testing.T, d *fake) *Camera {
	t.Helper()
	cam, err := openFake(t, d, Config{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := cam.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.Release()
	return cam
}

func TestNewestFrameFirst(t *testing.T) {
	d := &fake{}
	cam, err := openFake(t, d, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if d.mapped != 3 {
		t.Errorf("%d buffers, want the three that are needed", d.mapped)
	}
	taken := time.Now().Add(-40 * time.Millisecond)
	newest := picture(2, 9, 7)
	newest.Taken = taken
	d.queued, d.filled = nil, []v4l2.Picture{picture(1, 8, 6), newest} // beside the first
	f, err := cam.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Release()
	if f.Pix[0] != 7 || !slices.Equal(d.queued, []int{0, 1, 2}) {
		t.Errorf("frame %d was taken and buffers %v given back, want the newest, 7, and all in turn", f.Pix[0], d.queued)
	}
	if !f.Captured.Equal(taken) {
		t.Errorf("it was taken %v ago, and the driver says 40 ms", time.Since(f.Captured))
	}

	before := time.Now()
	d.filled = []v4l2.Picture{picture(0, 11, 8)} // by a driver that does not say when
	next, err := cam.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer next.Release()
	if next.Seq != f.Seq+2 || next.Captured.Before(before) || time.Since(next.Captured) < 0 {
		t.Errorf("number %d after %d, taken %v ago", next.Seq, f.Seq, time.Since(next.Captured))
	}
}

func TestDamagedPicturesArePassedOver(t *testing.T) {
	broken := picture(1, 2, 3)
	broken.Damaged = true
	for name, tt := range map[string]struct {
		filled []v4l2.Picture // given one at a time
		say    string
	}{
		"some":    {[]v4l2.Picture{broken, picture(2, 3, 0), picture(0, 4), picture(1, 5, 9)}, ""},
		"for all": {slices.Repeat([]v4l2.Picture{broken}, damaged), "damaged"},
	} {
		d := &trickle{}
		cam := pastFirst(t, &d.fake)
		cam.device, d.rest = d, tt.filled
		f, err := cam.Read(t.Context())
		if tt.say == "" && (err != nil || f.Pix[0] != 9) || tt.say != "" && (err == nil || !strings.Contains(err.Error(), tt.say)) {
			t.Errorf("%s: %v", name, err)
		}
		if f != nil {
			f.Release()
		}
	}
}

// trickle fills one buffer at a time.
type trickle struct {
	fake
	rest []v4l2.Picture
}

func (d *trickle) Wait(context.Context) error {
	d.filled, d.rest = d.rest[:1], d.rest[1:]
	return nil
}

func TestCameraThatGoesOrFallsSilentIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fake{}
		cam := pastFirst(t, d)
		begin := time.Now()
		_, err := cam.Read(t.Context())
		if err == nil || !strings.Contains(err.Error(), "no picture has come for 5s") || time.Since(begin) != silence {
			t.Errorf("silent: %v after %v", err, time.Since(begin))
		}
		d.waitErr = syscall.ENODEV
		if _, err := cam.Read(t.Context()); !errors.Is(err, syscall.ENODEV) || !strings.Contains(err.Error(), "Integrated Camera") {
			t.Errorf("unplugged: %v", err)
		}
		stopped, stop := context.WithCancel(t.Context())
		stop()
		if _, err := cam.Read(stopped); !errors.Is(err, context.Canceled) {
			t.Errorf("told to stop: %v", err)
		}
	})
}

func TestWhatTheDriverGrantsIsTold(t *testing.T) {
	smaller := func(f v4l2.Format) v4l2.Format { f.Width, f.Height = 320, 240; return f }
	for name, tt := range map[string]struct {
		d    fake
		c    Config
		want Info
		as   v4l2.Fourcc
	}{
		"as asked":         {fake{}, Config{Width: 640, Height: 480, FPS: 15}, Info{Width: 640, Height: 480, FPS: 15}, v4l2.YUYV},
		"720p at 30":       {fake{}, Config{Width: 1280, Height: 720, FPS: 30}, Info{Width: 1280, Height: 720, FPS: 30}, v4l2.MJPEG},
		"nothing asked":    {fake{grant: smaller}, Config{}, Info{Width: 320, Height: 240, FPS: 30}, v4l2.YUYV},
		"another size":     {fake{grant: smaller}, Config{Width: 640, Height: 480}, Info{Width: 320, Height: 240, FPS: 30, Note: "Integrated Camera grants 320x240 at 30 frames a second"}, v4l2.YUYV},
		"another rate":     {fake{rate: func(float64) (float64, error) { return 5, nil }}, Config{FPS: 30}, Info{Width: 640, Height: 480, FPS: 5, Note: "Integrated Camera grants 640x480 at 5 frames a second"}, v4l2.YUYV},
		"no say in a rate": {fake{rate: func(float64) (float64, error) { return 0, syscall.ENOTTY }}, Config{FPS: 12}, Info{Width: 640, Height: 480, FPS: 12}, v4l2.YUYV},
	} {
		cam, err := openFake(t, &tt.d, tt.c)
		if err != nil {
			t.Fatal(err)
		}
		tt.want.Name, tt.want.Stable = "Integrated Camera", stable(machine[1])
		if got := cam.Info(); got != tt.want || tt.d.asked.Fourcc != tt.as {
			t.Errorf("%s: asked for %s, %+v, want %s, %+v", name, tt.d.asked.Fourcc, got, tt.as, tt.want)
		}
	}
}

func TestCameraThatCannotStartIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, decoders, closed := &fake{listed: webcam}, 0, 0
		c := Config{Pool: new(frame.Pool), NewDecoder: func(v4l2.Format) (Decoder, error) {
			decoders++
			return fakeDecoder{&closed}, nil
		}}
		begin := time.Now()
		_, err := open(t.Context(), machine[1], d, c)
		if err == nil || !strings.Contains(err.Error(), "/dev/video2 (Integrated Camera): no picture has come") || time.Since(begin) != wake {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		if d.closed != 1 || decoders != 1 || closed != 1 {
			t.Errorf("device closed %d times, %d of %d decoders", d.closed, closed, decoders)
		}
	})
}

// Laptops list an infrared camera first at times, which gives grey pictures alone.
func TestACameraForOtherEyesIsPassedOver(t *testing.T) {
	const grey = v4l2.Fourcc('G' | 'R'<<8 | 'E'<<16 | 'Y'<<24)
	var closed int
	c := Config{Pool: new(frame.Pool), NewDecoder: func(v4l2.Format) (Decoder, error) { return fakeDecoder{&closed}, nil }}
	infrared := &fake{listed: listed{grey: {vga: {30}}}}
	colour := &fake{listed: webcam, filled: []v4l2.Picture{picture(0, 0, 1)}}
	two := []v4l2.Info{listing(0, "Infrared", "uvcvideo", true), listing(2, "Colour", "uvcvideo", true)}
	devices := map[string]device{"/dev/video0": infrared, "/dev/video2": colour}
	openDevice := func(path string) (device, error) { return devices[path], nil }
	cam, err := openFirst(t.Context(), two, c, openDevice)
	if err != nil || cam.Info().Name != "Colour" || infrared.closed != 1 {
		t.Fatalf("%+v, %v; the infrared one was closed %d times", cam, err, infrared.closed)
	}
	if err := cam.Close(); err != nil {
		t.Error(err)
	}
	if _, err := openFirst(t.Context(), two[:1], c, openDevice); !errors.Is(err, filter.ErrMissing) || !strings.Contains(err.Error(), "Infrared") {
		t.Errorf("there is none but the infrared one: %v", err)
	}
	busy := func(string) (device, error) { return nil, syscall.EBUSY }
	if _, err := openFirst(t.Context(), two, c, busy); err == nil || !strings.Contains(err.Error(), "/dev/video0") {
		t.Errorf("the first is busy: %v", err)
	}
}

func TestACameraWhosePicturesAreRefusedIsPassedOver(t *testing.T) {
	var closed int
	asked := 0
	c := Config{Pool: new(frame.Pool), NewDecoder: func(v4l2.Format) (Decoder, error) {
		if asked++; asked == 1 {
			return nil, fmt.Errorf("odd rows: %w", ErrUnreadable)
		}
		return fakeDecoder{&closed}, nil
	}}
	odd, good := &fake{listed: webcam}, &fake{listed: webcam, filled: []v4l2.Picture{picture(0, 0, 1)}}
	two := []v4l2.Info{listing(0, "Odd", "uvcvideo", true), listing(2, "Good", "uvcvideo", true)}
	devices := map[string]device{"/dev/video0": odd, "/dev/video2": good}
	cam, err := openFirst(t.Context(), two, c, func(path string) (device, error) { return devices[path], nil })
	if err != nil || cam.Info().Name != "Good" || odd.closed != 1 {
		t.Fatalf("%+v, %v; the odd one was closed %d times", cam, err, odd.closed)
	}
	if err := cam.Close(); err != nil {
		t.Error(err)
	}
}

func TestNumberFollowsTheDriver(t *testing.T) {
	var cam Camera
	var got []uint64
	for _, counted := range []uint32{5, 6, 9, 9, 1 << 31, 2, 3} {
		got = append(got, cam.number(counted))
	}
	if want := "[0 1 4 5 6 7 8]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}
