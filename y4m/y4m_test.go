package y4m

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os/exec"
	"strings"
	"testing"
	"testing/iotest"

	"stylecam/frame"
)

func TestHeader(t *testing.T) {
	for line, want := range map[string]Header{
		"YUV4MPEG2 W640 H480 F30:1":                                     {Width: 640, Height: 480, Num: 30, Den: 1},
		"YUV4MPEG2 W3 H5 F30000:1001 Ip A1:1 C420mpeg2 XYSCSS=420MPEG2": {Width: 3, Height: 5, Num: 30000, Den: 1001},
		"YUV4MPEG2 H1 W1 F0:0 C420paldv":                                {Width: 1, Height: 1},
		"YUV4MPEG2 W2 H2 C422 F25:1 XCOLORRANGE=FULL":                   {Width: 2, Height: 2, Num: 25, Den: 1, Chroma: C422, Full: true},
		"YUV4MPEG2 W2 H2 F25:1 It C444 XCOLORRANGE=LIMITED":             {Width: 2, Height: 2, Num: 25, Den: 1, Chroma: C444},
		"YUV4MPEG2 W2 H2 F25:1 A0:0 Cmono":                              {Width: 2, Height: 2, Num: 25, Den: 1, Chroma: Mono},
	} {
		if got, err := parseHeader(line); err != nil || got != want {
			t.Errorf("%q: %+v, %v", line, got, err)
		}
	}
}

func TestHeaderRefused(t *testing.T) {
	for stream, say := range map[string]string{
		"":                                     "empty",
		"\n":                                   "empty",
		"RIFF":                                 "no y4m",
		"YUV4MPEG2\n":                          "0x0",
		"YUV4MPEG2 W640\n":                     "640x0",
		"YUV4MPEG2 W-640 H480\n":               "-640x480",
		"YUV4MPEG2 W1000000 H1000000\n":        "1000000x1000000",
		"YUV4MPEG2 W99999999999999999999 H2\n": "damaged",
		"YUV4MPEG2 W2 H2 F25\n":                "damaged",
		"YUV4MPEG2 W2 H2 Fa:b\n":               "damaged",
		"YUV4MPEG2 W2 H2 C420p10\n":            "420p10",
		strings.Repeat("YUV4MPEG2 ", 1000):     "does not end",
	} {
		if _, err := NewReader(strings.NewReader(stream)); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%.40q: %v, want %q", stream, err, say)
		}
	}
	for _, h := range []Header{{}, {Width: 2, Height: 2}, {Width: 2, Height: 2, Num: 25, Den: 1, Chroma: 9}} {
		if _, err := NewWriter(io.Discard, h); err == nil {
			t.Errorf("a writer took %+v", h)
		}
	}
}

func TestRate(t *testing.T) {
	for fps, want := range map[float64]string{30: "30:1", 29.97: "30000:1001", 30000.0 / 1001: "30000:1001", 23.976: "24000:1001", 12.5: "12500:1000", 0.5: "500:1000", 1000: "1000:1"} {
		var h Header
		h.Rate(fps)
		if got := fmt.Sprintf("%d:%d", h.Num, h.Den); got != want {
			t.Errorf("%g is %s, want %s", fps, got, want)
		}
		if math.Abs(h.FPS()-fps) > 1e-3 {
			t.Errorf("%g came back as %g", fps, h.FPS())
		}
	}
}

func TestStreamsComeBack(t *testing.T) {
	for _, chroma := range []Chroma{C420, C422, C444, Mono} {
		want := Header{Width: 5, Height: 3, Num: 25, Den: 1, Chroma: chroma, Full: chroma == C444}
		var stream bytes.Buffer
		w, err := NewWriter(&stream, want)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			if err := w.WriteFrame(bytes.Repeat([]byte{byte(n)}, want.FrameSize())); err != nil {
				t.Fatal(err)
			}
		}
		r, err := NewReader(iotest.OneByteReader(&stream))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Header(); got != want {
			t.Errorf("header %+v, want %+v", got, want)
		}
		for n := range 3 {
			planes, err := r.ReadFrame()
			if err != nil || len(planes) != want.FrameSize() || planes[len(planes)-1] != byte(n) {
				t.Fatalf("%v frame %d: %v, %v", want, n, planes, err)
			}
		}
		if _, err := r.ReadFrame(); err != io.EOF {
			t.Errorf("after the last frame: %v", err)
		}
	}
}

func TestStreamCutOff(t *testing.T) {
	const whole = "YUV4MPEG2 W2 H2 F25:1\nFRAME Ip\n123456FRAME\n123456"
	for n := len("YUV4MPEG2 W2 H2 F25:1\n"); n < len(whole); n++ {
		r, err := NewReader(strings.NewReader(whole[:n]))
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = r.ReadFrame()
		}
		between := strings.HasSuffix(whole[:n], "\n") && n < 25 || strings.HasSuffix(whole[:n], "123456")
		if want := map[bool]error{true: io.EOF, false: io.ErrUnexpectedEOF}[between]; !errors.Is(err, want) {
			t.Errorf("cut after %q: %v, want %v", whole[:n], err, want)
		}
	}
	r, err := NewReader(strings.NewReader("YUV4MPEG2 W2 H2 F25:1\nFRAMES\n123456"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ReadFrame(); err == nil || err == io.EOF {
		t.Errorf("what begins with FRAMES is taken for a frame: %v", err)
	}
}

// Known colours by BT.601, from the standard's own table of 75 % and 100 % bars.
func TestKnownColours(t *testing.T) {
	for name, c := range map[string]struct{ bgr, limited, full [3]byte }{
		"black": {[3]byte{0, 0, 0}, [3]byte{16, 128, 128}, [3]byte{0, 128, 128}},
		"white": {[3]byte{255, 255, 255}, [3]byte{235, 128, 128}, [3]byte{255, 128, 128}},
		"red":   {[3]byte{0, 0, 255}, [3]byte{81, 90, 240}, [3]byte{76, 85, 255}},
		"green": {[3]byte{0, 255, 0}, [3]byte{145, 54, 34}, [3]byte{150, 44, 21}},
		"blue":  {[3]byte{255, 0, 0}, [3]byte{41, 240, 110}, [3]byte{29, 255, 107}},
	} {
		f := frame.New(2, 2)
		for i := range 4 {
			copy(f.Pix[3*i:], c.bgr[:])
		}
		h := Header{Width: 2, Height: 2}
		planes := make([]byte, h.FrameSize())
		if err := h.Planes(planes, f); err != nil {
			t.Fatal(err)
		}
		if got := [3]byte{planes[0], planes[4], planes[5]}; got != c.limited {
			t.Errorf("%s is %v, want %v", name, got, c.limited)
		}
		for _, full := range []bool{false, true} {
			yuv := c.limited
			if full {
				yuv = c.full
			}
			h := Header{Width: 2, Height: 2, Chroma: C444, Full: full}
			in := bytes.Join([][]byte{bytes.Repeat(yuv[:1], 4), bytes.Repeat(yuv[1:2], 4), bytes.Repeat(yuv[2:], 4)}, nil)
			if err := h.Picture(f, in); err != nil {
				t.Fatal(err)
			}
			for i, v := range f.Pix {
				if d := int(v) - int(c.bgr[i%3]); d < -2 || d > 2 {
					t.Errorf("%s, full %v: came back as %v", name, full, f.Pix[:3])
					break
				}
			}
		}
	}
}

func TestPicturesComeBack(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {2, 2}, {5, 3}, {64, 48}} {
		f, back := frame.New(size[0], size[1]), frame.New(size[0], size[1])
		for y := range f.Height { // smooth, as halved colour planes need it
			for x := range f.Width {
				copy(f.Row(y)[3*x:], []byte{byte(40 + 2*x), byte(200 - 2*y), byte(90 + x + y)})
			}
		}
		h := Header{Width: f.Width, Height: f.Height}
		planes := make([]byte, h.FrameSize())
		if err := errors.Join(h.Planes(planes, f), h.Picture(back, planes)); err != nil {
			t.Fatal(err)
		}
		for i := range f.Pix {
			if d := int(f.Pix[i]) - int(back.Pix[i]); d < -6 || d > 6 {
				t.Fatalf("%v: byte %d was %d, came back as %d", size, i, f.Pix[i], back.Pix[i])
			}
		}
	}
}

func TestWrongSizesAreRefused(t *testing.T) {
	h := Header{Width: 4, Height: 4, Num: 1, Den: 1}
	f := frame.New(3, 4)
	w, err := NewWriter(io.Discard, h)
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"write":         w.WriteFrame(make([]byte, 5)),
		"planes":        h.Planes(make([]byte, h.FrameSize()), f),
		"picture":       h.Picture(f, make([]byte, h.FrameSize())),
		"short picture": h.Picture(frame.New(4, 4), make([]byte, 3)),
		"444":           Header{Width: 3, Height: 4, Chroma: C444}.Planes(make([]byte, 36), f),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// ffmpeg writes what we read, and reads what we write.
func TestWithFFmpeg(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	for _, format := range []string{"yuv420p", "yuv422p", "yuv444p", "gray"} {
		out, err := exec.Command(ffmpeg, "-v", "error", "-f", "lavfi", "-i", "color=red:rate=25", "-vf", "scale=33:17", "-frames:v", "3",
			"-pix_fmt", format, "-f", "yuv4mpegpipe", "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		r, err := NewReader(bytes.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		f := frame.New(33, 17)
		for range 3 {
			planes, err := r.ReadFrame()
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Header().Picture(f, planes); err != nil {
				t.Fatal(err)
			}
		}
		if red := f.Pix[2]; format != "gray" && (red < 250 || f.Pix[0] > 5) {
			t.Errorf("%s: red is %v", format, f.Pix[:3])
		}
		h := r.Header()
		if h.Chroma != C420 {
			continue
		}
		var stream bytes.Buffer
		w, err := NewWriter(&stream, h)
		if err != nil {
			t.Fatal(err)
		}
		planes := make([]byte, h.FrameSize())
		if err := errors.Join(h.Planes(planes, f), w.WriteFrame(planes), w.WriteFrame(planes)); err != nil {
			t.Fatal(err)
		}
		read := exec.Command(ffmpeg, "-v", "error", "-f", "yuv4mpegpipe", "-i", "-", "-f", "rawvideo", "-pix_fmt", "bgr24", "-")
		read.Stdin = &stream
		raw, err := read.Output()
		if err != nil || len(raw) != 2*33*17*3 {
			t.Fatalf("ffmpeg read %d bytes: %v", len(raw), err)
		}
		if raw[2] < 250 || raw[0] > 5 {
			t.Errorf("ffmpeg sees %v, not red", raw[:3])
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("YUV4MPEG2 W2 H2 F25:1\nFRAME Ip\n123456FRAME\n123456"))
	f.Add([]byte("YUV4MPEG2 W3 H1 F30000:1001 C422 XCOLORRANGE=FULL\nFRAME\n1234567"))
	f.Add([]byte("YUV4MPEG2 W2 H2 C420p10\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r, err := NewReader(bytes.NewReader(stream))
		if err != nil {
			return
		}
		h := r.Header()
		if h.Width*h.Height > 1<<16 {
			return
		}
		dst := frame.New(h.Width, h.Height)
		for {
			planes, err := r.ReadFrame()
			if err != nil {
				return
			}
			if err := h.Picture(dst, planes); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func BenchmarkColours(b *testing.B) {
	h := Header{Width: 640, Height: 480}
	f, planes := frame.New(640, 480), make([]byte, h.FrameSize())
	b.Run("to planes", func(b *testing.B) {
		for b.Loop() {
			_ = h.Planes(planes, f)
		}
	})
	b.Run("to picture", func(b *testing.B) {
		for b.Loop() {
			_ = h.Picture(f, planes)
		}
	})
}
