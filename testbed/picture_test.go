package testbed

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stylecam/card"
	"stylecam/frame"
	video "stylecam/v4l2"
)

// readers read n pictures of the virtual camera, as bytes of YUYV.
var readers = map[string]func(t *testing.T, n int) []byte{
	"v4l2-ctl": func(t *testing.T, n int) []byte {
		t.Helper()
		file := filepath.Join(t.TempDir(), "pictures.yuv")
		tool(t, "v4l2-ctl", "-d", virtual, fmt.Sprintf("--stream-mmap=%d", buffers), fmt.Sprintf("--stream-count=%d", n), "--stream-to="+file)
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return b
	},
	"ffmpeg": func(t *testing.T, n int) []byte {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		b, err := exec.CommandContext(ctx, "ffmpeg", "-loglevel", "error", "-f", "v4l2", "-i", virtual,
			"-frames:v", fmt.Sprint(n), "-f", "rawvideo", "-pix_fmt", "yuyv422", "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		return b
	},
}

// read reads n pictures by the given program.
func read(t *testing.T, reader string, n int) [][]byte {
	t.Helper()
	b := readers[reader](t, n)
	if len(b) != n*pictureSize {
		t.Fatalf("%s read %d bytes, want %d pictures of %d", reader, len(b), n, pictureSize)
	}
	var pictures [][]byte
	for ; len(b) > 0; b = b[pictureSize:] {
		pictures = append(pictures, b[:pictureSize])
	}
	return pictures
}

// decode makes a frame of a picture.
func decode(picture []byte) *frame.Frame {
	f := frame.New(width, height)
	for y := range height {
		video.UnpackYUYV(f.Row(y), picture[y*2*width:], video.SRGB601Limited)
	}
	return f
}

// encode makes a picture of a frame.
func encode(f *frame.Frame) []byte {
	picture := make([]byte, pictureSize)
	for y := range height {
		video.PackYUYV(picture[y*2*width:], f.Row(y))
	}
	return picture
}

// number is that of the test card in a picture, which must be this card to the last
// byte: a torn picture is none.
func number(t *testing.T, picture []byte) uint64 {
	t.Helper()
	seq, ok := card.ReadCode(decode(picture))
	if !ok {
		t.Fatal("the picture carries no number")
	}
	whole := frame.New(width, height)
	card.Test(whole, seq)
	want := encode(whole)
	for y := range height {
		if row := 2 * width * y; !bytes.Equal(picture[row:row+2*width], want[row:row+2*width]) {
			t.Fatalf("the picture is not the whole of card %d: row %d is another", seq, y)
		}
	}
	return seq
}

// At the usual rate. The driver writes on while a reader has a buffer, so each picture
// is judged by a copy of which is known that the driver had not come round to it.
func TestPicturesAreWholeAndInOrder(t *testing.T) {
	needMachine(t)
	const n = 60
	startFeed(t, "-camera card -fps 30")
	reader := newReader(t)
	begin := time.Now()
	first := reader.nextCard(after(0))
	last := first
	for judged, late := 0, 0; judged < n; {
		if time.Since(begin) > patience {
			t.Fatalf("%d pictures of %d could be judged, %d were read too late", judged, n, late)
		}
		picture, at := reader.next(recovery), reader.sequence
		if reader.skip(); reader.sequence-at >= buffers-1 {
			late++
			continue
		}
		judged++
		seq := number(t, picture)
		if seq < last {
			t.Fatalf("number %d comes after %d", seq, last)
		}
		last = seq
	}
	t.Logf("%.1f pictures a second were written", float64(last-first)/time.Since(begin).Seconds())
}

// By programs that pass buffers on and write them out later, ffmpeg when it has found
// out seconds later what it got: slowly enough that the driver does not write over them.
func TestPicturesAreWholeAndInOrderToOtherPrograms(t *testing.T) {
	needMachine(t)
	const n = 20
	startFeed(t, "-camera card -fps 5")
	for name := range readers {
		var first, last uint64
		for i, picture := range read(t, name, n) {
			seq := number(t, picture)
			if i == 0 {
				first = seq
			} else if seq < last {
				t.Fatalf("%s: picture %d carries number %d after %d", name, i, seq, last)
			}
			last = seq
		}
		if last-first < n/4 { // many come twice: the driver repeats when we are late
			t.Errorf("%s: %d pictures are of numbers %d to %d", name, n, first, last)
		}
	}
}

// bars are the colours of vivid's 100 % bars, from the left: blue, green, red.
var bars = [8][3]byte{
	{255, 255, 255}, {0, 255, 255}, {255, 255, 0}, {0, 255, 0}, {255, 0, 255}, {0, 0, 255}, {255, 0, 0}, {0, 0, 0},
}

func TestColoursAreRight(t *testing.T) {
	needMachine(t)
	control(t, "test_pattern=1,osd_text_mode=2")
	startFeed(t, "")
	for name := range readers {
		pix := decode(read(t, name, 2)[1]).Pix
		for i, want := range bars {
			at := 3 * (height/2*width + width*(2*i+1)/16)
			got := pix[at : at+3]
			for c := range 3 {
				if d := int(got[c]) - int(want[c]); d < -6 || d > 6 {
					t.Errorf("%s reads bar %d as %v, want %v", name, i, got, want)
					break
				}
			}
		}
	}
	said := tool(t, "v4l2-ctl", "-d", virtual, "--get-fmt-video", "--get-parm")
	for _, want := range []string{
		"320/180", "YUYV", "15.000",
		// Of what nobody has set it prints "Default (maps to ...)".
		"Colorspace        : sRGB\n", "Transfer Function : sRGB\n", "YCbCr/HSV Encoding: ITU-R 601\n", "Quantization      : Limited Range\n",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("readers are not told %q:\n%s", want, said)
		}
	}
}
