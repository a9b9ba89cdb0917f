package window

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"stylecam/filter"
)

// What a key does is a pure function of the settings, so that it can be tested
// without a window. Each binding changes the settings of the picture (params) or
// something of this window alone (local).
type binding struct {
	keys   string // what they are called in the help
	codes  string // the characters they send
	help   string
	params func(p *filter.Params, key rune, styles []string) (toast string)
	local  action
}

// action is what a key does to the window.
type action int

const (
	noAction action = iota
	flip
	snapshot
	statistics
	help
	quit
)

const (
	escape = 27
	step   = 0.1 // of an alpha, for a key press
)

var bindings = []binding{
	{keys: "n  p", codes: "np", help: "next, previous style", params: changeStyle},
	{keys: "[  ]", codes: "[]", help: "less, more style on the background", params: changeBackground},
	{keys: "{  }", codes: "{}", help: "less, more style on the person", params: changePerson},
	{keys: "space", codes: " ", help: "filter off and on", params: toggleFilter},
	{keys: "b", codes: "b", help: "blank: nobody sees a picture", params: toggleBlank},
	{keys: "m", codes: "m", help: "show the mask", params: toggleView(filter.MaskOverlay, "mask")},
	{keys: "o", codes: "o", help: "original beside the painting", params: toggleView(filter.SideBySide, "side by side")},
	{keys: "f", codes: "f", help: "mirror this window, or not", local: flip},
	{keys: "s", codes: "s", help: "save a snapshot", local: snapshot},
	{keys: "i", codes: "i", help: "statistics", local: statistics},
	{keys: "h", codes: "h", help: "this help", local: help},
	{keys: "q  Esc", codes: "q\x1b", help: "quit", local: quit},
}

// find returns what a key is bound to, nil if to nothing. Letters count alike
// with the shift lock on.
func find(key rune) *binding {
	if key >= 'A' && key <= 'Z' {
		key += 'a' - 'A'
	}
	for i := range bindings {
		if key > 0 && strings.ContainsRune(bindings[i].codes, key) {
			return &bindings[i]
		}
	}
	return nil
}

func helpLines() []string {
	var lines []string
	for _, b := range bindings {
		lines = append(lines, b.keys+"\t"+b.help)
	}
	return lines
}

func changeStyle(p *filter.Params, key rune, styles []string) string {
	if len(styles) == 0 {
		return "no other style"
	}
	at := -1 // a style that is not in the list, like a file: before the first
	if len(p.Style) > 0 {
		at = slices.Index(styles, p.Style[0].Name)
	}
	if key == 'n' || key == 'N' {
		at++
	} else {
		at = max(at, 0) - 1
	}
	name := styles[(at+len(styles))%len(styles)]
	p.Style = filter.Mix{{Name: name, Weight: 1}}
	return "style: " + name
}

func changeBackground(p *filter.Params, key rune, _ []string) string {
	p.Background = shift(p.Background, key == ']')
	return fmt.Sprintf("background %.1f, %.1f", p.Background.Low, p.Background.High)
}

func changePerson(p *filter.Params, key rune, _ []string) string {
	p.Person = shift(p.Person, key == '}')
	return fmt.Sprintf("person %.1f, %.1f", p.Person.Low, p.Person.High)
}

// shift moves both alphas by a step, within what is allowed.
func shift(a filter.Alpha, up bool) filter.Alpha {
	move := func(v float32) float32 {
		d := -step
		if up {
			d = step
		}
		moved := math.Round((float64(v)+d)*100) / 100 // 0.3, not 0.30000001
		return float32(min(max(moved, 0), filter.MaxAlpha))
	}
	return filter.Alpha{Low: move(a.Low), High: move(a.High)}
}

func toggleFilter(p *filter.Params, _ rune, _ []string) string {
	if p.View == filter.Unfiltered {
		p.View = filter.Painted
		return "filter on"
	}
	p.View = filter.Unfiltered
	return "filter off"
}

func toggleBlank(p *filter.Params, _ rune, _ []string) string {
	p.Blank = !p.Blank
	if p.Blank {
		return "picture off"
	}
	return "picture on"
}

func toggleView(v filter.View, name string) func(*filter.Params, rune, []string) string {
	return func(p *filter.Params, _ rune, _ []string) string {
		if p.View == v {
			p.View = filter.Painted
			return name + " off"
		}
		p.View = v
		return name + " on"
	}
}
