// Package y4m reads and writes YUV4MPEG2, the streams of raw video that ffmpeg,
// mpv and x264 pass through pipes: one line of header, then frames of planes.
//
//	YUV4MPEG2 W640 H480 F30:1 Ip A1:1 C420jpeg XCOLORRANGE=LIMITED\n
//	FRAME\n  Y plane, U plane, V plane
//
// Eight bits a sample; colours by BT.601. Format: the yuv4mpeg(5) manual page of
// mjpegtools; XCOLORRANGE as ffmpeg writes it.
package y4m

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Chroma is how the colour planes are sampled.
type Chroma uint8

// The samplings. Where in its pixels a 4:2:0 sample sits (420jpeg, 420mpeg2,
// 420paldv) is not told apart.
const (
	C420 Chroma = iota // U and V at half the width and height, rounded up
	C422               // half the width
	C444               // full size
	Mono               // no U and V
)

// Header describes a stream.
type Header struct {
	Width, Height int
	Num, Den      int // frames a second as a fraction; 0:0 if the stream does not say
	Chroma        Chroma
	Full          bool // samples from 0 to 255; else Y from 16 to 235, U and V to 240
}

// maxPixels bounds a frame: what claims more is no video but an attack or a mistake.
const maxPixels = 1 << 26

// FPS is the rate as a number, 0 if the stream does not say.
func (h Header) FPS() float64 {
	if h.Num <= 0 || h.Den <= 0 {
		return 0
	}
	return float64(h.Num) / float64(h.Den)
}

// Rate sets Num and Den to a rate of frames a second, which is met to within a
// thousandth of a frame, or exactly for those of NTSC (30000:1001 and its kin).
func (h *Header) Rate(fps float64) {
	h.Num, h.Den = int(math.Round(fps*1000)), 1000
	for _, den := range []int{1, 1001} {
		num := math.Round(fps*float64(den)/1000) * 1000
		if den == 1 {
			num = math.Round(fps)
		}
		if math.Abs(num/float64(den)-fps) < 5e-4 {
			h.Num, h.Den = int(num), den
			return
		}
	}
}

// chromaSize is the size of each of the planes U and V.
func (h Header) chromaSize() (w, height int) {
	switch h.Chroma {
	case C420:
		return (h.Width + 1) / 2, (h.Height + 1) / 2
	case C422:
		return (h.Width + 1) / 2, h.Height
	case C444:
		return h.Width, h.Height
	}
	return 0, 0
}

// FrameSize is the length of a frame's planes in bytes.
func (h Header) FrameSize() int {
	w, height := h.chromaSize()
	return h.Width*h.Height + 2*w*height
}

var chromaNames = map[string]Chroma{
	"420": C420, "420jpeg": C420, "420mpeg2": C420, "420paldv": C420,
	"422": C422, "444": C444, "mono": Mono,
}

var chromaTags = [...]string{C420: "420jpeg", C422: "422", C444: "444", Mono: "mono"}

// String is the stream's first line, without its end.
func (h Header) String() string {
	colours := "LIMITED"
	if h.Full {
		colours = "FULL"
	}
	return fmt.Sprintf("%s W%d H%d F%d:%d Ip A1:1 C%s XCOLORRANGE=%s",
		Magic, h.Width, h.Height, h.Num, h.Den, chromaTags[h.Chroma], colours)
}

// Magic is what every stream begins with.
const Magic = "YUV4MPEG2"

// parseHeader reads the first line.
func parseHeader(line string) (Header, error) {
	fields := strings.Fields(line)
	if len(fields) == 0 || fields[0] != Magic {
		return Header{}, fmt.Errorf("is no y4m stream: it does not begin with %s", Magic)
	}
	var h Header
	for _, field := range fields[1:] {
		value := field[1:]
		var err error
		switch field[0] {
		case 'W':
			h.Width, err = strconv.Atoi(value)
		case 'H':
			h.Height, err = strconv.Atoi(value)
		case 'F':
			h.Num, h.Den, err = parseRatio(value)
		case 'C':
			chroma, ok := chromaNames[value]
			if !ok {
				return Header{}, fmt.Errorf("has sampling %q; write it as 8 bits of 420, 422, 444 or mono (ffmpeg: -pix_fmt yuv420p)", value)
			}
			h.Chroma = chroma
		case 'X':
			if value == "COLORRANGE=FULL" {
				h.Full = true
			}
		}
		if err != nil {
			return Header{}, fmt.Errorf("has a damaged header: %q", field)
		}
	}
	return h, h.check()
}

func parseRatio(s string) (num, den int, err error) {
	a, b, ok := strings.Cut(s, ":")
	if !ok {
		return 0, 0, errors.New("no ratio")
	}
	if num, err = strconv.Atoi(a); err != nil {
		return 0, 0, err
	}
	if den, err = strconv.Atoi(b); err != nil {
		return 0, 0, err
	}
	return num, den, nil
}

func (h Header) check() error {
	if h.Width < 1 || h.Height < 1 || h.Width > maxPixels/h.Height {
		return fmt.Errorf("has frames of %dx%d pixels, which is not from 1 to %d million", h.Width, h.Height, maxPixels/1_000_000)
	}
	if int(h.Chroma) >= len(chromaTags) {
		return fmt.Errorf("has unknown sampling %d", h.Chroma)
	}
	return nil
}
