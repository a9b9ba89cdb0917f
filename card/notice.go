// Package card draws the pictures that no camera takes: notices to whoever
// watches ("camera lost, waiting"), and a moving test card that carries its own
// frame number for people and for programs. Pure Go, at any size.
package card

import (
	"image"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"stylecam/frame"
)

var (
	night = colour{40, 30, 26}    // the ground
	dusk  = colour{58, 45, 38}    // the band at the foot
	paper = colour{235, 240, 242} // titles
	mist  = colour{180, 172, 160} // text
	amber = colour{96, 176, 232}  // the program's mark
)

// Notice fills dst with a calm dark card: a title, some text below it, and the
// program's name. Text is wrapped between words and shrinks until it fits, down
// to what can still be read; what is too long even then ends in an ellipsis.
func Notice(dst *frame.Frame, title, text string) {
	w, h := dst.Width, dst.Height
	fill(dst, image.Rect(0, 0, w, h), night)

	// All measures follow the smaller side, so that a tall and a wide card are alike.
	unit := float64(min(w, h))
	margin := int(unit / 12)
	foot := int(unit / 8)
	fill(dst, image.Rect(0, h-foot, w, h), dusk)
	fill(dst, image.Rect(0, h-foot, w, h-foot+max(1, foot/24)), amber)
	name := newFace(gobold.TTF, max(unit/16, smallest))
	drawText(dst, name, margin, h-foot/2+name.Metrics().CapHeight.Ceil()/2, "stylecam", amber)

	box := image.Rect(margin, margin, w-margin, h-foot-margin/2)
	if box.Empty() {
		return
	}
	for size := unit / 9; ; size *= 0.9 {
		last := size*0.9 < smallest
		b := layOut(title, text, size, box.Dx())
		if b.height > box.Dy() && !last {
			continue
		}
		b.draw(dst, box)
		return
	}
}

// smallest is the size of type, in pixels, below which nobody can read it.
const smallest = 9

// block is a title and text, broken into lines for one size of type.
type block struct {
	title, text   font.Face
	titles, texts []string
	height        int
}

func layOut(title, text string, size float64, width int) block {
	b := block{title: newFace(gobold.TTF, max(size, smallest)), text: newFace(goregular.TTF, max(size*0.62, smallest))}
	b.titles = wrap(b.title, title, width)
	b.texts = wrap(b.text, text, width)
	b.height = len(b.titles)*lineHeight(b.title) + len(b.texts)*lineHeight(b.text)
	if len(b.titles) > 0 && len(b.texts) > 0 {
		b.height += b.gap()
	}
	return b
}

func (b block) gap() int { return lineHeight(b.text) / 2 }

// draw sets the block in the middle of the box's height, from its left edge.
func (b block) draw(dst *frame.Frame, box image.Rectangle) {
	y := box.Min.Y + max(0, (box.Dy()-b.height)/2)
	y = drawLines(dst, b.title, b.titles, box, y, paper)
	if len(b.titles) > 0 {
		y += b.gap()
	}
	drawLines(dst, b.text, b.texts, box, y, mist)
}

// drawLines writes lines from y downwards and returns where the next would begin.
// The last line for which there is room ends in an ellipsis if more would follow.
func drawLines(dst *frame.Frame, face font.Face, lines []string, box image.Rectangle, y int, c colour) int {
	step := lineHeight(face)
	for i, line := range lines {
		if y+step > box.Max.Y {
			break
		}
		if i+1 < len(lines) && y+2*step > box.Max.Y {
			room := box.Dx() - measure(face, "…")
			line = strings.TrimRight(line[:min(len(line), fit(face, line, room))], " ") + "…"
		}
		drawText(dst, face, box.Min.X, y+face.Metrics().Ascent.Ceil(), line, c)
		y += step
	}
	return y
}

func lineHeight(face font.Face) int { return face.Metrics().Height.Ceil() * 6 / 5 }
