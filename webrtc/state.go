package webrtc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"stylecam/filter"
)

// state is filter.Params as the API tells it, in the words of the command line.
type state struct {
	Style          string  `json:"style"`           // NAME, or a blend NAME:0.3,NAME:0.7
	PersonStyle    string  `json:"person_style"`    // empty: style
	Background     alpha   `json:"background"`      // α1, α2
	Person         alpha   `json:"person"`          // α1, α2
	BackgroundMode string  `json:"background_mode"` // paint, original, blur, color:#rrggbb; image, as it was set
	PersonMode     string  `json:"person_mode"`     // paint, original
	Compose        string  `json:"compose"`         // fused, paper
	Smoothing      float32 `json:"smoothing"`       // 0..1
	Feather        float32 `json:"feather"`         // pixels, 0..64
	Detail         float32 `json:"detail"`          // 0..2
	Quality        string  `json:"quality"`         // auto, fast, balanced, best
	View           string  `json:"view"`            // painted, original, mask, side
	Mirror         bool    `json:"mirror"`
	Blank          bool    `json:"blank"`
}

// alpha is two numbers in JSON, neither more nor fewer.
type alpha [2]float32

func (a *alpha) UnmarshalJSON(data []byte) error {
	var values []float32
	if err := json.Unmarshal(data, &values); err != nil || len(values) != 2 {
		return errors.New("an alpha is two numbers, like [0.5, 0.3]")
	}
	*a = alpha(values)
	return nil
}

func stateOf(p *filter.Params) state {
	return state{
		Style:          p.Style.String(),
		PersonStyle:    p.PersonStyle.String(),
		Background:     alpha{p.Background.Low, p.Background.High},
		Person:         alpha{p.Person.Low, p.Person.High},
		BackgroundMode: fillName(p.BackgroundFill),
		PersonMode:     fillName(p.PersonFill),
		Compose:        p.Compose.String(),
		Smoothing:      p.Smoothing,
		Feather:        p.Feather,
		Detail:         p.Detail,
		Quality:        p.Quality.String(),
		View:           p.View.String(),
		Mirror:         p.Mirror,
		Blank:          p.Blank,
	}
}

func fillName(f filter.Fill) string {
	if f.Kind == filter.FillColour {
		return fmt.Sprintf("%s:#%02x%02x%02x", f.Kind, f.Colour[2], f.Colour[1], f.Colour[0])
	}
	return f.Kind.String()
}

// patch changes p by a JSON object that holds some of state's fields. On an error
// p is as it was.
func patch(p *filter.Params, data []byte) error {
	before := stateOf(p)
	after := before
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&after); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("settings: more than one JSON object")
	}
	changed := *p
	if err := errors.Join(
		set(before.Style, after.Style, &changed.Style, filter.ParseMix),
		set(before.PersonStyle, after.PersonStyle, &changed.PersonStyle, parsePersonStyle),
		set(before.BackgroundMode, after.BackgroundMode, &changed.BackgroundFill, parseFill),
		set(before.PersonMode, after.PersonMode, &changed.PersonFill, parseFill),
		set(before.Compose, after.Compose, &changed.Compose, filter.ParseCompose),
		set(before.Quality, after.Quality, &changed.Quality, filter.ParseQuality),
		set(before.View, after.View, &changed.View, filter.ParseView),
	); err != nil {
		return err
	}
	changed.Background = filter.Alpha{Low: after.Background[0], High: after.Background[1]}
	changed.Person = filter.Alpha{Low: after.Person[0], High: after.Person[1]}
	changed.Smoothing, changed.Feather, changed.Detail = after.Smoothing, after.Feather, after.Detail
	changed.Mirror, changed.Blank = after.Mirror, after.Blank
	if err := changed.Validate(); err != nil {
		return err
	}
	*p = changed
	return nil
}

// set parses a field that was changed; one that was not may hold what cannot be
// said in words (a backdrop's picture, a weight with many digits).
func set[T any](before, after string, dst *T, parse func(string) (T, error)) error {
	if before == after {
		return nil
	}
	v, err := parse(after)
	if err == nil {
		*dst = v
	}
	return err
}

func parsePersonStyle(s string) (filter.Mix, error) {
	if s == "" {
		return nil, nil
	}
	return filter.ParseMix(s)
}

// parseFill reads a mode, but for image: a file's name from the network would be
// a way to look at files.
func parseFill(s string) (filter.Fill, error) {
	f, file, err := filter.ParseFill(s)
	if err == nil && file != "" {
		return filter.Fill{}, errors.New("a picture for the background is set on the command line")
	}
	return f, err
}

// styles are the names that p paints with.
func styles(p *filter.Params) []string {
	var names []string
	for _, mix := range []filter.Mix{p.Style, p.PersonStyle} {
		for _, part := range mix {
			names = append(names, part.Name)
		}
	}
	return names
}
