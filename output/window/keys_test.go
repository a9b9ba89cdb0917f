package window

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stylecam/filter"
)

func TestKeysChangeSettings(t *testing.T) {
	styles := []string{"great-wave", "scream", "starry-night"}
	for _, test := range []struct {
		keys, toast string
		want        func(p *filter.Params)
	}{
		{"n", "style: starry-night", func(p *filter.Params) { p.Style[0].Name = "starry-night" }},
		{"N", "style: starry-night", func(p *filter.Params) { p.Style[0].Name = "starry-night" }},
		{"nn", "style: great-wave", func(p *filter.Params) { p.Style[0].Name = "great-wave" }},
		{"p", "style: great-wave", func(p *filter.Params) { p.Style[0].Name = "great-wave" }},
		{"pp", "style: starry-night", func(p *filter.Params) { p.Style[0].Name = "starry-night" }},
		{"[", "background 0.9, 0.9", func(p *filter.Params) { p.Background = filter.Alpha{Low: 0.9, High: 0.9} }},
		{"[[[[[[[[[[[[", "background 0.0, 0.0", func(p *filter.Params) { p.Background = filter.Alpha{} }},
		{"]]]]]]]]]", "background 1.5, 1.5", func(p *filter.Params) { p.Background = filter.Alpha{Low: 1.5, High: 1.5} }},
		{"{", "person 0.4, 0.2", func(p *filter.Params) { p.Person = filter.Alpha{Low: 0.4, High: 0.2} }},
		{"}}", "person 0.7, 0.5", func(p *filter.Params) { p.Person = filter.Alpha{Low: 0.7, High: 0.5} }},
		{" ", "filter off", func(p *filter.Params) { p.View = filter.Unfiltered }},
		{"  ", "filter on", func(*filter.Params) {}},
		{"m", "mask on", func(p *filter.Params) { p.View = filter.MaskOverlay }},
		{"mm", "mask off", func(*filter.Params) {}},
		{"mo", "side by side on", func(p *filter.Params) { p.View = filter.SideBySide }},
		{"m ", "filter off", func(p *filter.Params) { p.View = filter.Unfiltered }},
		{"b", "picture off", func(p *filter.Params) { p.Blank = true }},
		{"bb", "picture on", func(*filter.Params) {}},
	} {
		t.Run(test.keys, func(t *testing.T) {
			p, want := defaults(), defaults()
			test.want(&want)
			toast := ""
			for _, key := range test.keys {
				toast = find(key).params(&p, key, styles)
			}
			if toast != test.toast {
				t.Errorf("told %q, want %q", toast, test.toast)
			}
			if diff := cmp.Diff(want, p); diff != "" {
				t.Error(diff)
			}
			if err := p.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

func defaults() filter.Params {
	p := filter.Defaults("scream")
	p.Person = filter.Alpha{Low: 0.5, High: 0.3}
	return p
}

func TestStyleKeysWithoutAPlaceInTheList(t *testing.T) {
	for key, want := range map[rune]string{'n': "a", 'p': "b"} {
		p := filter.Defaults("/home/me/cat.jpg")
		if changeStyle(&p, key, []string{"a", "b"}); p.Style[0].Name != want {
			t.Errorf("%c leads to %s, want %s", key, p.Style[0].Name, want)
		}
	}
	p := filter.Defaults("only")
	if changeStyle(&p, 'n', nil); p.Style[0].Name != "only" {
		t.Error("a style was taken out of nothing")
	}
}

func TestEveryKeyIsBoundOnce(t *testing.T) {
	seen := ""
	for _, b := range bindings {
		for _, key := range b.codes {
			if strings.ContainsRune(seen, key) {
				t.Errorf("%q is bound twice", key)
			}
			seen += string(key)
			if find(key) == nil || (b.params == nil) == (b.local == noAction) {
				t.Errorf("%q does nothing, or two things", key)
			}
		}
	}
	for _, key := range []rune{-1, 0, 'z', '1', 0x1f600} {
		if find(key) != nil {
			t.Errorf("%d is bound", key)
		}
	}
}
