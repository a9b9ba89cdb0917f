package main

import (
	"context"
	"fmt"
	"image"

	"stylecam/card"
	"stylecam/filter"
	"stylecam/frame"
	"stylecam/output"
)

// fivePanels draws figure 1 of the paper: what goes in, the mask, what the
// background and what the person would be painted like, and what they make
// together.
func fivePanels(ctx context.Context, e *engine, photo *frame.Frame, params *filter.Params) (image.Image, error) {
	mask, err := maskAlone(ctx, e, photo, params)
	if err != nil {
		return nil, err
	}
	background, person := apart(params)
	panels := []card.Panel{
		{Picture: photo, Caption: "the photograph"},
		{Picture: greyFrame(mask.(*image.Gray)), Caption: "SegNet: the person's mask"},
		{Caption: fmt.Sprintf("SANet for the background: %s, α %s", background.Style, background.Background)},
		{Caption: fmt.Sprintf("SANet for the person: %s, α %s", person.Style, person.Person)},
		{Caption: fmt.Sprintf("composed by the mask (%s)", params.Compose)},
	}
	for i, settings := range []filter.Params{background, person, *params} {
		picture, err := e.relay.Apply(ctx, photo, &settings, new(filter.Trace))
		if err != nil {
			return nil, err
		}
		defer picture.Release()
		panels[2+i].Picture = picture
	}
	return output.Image(card.Panels(panels)), nil
}

// apart returns settings that paint all of the picture as the background's are, and
// all of it as the person's.
func apart(params *filter.Params) (background, person filter.Params) {
	background, person = *params, *params
	background.BackgroundFill, background.PersonFill = filter.Fill{}, filter.Fill{}
	background.Person, background.PersonStyle = params.Background, nil
	person.BackgroundFill, person.PersonFill = filter.Fill{}, filter.Fill{}
	person.Background, person.PersonStyle = params.Person, nil
	if len(params.PersonStyle) > 0 {
		person.Style = params.PersonStyle
	}
	return background, person
}

// greyFrame is a mask as a frame.
func greyFrame(mask *image.Gray) *frame.Frame {
	f := frame.New(mask.Rect.Dx(), mask.Rect.Dy())
	for y := range f.Height {
		row := f.Row(y)
		for x, v := range mask.Pix[y*mask.Stride:][:f.Width] {
			row[3*x], row[3*x+1], row[3*x+2] = v, v, v
		}
	}
	return f
}
