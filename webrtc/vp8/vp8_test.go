package vp8

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"stylecam/card"
	"stylecam/frame"
	"stylecam/webrtc/i420"
)

const step = 3000 // 1/30 s

// bars draws colour bars over a grey ramp.
func bars(f *frame.Frame) {
	colours := [8][3]byte{{255, 255, 255}, {0, 255, 255}, {255, 255, 0}, {0, 255, 0}, {255, 0, 255}, {0, 0, 255}, {255, 0, 0}, {0, 0, 0}}
	for y := range f.Height {
		row := f.Row(y)
		for x := range f.Width {
			c := colours[8*x/f.Width]
			if y >= f.Height/2 {
				grey := byte(255 * x / (f.Width - 1))
				c = [3]byte{grey, grey, grey}
			}
			copy(row[3*x:], c[:])
		}
	}
}

// encode codes n pictures and hands each to got.
func encode(tb testing.TB, e *Encoder, n int, draw func(f *frame.Frame, i int), key func(i int) bool, got func(data []byte, isKey bool)) {
	tb.Helper()
	f := frame.New(e.width, e.height)
	var p i420.Picture
	for i := range n {
		draw(f, i)
		p.FromBGR(f)
		data, isKey, err := e.Encode(&p, e.last+step, key(i))
		if err != nil {
			tb.Fatal(err)
		}
		got(data, isKey)
	}
}

func newEncoder(tb testing.TB, width, height, kbps int) *Encoder {
	tb.Helper()
	e, err := NewEncoder(width, height, kbps)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(e.Close)
	return e
}

func newDecoder(tb testing.TB) *Decoder {
	tb.Helper()
	d, err := NewDecoder()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(d.Close)
	return d
}

func never(int) bool   { return false }
func first(i int) bool { return i == 0 }

func TestBarsAndRampComeBackByOurDecoder(t *testing.T) {
	for _, size := range [][2]int{{640, 480}, {641, 483}} {
		e, d := newEncoder(t, size[0], size[1], 4000), newDecoder(t)
		want, got := frame.New(size[0], size[1]), frame.New(size[0], size[1])
		bars(want)
		var p i420.Picture
		encode(t, e, 20, func(f *frame.Frame, _ int) { bars(f) }, first, func(data []byte, _ bool) {
			if ok, err := d.Decode(data, &p); !ok || err != nil {
				t.Fatalf("decode: %v, %v", ok, err)
			}
		})
		if p.Width != size[0] || p.Height != size[1] {
			t.Fatalf("%v came back as %dx%d", size, p.Width, p.Height)
		}
		p.ToBGR(got)
		compareBars(t, want, got)
	}
}

// ffmpeg reads the stream, tells which range and matrix it takes it to be in, and
// turns it into RGB by its own means.
func TestBarsAndRampComeBackByFFmpeg(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed; scripts/setup.sh installs it")
	}
	e := newEncoder(t, 640, 480, 4000)
	ivf := binary.LittleEndian.AppendUint32([]byte("DKIF\x00\x00\x20\x00VP80\x80\x02\xe0\x01"), 30)
	ivf = binary.LittleEndian.AppendUint32(ivf, 1)
	ivf = append(ivf, make([]byte, 8)...)
	n := uint64(0)
	encode(t, e, 20, func(f *frame.Frame, _ int) { bars(f) }, first, func(data []byte, _ bool) {
		ivf = binary.LittleEndian.AppendUint32(ivf, uint32(len(data)))
		ivf = binary.LittleEndian.AppendUint64(ivf, n)
		ivf = append(ivf, data...)
		n++
	})
	dir := t.TempDir()
	in, out := filepath.Join(dir, "bars.ivf"), filepath.Join(dir, "bars.bgr")
	if err := os.WriteFile(in, ivf, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(ffmpeg, "-v", "error", "-i", in, "-vf", "select=eq(n\\,19),scale=in_color_matrix=bt601:in_range=limited",
		"-f", "rawvideo", "-pix_fmt", "bgr24", out)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, text)
	}
	want, got := frame.New(640, 480), frame.New(640, 480)
	bars(want)
	if got.Pix, err = os.ReadFile(out); err != nil || len(got.Pix) != len(want.Pix) {
		t.Fatalf("ffmpeg wrote %d bytes, %v; want %d", len(got.Pix), err, len(want.Pix))
	}
	compareBars(t, want, got)
}

// compareBars looks at the middle of each bar, and along the ramp.
func compareBars(t *testing.T, want, got *frame.Frame) {
	t.Helper()
	for bar := range 8 {
		x, y := (2*bar+1)*want.Width/16, want.Height/4
		near(t, "bar", want.Row(y)[3*x:][:3], got.Row(y)[3*x:][:3], 4)
	}
	for x := 8; x < want.Width-8; x += 8 {
		y := 3 * want.Height / 4
		near(t, "ramp", want.Row(y)[3*x:][:3], got.Row(y)[3*x:][:3], 6)
	}
}

func near(t *testing.T, what string, want, got []byte, within int) {
	t.Helper()
	for i := range want {
		if diff := int(want[i]) - int(got[i]); diff < -within || diff > within {
			t.Errorf("%s: %v came back as %v", what, want, got)
			return
		}
	}
}

// grain is a camera's noise, more than a frame of it.
var grain = sync.OnceValue(func() []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	g := make([]byte, 1<<20)
	for i := range g {
		g[i] = byte(rng.IntN(12))
	}
	return g
})

// noisy draws the test card with another part of the grain each time.
func noisy(f *frame.Frame, i int) {
	card.Test(f, uint64(i))
	g := grain()
	start := 3*i*7919 + i // no two frames alike, nor shifted by whole pixels
	for k := range f.Pix {
		f.Pix[k] = byte(min(255, int(f.Pix[k])+int(g[(start+k)%len(g)])))
	}
}

func TestRateIsHeldAndChangesWhileRunning(t *testing.T) {
	e := newEncoder(t, 640, 480, 1500)
	second := func() (kbps int) {
		encode(t, e, 60, noisy, never, func(data []byte, _ bool) { kbps += len(data) * 8 / 1000 })
		return kbps / 2
	}
	second() // the first key frame
	if kbps := second(); kbps < 1000 || kbps > 1900 {
		t.Errorf("%d kbit/s, asked for 1500", kbps)
	}
	if err := e.SetRate(3000); err != nil {
		t.Fatal(err)
	}
	second()
	if kbps := second(); kbps < 2100 || kbps > 3800 {
		t.Errorf("%d kbit/s, asked for 3000", kbps)
	}
}

func TestKeyFramesComeWhenAskedForAndOnlyThen(t *testing.T) {
	e := newEncoder(t, 320, 240, 800)
	var keys []int
	i := 0
	encode(t, e, 300, func(f *frame.Frame, i int) { card.Test(f, uint64(i)) },
		func(i int) bool { return i == 7 || i == 8 },
		func(data []byte, isKey bool) {
			if isKey {
				keys = append(keys, i)
				if w, h, ok := keyFrameSize(data); !ok || w != 320 || h != 240 {
					t.Errorf("key frame of %dx%d, %v", w, h, ok)
				}
			}
			if len(data) == 0 {
				t.Errorf("frame %d was dropped in the encoder", i)
			}
			i++
		})
	if len(keys) != 3 || keys[0] != 0 || keys[1] != 7 || keys[2] != 8 {
		t.Errorf("key frames at %v, want 0, 7 and 8", keys)
	}
}

func TestWrongUseIsAnError(t *testing.T) {
	if _, err := NewEncoder(0, 480, 1000); err == nil {
		t.Error("an encoder of no width")
	}
	if _, err := NewEncoder(20000, 480, 1000); err == nil {
		t.Error("an encoder of 20000 columns")
	}
	e := newEncoder(t, 64, 48, 100)
	var p i420.Picture
	p.Resize(32, 48)
	if _, _, err := e.Encode(&p, 1, false); err == nil {
		t.Error("a picture of another size was taken")
	}
	p.Resize(64, 48)
	if _, _, err := e.Encode(&p, 1, false); err != nil {
		t.Error(err)
	}
	if _, _, err := e.Encode(&p, 1, false); err == nil {
		t.Error("the same time twice was taken")
	}
}

func TestDecoderBearsAnything(t *testing.T) {
	huge := []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0xff, 0x3f, 0xff, 0x3f, 0}
	for name, data := range map[string][]byte{"nothing": nil, "one byte": {0}, "text": []byte("no picture at all"), "huge": huge} {
		d := newDecoder(t)
		var p i420.Picture
		if ok, err := d.Decode(data, &p); ok || len(p.Pix) > 0 {
			t.Errorf("%s was decoded: %v", name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	e, err := NewEncoder(32, 32, 100)
	if err != nil {
		f.Fatal(err)
	}
	defer e.Close()
	encode(f, e, 2, func(f *frame.Frame, i int) { card.Test(f, uint64(i)) }, first, func(data []byte, _ bool) {
		f.Add(append([]byte(nil), data...), append([]byte(nil), data...))
	})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		d := newDecoder(t)
		var p i420.Picture
		for _, data := range [][]byte{a, b, a} {
			if w, h, ok := keyFrameSize(data); ok && w*h > 1<<20 {
				return
			}
			_, _ = d.Decode(data, &p) // must not crash
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	for _, c := range []struct {
		name          string
		width, height int
		kbps          int
	}{{"480p", 640, 480, 1500}, {"720p", 1280, 720, 2500}} {
		b.Run(c.name, func(b *testing.B) {
			e := newEncoder(b, c.width, c.height, c.kbps)
			var pictures [16]i420.Picture
			f := frame.New(c.width, c.height)
			for i := range pictures {
				noisy(f, i)
				pictures[i].FromBGR(f)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				if _, _, err := e.Encode(&pictures[i%16], int64(i+1)*step, i == 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
