package main

import (
	"testing"

	"stylecam/filter"
)

// The two panels that say SANet show its paintings, whatever fills the result.
func TestPanelsApartArePainted(t *testing.T) {
	params := filter.Defaults("scream")
	params.PersonStyle = filter.Mix{{Name: "kiss", Weight: 1}}
	params.PersonFill.Kind, params.BackgroundFill.Kind = filter.FillOriginal, filter.FillBlur
	background, person := apart(&params)
	for name, p := range map[string]filter.Params{"background": background, "person": person} {
		if p.PersonFill.Kind != filter.FillPaint || p.BackgroundFill.Kind != filter.FillPaint || p.Person != p.Background || p.PersonStyle != nil {
			t.Errorf("%s: %+v is not one painting", name, p)
		}
	}
	if background.Background != params.Background || !background.Style.Equal(params.Style) {
		t.Errorf("the background's panel is painted as %v, %v", background.Style, background.Background)
	}
	if person.Person != params.Person || !person.Style.Equal(params.PersonStyle) {
		t.Errorf("the person's panel is painted as %v, %v", person.Style, person.Person)
	}
}
