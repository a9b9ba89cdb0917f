package card

import (
	"fmt"
	"image"
	"strings"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"stylecam/frame"
)

// colour is blue, green, red.
type colour [3]byte

// fill paints a rectangle, as much of it as lies in the frame.
func fill(dst *frame.Frame, r image.Rectangle, c colour) {
	r = r.Intersect(image.Rect(0, 0, dst.Width, dst.Height))
	if r.Empty() {
		return
	}
	first := dst.Row(r.Min.Y)[3*r.Min.X : 3*r.Max.X]
	for i := 0; i < len(first); i += 3 {
		copy(first[i:], c[:])
	}
	for y := r.Min.Y + 1; y < r.Max.Y; y++ {
		copy(dst.Row(y)[3*r.Min.X:], first)
	}
}

// newFace opens one of the Go fonts, which are part of the program, at a size in
// pixels; that it fails would be a fault of the build.
func newFace(ttf []byte, pixels float64) font.Face {
	parsed, err := opentype.Parse(ttf)
	if err == nil {
		var face font.Face
		// At 72 dots an inch a point is a pixel.
		face, err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: pixels, DPI: 72, Hinting: font.HintingFull})
		if err == nil {
			return face
		}
	}
	panic(fmt.Sprintf("card: the built-in font: %v", err))
}

// drawText writes s with its baseline beginning at (x, y).
func drawText(dst *frame.Frame, face font.Face, x, y int, s string, c colour) {
	dot := fixed.P(x, y)
	for _, r := range s {
		box, mask, at, advance, ok := face.Glyph(dot, r)
		if ok {
			blend(dst, box, mask, at, c)
		}
		dot.X += advance
	}
}

// blend lays c over the frame through a glyph's mask.
func blend(dst *frame.Frame, box image.Rectangle, mask image.Image, at image.Point, c colour) {
	inside := box.Intersect(image.Rect(0, 0, dst.Width, dst.Height))
	for y := inside.Min.Y; y < inside.Max.Y; y++ {
		row := dst.Row(y)
		for x := inside.Min.X; x < inside.Max.X; x++ {
			_, _, _, a := mask.At(at.X+x-box.Min.X, at.Y+y-box.Min.Y).RGBA()
			for i, v := range c {
				p := &row[3*x+i]
				*p = byte((uint32(*p)*(0xffff-a) + uint32(v)*a + 0x7fff) / 0xffff)
			}
		}
	}
}

// wrap breaks s into lines of at most width pixels, between words where there is
// a choice. Line breaks in s are kept.
func wrap(face font.Face, s string, width int) []string {
	var lines []string
	for paragraph := range strings.Lines(s) {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			switch joined := line + " " + word; {
			case line == "":
				line = word
			case measure(face, joined) <= width:
				line = joined
			default:
				lines = append(lines, line)
				line = word
			}
			for measure(face, line) > width {
				n := fit(face, line, width)
				lines = append(lines, line[:n])
				line = line[n:]
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// fit returns how many bytes of s fill a line: whole characters, one at least.
func fit(face font.Face, s string, width int) int {
	_, end := utf8.DecodeRuneInString(s)
	for i, r := range s {
		next := i + utf8.RuneLen(r)
		if r == utf8.RuneError {
			next = i + 1
		}
		if next > end && measure(face, s[:next]) > width {
			break
		}
		end = max(end, next)
	}
	return end
}

func measure(face font.Face, s string) int { return font.MeasureString(face, s).Ceil() }
