package filter

import (
	"errors"
	"fmt"
	"slices"

	"stylecam/frame"
)

// Params are the settings of one picture. A Params is never changed once it was
// handed over: whoever wants another sets a changed copy, which takes effect
// whole, at the next frame.
type Params struct {
	Style       Mix // paints the background, and the person unless PersonStyle is set
	PersonStyle Mix // empty: Style

	Background, Person Alpha // how much of the style each gets

	BackgroundFill, PersonFill Fill // what each is made of; the person is painted or original

	Compose   Compose
	Smoothing float32 // of the mask over time: 0 none, each alone; 1 all but frozen; see Quick and Steady
	Feather   float32 // width of the mask's soft edge, outward, in pixels of the frame: 0..64
	Detail    float32 // how much of the frame's fine luminance comes back: 0 none, 1 as tuned, at most 2
	Quality   Quality

	View   View
	Mirror bool // of what every output shows
	Blank  bool // a card instead of any picture, on every output
}

// Alpha holds the two strengths of style attention: F = F_content + α1·ΔF_low +
// α2·ΔF_high (Berezin and Volkova 2019). 0 gives the photograph, 1 the full
// painting, and a little more exaggerates it.
type Alpha struct{ Low, High float32 }

// MaxAlpha is the largest strength that the networks were trained to bear.
const MaxAlpha = 1.5

// Mix is a blend of styles: their parts add up to 1.
type Mix []Part

// Part is one style of a Mix.
type Part struct {
	Name   string
	Weight float32 // 0..1
}

// MaxParts bounds the styles of one Mix: each costs attention over its own tokens.
const MaxParts = 4

// Fill says what one layer of the picture, background or person, is made of.
type Fill struct {
	Kind    FillKind
	Colour  [3]byte      // blue, green, red, for FillColour
	Picture *frame.Frame // scaled to cover, for FillPicture
}

// FillKind is a way to fill a layer.
type FillKind uint8

// The fills. The zero value paints.
const (
	FillPaint    FillKind = iota // SANet's painting
	FillOriginal                 // the camera's own picture
	FillBlur                     // the camera's picture, out of focus
	FillColour                   // one colour: a key for chroma keyers
	FillPicture                  // a still
)

// Compose is how painting, person and background come together.
type Compose uint8

const (
	// Fused paints once with a map of alphas made from the mask: no seam.
	Fused Compose = iota
	// Paper paints person and background apart and lays one over the other by the
	// mask, as in figure 1 of the paper.
	Paper
)

// Quality chooses the size the networks work at.
type Quality uint8

// The qualities, from the cheapest. Auto moves along them to hold the frame rate.
const (
	Auto Quality = iota
	Fast
	Balanced
	Best
)

// View is what the picture shows.
type View uint8

const (
	// Painted is the product: the finished picture.
	Painted View = iota
	// Unfiltered is the source's own picture.
	Unfiltered
	// MaskOverlay tints what the mask calls background.
	MaskOverlay
	// SideBySide is the source's left half beside the painting's right half.
	SideBySide
)

// The two published settings of Smoothing: docs/results/lite.md has the flicker and
// the lag of masks.
const (
	Quick  float32 = 0.5 // follows the hand that waves
	Steady float32 = 0.8 // sits still with the one who sits still
)

// Defaults returns the settings of a fresh start, painting with one style. The
// person's alphas are those at which the face measure of docs/results still
// recognises everyone and the person is visibly painted.
func Defaults(style string) Params {
	return Params{
		Style:      Mix{{Name: style, Weight: 1}},
		Background: Alpha{1, 1},
		Person:     Alpha{0.5, 0.3},
		Smoothing:  Quick,
		Feather:    4,
		Detail:     1,
	}
}

// Validate says what is wrong with p, in the words of the command line.
func (p *Params) Validate() error {
	return errors.Join(
		within("background alpha", p.Background.Low, 0, MaxAlpha),
		within("background alpha", p.Background.High, 0, MaxAlpha),
		within("person alpha", p.Person.Low, 0, MaxAlpha),
		within("person alpha", p.Person.High, 0, MaxAlpha),
		within("smoothing", p.Smoothing, 0, 1),
		within("feather", p.Feather, 0, 64),
		within("detail", p.Detail, 0, 2),
		p.Style.validate("style", false),
		p.PersonStyle.validate("person style", true),
		p.PersonFill.validate("person", FillPaint, FillOriginal),
		p.BackgroundFill.validate("background", FillPaint, FillOriginal, FillBlur, FillColour, FillPicture),
	)
}

func within(what string, v, low, high float32) error {
	if v >= low && v <= high { // false for NaN
		return nil
	}
	return fmt.Errorf("%s is %g, outside %g..%g", what, v, low, high)
}

func (m Mix) validate(what string, mayBeEmpty bool) error {
	if len(m) == 0 && mayBeEmpty {
		return nil
	}
	if len(m) == 0 || len(m) > MaxParts {
		return fmt.Errorf("%s is a blend of %d, not of 1 to %d", what, len(m), MaxParts)
	}
	var sum float32
	for _, part := range m {
		if part.Name == "" || !(part.Weight > 0 && part.Weight <= 1) {
			return fmt.Errorf("%s %q has weight %g, outside 0..1", what, part.Name, part.Weight)
		}
		sum += part.Weight
	}
	if sum < 0.999 || sum > 1.001 {
		return fmt.Errorf("%s weights add up to %g, not to 1", what, sum)
	}
	return nil
}

func (f Fill) validate(what string, allowed ...FillKind) error {
	if !slices.Contains(allowed, f.Kind) {
		return fmt.Errorf("%s cannot be filled with %s", what, f.Kind)
	}
	if f.Kind == FillPicture && f.Picture == nil {
		return fmt.Errorf("%s is to be a picture, and there is none", what)
	}
	return nil
}
