package h264

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"stylecam/card"
	"stylecam/frame"
	"stylecam/webrtc/i420"
)

func newEncoder(tb testing.TB, width, height, kbps int) *Encoder {
	tb.Helper()
	e, err := NewEncoder(width, height, kbps)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(e.Close)
	return e
}

// encode codes n pictures of the test card.
func encode(tb testing.TB, e *Encoder, width, height, n int, key func(int) bool, got func(data []byte, isKey bool)) {
	tb.Helper()
	f := frame.New(width, height)
	var p i420.Picture
	for i := range n {
		card.Test(f, uint64(i))
		p.FromBGR(f)
		data, isKey, err := e.Encode(&p, int64(i)*3000, key(i))
		if err != nil {
			tb.Fatal(err)
		}
		got(data, isKey)
	}
}

// ffmpeg decodes the stream, takes it for what it says it is in, and the number
// in the picture and its colours are read.
func TestPicturesComeBackByFFmpeg(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed; scripts/setup.sh installs it")
	}
	for _, size := range [][2]int{{640, 480}, {641, 481}} {
		var stream bytes.Buffer
		e := newEncoder(t, size[0], size[1], 3000)
		encode(t, e, size[0], size[1], 20, func(i int) bool { return i == 0 }, func(data []byte, _ bool) { stream.Write(data) })
		dir := t.TempDir()
		in, out := filepath.Join(dir, "card.h264"), filepath.Join(dir, "card.bgr")
		if err := os.WriteFile(in, stream.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if text, err := exec.Command(ffmpeg, "-v", "error", "-i", in, "-vf", "select=eq(n\\,19)", "-f", "rawvideo", "-pix_fmt", "bgr24", out).CombinedOutput(); err != nil {
			t.Fatalf("ffmpeg: %v\n%s", err, text)
		}
		got := frame.New(640, 480)
		if got.Pix, err = os.ReadFile(out); err != nil || len(got.Pix) != 3*640*480 {
			t.Fatalf("%v: ffmpeg wrote %d bytes, %v", size, len(got.Pix), err)
		}
		if seq, ok := card.ReadCode(got); !ok || seq != 19 {
			t.Errorf("%v: the picture's number is %d, %v; want 19", size, seq, ok)
		}
		want := frame.New(size[0], size[1])
		card.Test(want, 19)
		for bar := range 8 {
			x := (2*bar + 1) * 640 / 16
			a, b := want.Row(100)[3*x:][:3], got.Row(100)[3*x:][:3]
			for i := range a {
				if d := int(a[i]) - int(b[i]); d < -6 || d > 6 {
					t.Errorf("%v: bar %d is %v, came back as %v", size, bar, a, b)
					break
				}
			}
		}
	}
}

func TestKeyFramesComeWhenAskedForAndOnlyThen(t *testing.T) {
	e := newEncoder(t, 320, 240, 800)
	var keys []int
	i := 0
	encode(t, e, 320, 240, 200, func(i int) bool { return i == 7 }, func(data []byte, isKey bool) {
		if isKey {
			keys = append(keys, i)
		}
		if len(data) == 0 {
			t.Errorf("frame %d was dropped in the encoder", i)
		}
		i++
	})
	if len(keys) != 2 || keys[0] != 0 || keys[1] != 7 {
		t.Errorf("key frames at %v, want 0 and 7", keys)
	}
	if err := e.SetRate(400); err != nil {
		t.Error(err)
	}
}

func TestWrongUseIsAnError(t *testing.T) {
	for _, size := range [][2]int{{0, 0}, {8, 480}, {8192, 480}} {
		if _, err := NewEncoder(size[0], size[1], 500); err == nil {
			t.Errorf("an encoder of %v", size)
		}
	}
	var p i420.Picture
	p.Resize(64, 64)
	if _, _, err := newEncoder(t, 320, 240, 500).Encode(&p, 0, true); err == nil {
		t.Error("a picture of another size was taken")
	}
}

func BenchmarkEncode(b *testing.B) {
	e := newEncoder(b, 640, 480, 1500)
	var pictures [16]i420.Picture
	f := frame.New(640, 480)
	for i := range pictures {
		card.Test(f, uint64(i))
		pictures[i].FromBGR(f)
	}
	b.ResetTimer()
	for i := range b.N {
		if _, _, err := e.Encode(&pictures[i%16], int64(i)*3000, i == 0); err != nil {
			b.Fatal(err)
		}
	}
}
