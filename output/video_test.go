package output

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"stylecam/card"
	"stylecam/filter"
	"stylecam/frame"
)

// record writes n frames of the test card and closes the file.
func record(t testing.TB, path string, w, h int, n uint64, o Options) *Video {
	t.Helper()
	v, err := CreateVideo(path, o)
	if err != nil {
		t.Fatal(err)
	}
	for seq := range n {
		if err := v.Write(t.Context(), testCard(w, h, seq)); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	return v
}

// probed is what ffprobe knows of a file.
type probed struct {
	Streams []struct {
		Kind      string `json:"codec_type"`
		Codec     string `json:"codec_name"`
		Matrix    string `json:"color_space"`
		Range     string `json:"color_range"`
		Primaries string `json:"color_primaries"`
		Width     int
		Height    int
		Rate      string `json:"avg_frame_rate"`
		Frames    string `json:"nb_read_frames"`
		Start     string `json:"start_time"`
		Duration  string
	}
	Format struct{ Duration string }
}

func (p probed) seconds(t *testing.T) float64 {
	s, err := strconv.ParseFloat(p.Format.Duration, 64)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func probe(t *testing.T, path string) (p probed) {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", path).Output()
	if err == nil {
		err = json.Unmarshal(out, &p)
	}
	if err != nil {
		t.Fatalf("%s is not playable: %v", path, err)
	}
	return p
}

func TestVideo(t *testing.T) {
	needs(t, "ffmpeg")
	for _, test := range []struct {
		name          string
		w, h          int
		codec         string
		width, height int
	}{
		{"a.mp4", 320, 240, "h264", 320, 240},
		{"odd: 50% #1.mp4", 321, 239, "h264", 322, 240},
		{"a.MKV", 320, 240, "h264", 320, 240},
		{"a.avi", 320, 240, "mjpeg", 320, 240},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, test.name)
			v := record(t, path, test.w, test.h, 45, Options{FPS: 30, Policy: frame.Every})
			holds(t, dir, test.name)
			p := probe(t, path)
			s := p.Streams[0]
			if s.Codec == "mpeg4" && test.codec == "h264" {
				t.Log("this OpenCV encodes no H.264")
			} else if s.Codec != test.codec {
				t.Errorf("encoded as %s, want %s", s.Codec, test.codec)
			}
			if s.Width != test.width || s.Height != test.height || s.Frames != "45" || s.Rate != "30/1" {
				t.Errorf("the file has %dx%d, %s frames at %s", s.Width, s.Height, s.Frames, s.Rate)
			}
			if odd := test.w%2 == 1; odd != strings.Contains(strings.Join(v.Notes(), ""), "sides are even") {
				t.Errorf("notes %q", v.Notes())
			}
			pix := ffmpeg(t, nil, "-i", "file:"+path, "-vf", "crop="+strconv.Itoa(test.w)+":"+strconv.Itoa(test.h)+":0:0:exact=1")
			if len(pix) != 45*3*test.w*test.h {
				t.Fatalf("%d bytes decoded", len(pix))
			}
			for seq := range 45 {
				got := frame.New(test.w, test.h)
				got.Pix = pix[seq*len(got.Pix):][:len(got.Pix)]
				if n, ok := card.ReadCode(got); !ok || n != uint64(seq) {
					t.Fatalf("frame %d shows %d (%t)", seq, n, ok)
				}
				if d := shift(testCard(test.w, test.h, uint64(seq)), got); d > 3.5 { // OpenCV has FFmpeg convert quickly, which rounds down
					t.Fatalf("frame %d: colours are shifted by %.1f of 255", seq, d)
				}
			}
		})
	}
}

// shift returns the largest difference of any channel's mean over a patch of the
// card's colour bars or grey ramp: what a wrong range or matrix would change, and
// an encoder's noise does not.
func shift(want, got *frame.Frame) (worst float64) {
	const bars = 8
	for i := range bars {
		x := want.Width * (2*i + 1) / (2 * bars)
		for _, y := range []int{want.Height / 5, want.Height * 9 / 20} { // the bars, the ramp
			for c := range 3 {
				d := mean(want, x, y, c) - mean(got, x, y, c)
				worst = max(worst, d, -d)
			}
		}
	}
	return worst
}

func mean(f *frame.Frame, x, y, c int) float64 {
	const radius = 4
	sum := 0
	for v := y - radius; v <= y+radius; v++ {
		for u := x - radius; u <= x+radius; u++ {
			sum += int(f.Row(v)[3*u+c])
		}
	}
	return float64(sum) / ((2*radius + 1) * (2*radius + 1))
}

// Live, the file lasts as long as what it shows, and starts where it starts.
func TestVideoKeepsTime(t *testing.T) {
	needs(t, "ffmpeg")
	path := filepath.Join(t.TempDir(), "a.mp4")
	v, err := CreateVideo(path, Options{FPS: 25})
	if err != nil {
		t.Fatal(err)
	}
	for i, ms := range []int{0, 90, 200, 210, 220, 500, 1000, 1960} {
		f := testCard(64+i, 48, uint64(i)) // the size changes too
		f.Captured = epoch.Add(time.Duration(ms) * time.Millisecond)
		if err := v.Write(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	p := probe(t, path)
	if s := p.seconds(t); s < 1.95 || s > 2.05 || p.Streams[0].Frames != "50" {
		t.Errorf("two seconds at 25 fps became %g s of %s frames", s, p.Streams[0].Frames)
	}
}

func TestVideoThatIsNotWanted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.mp4")
	if err := os.WriteFile(path, []byte("what was there before"), 0o600); err != nil {
		t.Fatal(err)
	}
	record(t, path, 64, 48, 0, Options{}) // ended before the first picture
	v, err := CreateVideo(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Write(t.Context(), testCard(64, 48, 0)); err != nil {
		t.Fatal(err)
	}
	v.Abort()
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, "a.mp4")
	if old, err := os.ReadFile(path); err != nil || string(old) != "what was there before" {
		t.Errorf("the old file now holds %d bytes (%v)", len(old), err)
	}
}

// Interrupted, a run leaves what it has.
func TestInterruptedVideoIsPlayable(t *testing.T) {
	needs(t, "ffmpeg")
	path := filepath.Join(t.TempDir(), "a.mp4")
	v, err := CreateVideo(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for seq := range uint64(40) {
		if seq == 20 {
			cancel()
		}
		if err := v.Write(ctx, testCard(64, 48, seq)); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	if s := probe(t, path).Streams[0]; s.Frames != "40" {
		t.Errorf("%s frames", s.Frames)
	}
}

func TestWhereNoVideoCanBe(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder.mp4"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", filepath.Join(dir, "full.mp4")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path, want string
		is         error
	}{
		{path: "a.gif", want: "videos are written as .mp4, .mov, .mkv, .avi"},
		{path: filepath.Join(dir, "no", "a.mp4"), want: "there is no folder", is: filter.ErrMissing},
		{path: filepath.Join(dir, "folder.mp4"), want: "it is no file"},
		{path: filepath.Join(dir, "full.mp4"), want: "it is no file"},
		{path: "/proc/a.mp4", want: "in /proc; choose another folder", is: filter.ErrMissing}, // as root or not
	} {
		_, err := CreateVideo(test.path, Options{})
		if err == nil || !strings.Contains(err.Error(), test.want) || test.is != nil && !errors.Is(err, test.is) {
			t.Errorf("%s: error %v, want %q", test.path, err, test.want)
		}
	}
	holds(t, dir, "folder.mp4", "full.mp4")
}

func BenchmarkVideo(b *testing.B) {
	for _, ending := range []string{".mp4", ".avi"} {
		b.Run(ending[1:], func(b *testing.B) {
			v, err := CreateVideo(filepath.Join(b.TempDir(), "a"+ending), Options{Policy: frame.Every})
			if err != nil {
				b.Fatal(err)
			}
			var frames []*frame.Frame
			for seq := range uint64(60) {
				frames = append(frames, testCard(640, 480, seq))
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if err := v.Write(b.Context(), frames[n%len(frames)]); err != nil {
					b.Fatal(err)
				}
				n++
			}
			if err := v.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
