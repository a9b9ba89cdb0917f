package card

import (
	"image"
	"math"
	"strconv"

	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"stylecam/frame"
)

// Colour bars at 75 %, from the brightest to the darkest.
var bars = [...]colour{
	{191, 191, 191}, {0, 191, 191}, {191, 191, 0}, {0, 191, 0},
	{191, 0, 191}, {0, 0, 191}, {191, 0, 0}, {0, 0, 0},
}

// Test fills dst with frame seq of the test card, in bands from the top:
//
//	colour bars          wrong channel order or range shows here
//	grey ramp, 0 to 255  clipped or squeezed levels show here
//	a square on its way  torn, stalled or swapped frames show here
//	the frame number     for people
//	the frame number     for [ReadCode]
//
// The same seq gives the same picture.
func Test(dst *frame.Frame, seq uint64) {
	w, h := dst.Width, dst.Height
	at := func(part int) int { return h * part / 20 }

	for i, c := range bars {
		fill(dst, image.Rect(w*i/len(bars), 0, w*(i+1)/len(bars), at(8)), c)
	}
	ramp(dst, at(8), at(10))
	track := image.Rect(0, at(10), w, at(13))
	fill(dst, track, night)
	fill(dst, square(track, seq), amber)
	line := image.Rect(0, at(13), w, at(16))
	fill(dst, line, colour{})
	number(dst, line, seq)
	writeCode(dst, seq)
}

// ramp goes from black at the left edge to white at the right one.
func ramp(dst *frame.Frame, top, bottom int) {
	if top >= bottom {
		return
	}
	first := dst.Row(top)
	for x := range dst.Width {
		v := byte(255 * x / max(1, dst.Width-1))
		first[3*x], first[3*x+1], first[3*x+2] = v, v, v
	}
	for y := top + 1; y < bottom; y++ {
		copy(dst.Row(y), first)
	}
}

// square swings along its track, to and fro in two seconds of 30 frames.
func square(track image.Rectangle, seq uint64) image.Rectangle {
	const period = 60
	phase := 2 * math.Pi * float64(seq%period) / period
	side := track.Dy()
	x := int(math.Round(float64(track.Dx()-side) * (1 - math.Cos(phase)) / 2))
	return image.Rect(x, track.Min.Y, x+side, track.Max.Y)
}

// number writes seq as large as the line allows, in whole pixels of the fixed
// font: it stays sharp, and no font is set up for each frame.
func number(dst *frame.Frame, line image.Rectangle, seq uint64) {
	face := basicfont.Face7x13
	text := strconv.FormatUint(seq, 10)
	scale := max(1, min((line.Dy()-2)/face.Ascent, line.Dx()*9/10/(face.Advance*len(text))))
	left := line.Min.X + (line.Dx()-scale*face.Advance*len(text))/2
	top := line.Min.Y + (line.Dy()-scale*face.Ascent)/2
	for i, r := range text {
		drawScaled(dst, face, left+i*scale*face.Advance, top, scale, r)
	}
}

func drawScaled(dst *frame.Frame, face *basicfont.Face, left, top, scale int, r rune) {
	box, mask, at, _, ok := face.Glyph(fixed.Point26_6{}, r)
	if !ok {
		return
	}
	for y := range face.Ascent {
		for x := range box.Dx() {
			if _, _, _, a := mask.At(at.X+x, at.Y+y).RGBA(); a > 0 {
				px, py := left+x*scale, top+y*scale
				fill(dst, image.Rect(px, py, px+scale, py+scale), paper)
			}
		}
	}
}
