package paint

import (
	"stylecam/blend"
	"stylecam/filter"
)

// plan is what one frame's picture takes.
type plan struct {
	background, person blend.Layer // their paintings are still to be made
	mask               bool        // the layers differ, or the mask is to be shown
	fused              bool        // both layers are painted in one pass
	mirror             bool
}

// planFor reads the settings of a picture. Nothing is inferred that it does not
// show: a layer that is painted at alpha 0 is the frame, and layers that are alike
// need no mask.
func planFor(p *filter.Params) plan {
	do := plan{mirror: p.Mirror}
	switch p.View {
	case filter.Unfiltered:
		do.background.Kind, do.person.Kind = blend.Original, blend.Original
		return do
	case filter.MaskOverlay:
		do.background.Kind, do.person.Kind, do.mask = blend.Original, blend.Original, true
		return do
	}
	do.background = layer(p.BackgroundFill, p.Background, p.Detail)
	do.person = layer(p.PersonFill, p.Person, p.Detail)
	back, front := do.background.Kind, do.person.Kind
	if back == blend.Painted && front == blend.Painted {
		bare := filter.Alpha{}
		switch {
		case p.Background == bare && p.Person == bare:
			do.background.Kind, do.person.Kind = blend.Original, blend.Original
		case p.Background == p.Person && (len(p.PersonStyle) == 0 || p.PersonStyle.Equal(p.Style)):
			// One layer: the background is all of it.
		default:
			do.mask = true
		}
		do.fused = do.mask && p.Compose == filter.Fused
		return do
	}
	do.background.Kind, do.person.Kind = bareIsOriginal(back, p.Background), bareIsOriginal(front, p.Person)
	do.mask = do.background.Kind != blend.Original || do.person.Kind != blend.Original
	return do
}

func bareIsOriginal(k blend.Kind, a filter.Alpha) blend.Kind {
	if k == blend.Painted && a == (filter.Alpha{}) {
		return blend.Original
	}
	return k
}

// kinds of layer by the settings' kinds of fill.
var kinds = map[filter.FillKind]blend.Kind{
	filter.FillPaint:    blend.Painted,
	filter.FillOriginal: blend.Original,
	filter.FillBlur:     blend.Blurred,
	filter.FillColour:   blend.Plain,
	filter.FillPicture:  blend.Picture,
}

func layer(f filter.Fill, a filter.Alpha, detail float32) blend.Layer {
	return blend.Layer{
		Kind:   kinds[f.Kind],
		Finish: blend.FinishOf(a.Low, a.High, detail),
		Colour: f.Colour,
		Still:  f.Picture,
	}
}

// paints tells whether SANet has to run.
func (do plan) paints() bool {
	return do.background.Kind == blend.Painted || do.person.Kind == blend.Painted
}

// paintsPersonApart tells whether the person is painted by itself.
func (do plan) paintsPersonApart() bool {
	return do.mask && !do.fused && do.person.Kind == blend.Painted
}

// nothing tells whether the picture is the frame.
func (do plan) nothing() bool { return !do.mask && !do.paints() && !do.mirror }
