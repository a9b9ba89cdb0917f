package capture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stylecam/card"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/y4m"
)

// cards is a y4m stream of test cards, numbered from first, 25 a second.
func cards(t *testing.T, width, height, first, count int) []byte {
	t.Helper()
	h := y4m.Header{Width: width, Height: height, Num: 25, Den: 1}
	var stream bytes.Buffer
	w, err := y4m.NewWriter(&stream, h)
	if err != nil {
		t.Fatal(err)
	}
	f, planes := frame.New(width, height), make([]byte, h.FrameSize())
	for n := range count {
		card.Test(f, uint64(first+n))
		if err := errors.Join(h.Planes(planes, f), w.WriteFrame(planes)); err != nil {
			t.Fatal(err)
		}
	}
	return stream.Bytes()
}

// ffmpeg runs ffmpeg into a file of the given name, and returns its path.
func ffmpeg(t *testing.T, name string, stdin []byte, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed: no video to read")
	}
	path := filepath.Join(t.TempDir(), name)
	cmd := exec.Command(program, append(append([]string{"-v", "error", "-y"}, args...), path)...)
	cmd.Stdin = bytes.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// numbers reads a source to its end and returns what the cards say.
func numbers(t *testing.T, s Source) []uint64 {
	t.Helper()
	var all []uint64
	var last time.Time
	for {
		f, err := s.Read(t.Context())
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		n, ok := card.ReadCode(f)
		if !ok {
			t.Fatalf("frame %d carries no number", f.Seq)
		}
		if f.Seq != uint64(len(all)) || !f.Captured.After(last) {
			t.Errorf("frame %d: number %d, time %v after %v", len(all), f.Seq, f.Captured, last)
		}
		if i := s.Info(); f.Width != i.Width || f.Height != i.Height {
			t.Fatalf("frame %d is %dx%d, the source %dx%d", f.Seq, f.Width, f.Height, i.Width, i.Height)
		}
		last = f.Captured
		all = append(all, n)
		f.Release()
	}
}

func wantNumbers(t *testing.T, got []uint64, want int) {
	t.Helper()
	if len(got) != want {
		t.Errorf("%d frames, want %d", len(got), want)
	}
	for i, n := range got {
		if n != uint64(i) {
			t.Fatalf("frame %d shows card %d", i, n)
		}
	}
}

func TestVideoGivesEveryFrameInOrder(t *testing.T) {
	stream := cards(t, 320, 240, 0, 50)
	for _, name := range []string{"a.mp4", "a.mkv", "a.webm", "a.avi", "a.mov", "a.y4m", "no-extension"} {
		t.Run(name, func(t *testing.T) {
			args := []string{"-i", "-", "-pix_fmt", "yuv420p"}
			if name == "no-extension" {
				args = append(args, "-f", "mp4")
			}
			s := open(t, Config{Input: ffmpeg(t, name, stream, args...)})
			if i := s.Info(); i.Width != 320 || i.Height != 240 || i.FPS != 25 || i.Camera || name != "a.y4m" && i.Frames != 50 {
				t.Errorf("info %+v", i)
			}
			wantNumbers(t, numbers(t, s), 50)
			if note := s.Info().Note; note != "" {
				t.Errorf("a whole file, but: %s", note)
			}
		})
	}
}

func TestVideoKeepsTheFilesTimes(t *testing.T) {
	// Frames 0 to 4 a second apart, as a screen recorder writes them.
	path := ffmpeg(t, "slow.mkv", cards(t, 160, 120, 0, 5), "-i", "-", "-vf", "setpts=N/TB", "-vsync", "vfr")
	s := open(t, Config{Input: path})
	begin := read(t, s).Captured
	for n := 1; n < 5; n++ {
		got := read(t, s).Captured.Sub(begin)
		if d := got - time.Duration(n)*time.Second; d.Abs() > 50*time.Millisecond {
			t.Errorf("frame %d comes at %v", n, got)
		}
	}
}

// Screen recorders leave out what does not move: fewer frames come than at the rate
// that the file announces, and nothing is cut off.
func TestVideoThatLeavesFramesOutIsWhole(t *testing.T) {
	for name, filter := range map[string]string{"some": "select='mod(n,4)'", "twenty seconds": "select='mod(n,4)',setpts='PTS+gte(N,25)*20/TB'"} {
		path := ffmpeg(t, "film.mkv", cards(t, 160, 120, 0, 50), "-i", "-", "-vf", filter, "-vsync", "passthrough")
		s := open(t, Config{Input: path})
		if got := len(numbers(t, s)); got != 37 || s.Info().Note != "" {
			t.Errorf("%s: %d frames, want 37; note %q", name, got, s.Info().Note)
		}
	}
}

// Three hours into a film ffmpeg's seconds have one digit after the point.
func TestLateFramesKeepTheirTimes(t *testing.T) {
	d := &decoding{times: make(chan time.Duration, 3), stopped: make(chan struct{})}
	const showinfo = "[Parsed_showinfo_0 @ 0x1] "
	told := showinfo + "config in time_base: 1/30, frame_rate: 30/1\n"
	for n := 370370; n < 370373; n++ {
		told += fmt.Sprintf(showinfo+"n:   0 pts: %6d pts_time:12345.7 pos: -1 fmt:yuv420p\n", n)
	}
	if err := d.listen(strings.NewReader(told)); err != nil {
		t.Fatal(err)
	}
	last := <-d.times
	for range 2 {
		at := <-d.times
		if step := at - last; step < 33*time.Millisecond || step > 34*time.Millisecond {
			t.Errorf("a frame comes %v after the one before, want a thirtieth of a second", step)
		}
		last = at
	}
}

// What browsers record has no rate: its ticks must not be taken for one.
func TestVideoWithoutARate(t *testing.T) {
	path := ffmpeg(t, "recorded.webm", cards(t, 160, 120, 0, 20), "-i", "-", "-vf", "setpts=N/25/TB+0.003*mod(N\\,2)/TB", "-vsync", "vfr", "-video_track_timescale", "1000")
	if fps := open(t, Config{Input: path}).Info().FPS; fps < 20 || fps > 60 {
		t.Errorf("%g frames a second", fps)
	}
}

// A GIF that stands still for a second between two pictures is not cut off, however
// few pictures its length would hold.
func TestAnimationIsWhole(t *testing.T) {
	path := ffmpeg(t, "slow.gif", cards(t, 160, 120, 0, 3), "-i", "-", "-vf", "setpts=N/TB")
	s := open(t, Config{Input: path})
	begin := read(t, s).Captured
	if gap := read(t, s).Captured.Sub(begin); (gap - time.Second).Abs() > 50*time.Millisecond {
		t.Errorf("the second picture comes after %v", gap)
	}
	read(t, s)
	if _, err := s.Read(t.Context()); err != io.EOF {
		t.Errorf("after the last picture: %v", err)
	}
	if note := s.Info().Note; note != "" {
		t.Errorf("a whole file, but: %s", note)
	}
}

func TestVideoEndsWithContext(t *testing.T) {
	path := ffmpeg(t, "a.mp4", cards(t, 160, 120, 0, 200), "-i", "-", "-pix_fmt", "yuv420p")
	ctx, cancel := context.WithCancel(t.Context())
	pool := new(frame.Pool)
	s, err := Open(ctx, Config{Input: path, Pool: pool})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for err == nil {
		var f *frame.Frame
		if f, err = s.Read(ctx); err == nil {
			f.Release()
		}
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Colours of high definition are weighted otherwise (BT.709).
func TestVideoColours(t *testing.T) {
	for _, matrix := range []string{"bt709", "smpte170m"} {
		path := ffmpeg(t, matrix+".mp4", nil, "-f", "lavfi", "-i", "color=0x00c000:rate=25", "-frames:v", "3",
			"-vf", "scale=320:240:out_color_matrix="+matrix+",format=yuv420p", "-colorspace", matrix)
		if p := read(t, open(t, Config{Input: path})).Row(100)[300:303]; p[0] > 6 || p[2] > 6 || p[1] < 186 || p[1] > 198 {
			t.Errorf("%s: green of 192 is %v", matrix, p)
		}
	}
}

func TestVideoLiveKeepsPace(t *testing.T) {
	s := open(t, Config{Input: ffmpeg(t, "a.mp4", cards(t, 160, 120, 0, 10), "-i", "-"), Live: true})
	begin := time.Now()
	wantNumbers(t, numbers(t, s), 10)
	if took := time.Since(begin); took < 340*time.Millisecond {
		t.Errorf("ten frames at 25 a second took %v", took)
	}
}

func TestVideoOfOddAndAskedSizes(t *testing.T) {
	path := ffmpeg(t, "odd.mkv", cards(t, 321, 241, 0, 3), "-i", "-", "-c:v", "ffv1", "-pix_fmt", "yuv444p")
	s := open(t, Config{Input: path})
	if i := s.Info(); i.Width != 321 || i.Height != 241 {
		t.Errorf("info %+v", i)
	}
	wantNumbers(t, numbers(t, s), 3)
	wantNumbers(t, numbers(t, open(t, Config{Input: path, Width: 642, Height: 482})), 3)
	wantNumbers(t, numbers(t, open(t, Config{Input: ffmpeg(t, "a.y4m", nil, "-i", path, "-pix_fmt", "yuv420p"), Width: 160, Height: 120})), 3)
}

func TestVideoThatChangesSize(t *testing.T) {
	small := ffmpeg(t, "a.ts", cards(t, 320, 240, 0, 20), "-i", "-", "-pix_fmt", "yuv420p", "-bf", "0")
	large := ffmpeg(t, "b.ts", cards(t, 640, 480, 20, 20), "-i", "-", "-pix_fmt", "yuv420p", "-bf", "0")
	both := filepath.Join(t.TempDir(), "both.ts")
	if err := os.WriteFile(both, append(slurp(t, small), slurp(t, large)...), 0o644); err != nil {
		t.Fatal(err)
	}
	s := open(t, Config{Input: both})
	if i := s.Info(); i.Width != 320 || i.Height != 240 {
		t.Errorf("info %+v", i)
	}
	got := numbers(t, s)
	if len(got) < 39 || got[len(got)-1] != 39 { // the frame at the seam may be lost
		t.Errorf("cards %v", got)
	}
}

func TestVideoCutOff(t *testing.T) {
	stream := cards(t, 320, 240, 0, 100)
	for name, args := range map[string][]string{
		"a.mp4": {"-movflags", "+faststart"},
		"a.mkv": nil,
		"a.avi": nil,
		"a.y4m": nil,
	} {
		t.Run(name, func(t *testing.T) {
			whole := slurp(t, ffmpeg(t, name, stream, append([]string{"-i", "-", "-pix_fmt", "yuv420p"}, args...)...))
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, whole[:len(whole)/2], 0o644); err != nil {
				t.Fatal(err)
			}
			s := open(t, Config{Input: path})
			// The pictures around the cut may be damaged or missing: only the end counts.
			count, err := 0, error(nil)
			for f := (*frame.Frame)(nil); err == nil; count++ {
				if f, err = s.Read(t.Context()); err == nil {
					f.Release()
				}
			}
			if err != io.EOF || count < 20 || count > 80 {
				t.Errorf("half a file of 100 frames gave %d, then %v", count, err)
			}
			// An AVI's length is guessed from what is there.
			if note := s.Info().Note; name != "a.avi" && !strings.Contains(note, "cut off") {
				t.Errorf("%d frames came, and nobody is told: %q", count, note)
			}
		})
	}
}

func TestVideoIsTurnedUpright(t *testing.T) {
	flat := ffmpeg(t, "flat.mp4", cards(t, 320, 240, 0, 5), "-i", "-", "-pix_fmt", "yuv420p")
	turned := ffmpeg(t, "turned.mp4", nil, "-i", flat, "-c", "copy", "-metadata:s:v:0", "rotate=90")
	s := open(t, Config{Input: turned})
	if i := s.Info(); i.Width != 240 || i.Height != 320 {
		t.Errorf("info %+v", i)
	}
	read(t, s)
}

func TestWhatIsNoVideo(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	mp4 := string(slurp(t, ffmpeg(t, "a.mp4", cards(t, 160, 120, 0, 30), "-i", "-")))
	for path, say := range map[string]string{
		file("text.mp4", strings.Repeat("this is no video\n", 100)): "no video",
		file("empty.mp4", ""):                                                              "empty",
		file("headless.mp4", mp4[len(mp4)/2:]):                                             "no video",
		file("no-index.mp4", mp4[:len(mp4)/2]):                                             "no video",
		file("one-byte", "x"):                                                              "no video",
		file("header-only.y4m", "YUV4MPEG2 W2 H2 F25:1\n"):                                 "no whole frame",
		file("deep.y4m", "YUV4MPEG2 W2 H2 F25:1 C420p10\nFRAME\n"):                         "420p10",
		ffmpeg(t, "sound.wav", nil, "-f", "lavfi", "-i", "sine=duration=1"):                "no video",
		ffmpeg(t, "sound.mp4", nil, "-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac"): "no video",
		filepath.Join(dir, "missing.mp4"):                                                  "no such file",
		dir:                                                                                "is a folder",
		"concat:" + file("a.mp4", mp4):                                                     "no such file",
		"http://localhost/a.mp4":                                                           "no such file",
	} {
		pool := new(frame.Pool)
		s, err := Open(t.Context(), Config{Input: path, Pool: pool})
		if err == nil {
			_, err = s.Read(t.Context())
			s.Close()
		}
		if !errors.Is(err, filter.ErrInput) || !strings.Contains(err.Error(), say) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v; want %q", path, err, say)
		}
		if n := pool.InUse(); n != 0 {
			t.Errorf("%s: %d frames left behind", path, n)
		}
	}
}

// A pipe can neither be read twice nor sought in.
func TestPipes(t *testing.T) {
	stream := cards(t, 160, 120, 0, 8)
	for name, content := range map[string][]byte{
		"y4m": stream,
		"mp4": slurp(t, ffmpeg(t, "a.mp4", stream, "-i", "-", "-pix_fmt", "yuv420p")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				defer w.Close()
				_, _ = w.Write(content)
			}()
			pool := new(frame.Pool)
			s, err := openPipe(t.Context(), r, Config{Input: "standard input", Pool: pool})
			if err != nil {
				t.Fatal(err)
			}
			wantNumbers(t, numbers(t, s), 8)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) > 0 || pool.InUse() > 0 {
				t.Errorf("left behind: %v, %d frames", left, pool.InUse())
			}
		})
	}
}

func slurp(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
