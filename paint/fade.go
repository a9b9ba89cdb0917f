package paint

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"stylecam/filter"
	"stylecam/style"
)

// fadeTime is how long one style takes to become another.
const fadeTime = 500 * time.Millisecond

// strongest is how many styles are kept of a fade that is sent elsewhere half way: by
// each layer, or one by each where the layers differ. Whoever leafs through the styles
// would otherwise have them all painted at once, each at its price; and TensorRT's
// engines take four, of which two are those that are faded to.
const strongest = 2

// part is one style's part in a picture: its weight in each layer, each adding up
// to 1 over all parts.
type part struct {
	name               string
	tensors            *style.Tensors
	person, background float32
}

// fader knows the styles at work, and lets them change over a moment, not at once:
// from one set of weights to another, by the time of the frames. Both sets go
// through SANet in one pass, as their shares of each place.
type fader struct {
	style, personStyle filter.Mix // as last asked for
	from, to, now      []part
	began              time.Time
}

// parts returns the styles of one frame.
func (d *fader) parts(p *filter.Params, at time.Time, find func(string) (*style.Tensors, error), still bool) ([]part, error) {
	if d.to == nil || !p.Style.Equal(d.style) || !p.PersonStyle.Equal(d.personStyle) {
		to, err := resolve(p, find)
		if err != nil {
			return nil, err
		}
		from := slices.Clone(d.now)
		if d.fading() {
			from = thin(from)
		}
		d.from, d.to, d.began = from, to, at
		d.style, d.personStyle = p.Style, p.PersonStyle
	}
	t := float32(at.Sub(d.began)) / float32(fadeTime)
	if still || len(d.from) == 0 || t >= 1 || t < 0 {
		d.from, d.now = nil, append(d.now[:0], d.to...)
		return d.now, nil
	}
	d.now = d.now[:0]
	for _, s := range d.from {
		add(&d.now, s, 1-t)
	}
	for _, s := range d.to {
		add(&d.now, s, t)
	}
	return d.now, nil
}

// fading tells whether the last parts were on their way.
func (d *fader) fading() bool { return len(d.from) > 0 }

// thin leaves the layers their strongest styles, their weights adding up to 1 again.
func thin(parts []part) []part {
	most := strongest
	if slices.ContainsFunc(parts, func(s part) bool { return s.person != s.background }) {
		most = strongest / 2
	}
	for _, weight := range []func(*part) *float32{
		func(s *part) *float32 { return &s.person },
		func(s *part) *float32 { return &s.background },
	} {
		slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(*weight(&b), *weight(&a)) })
		var sum float32
		for i := range parts {
			if i >= most {
				*weight(&parts[i]) = 0
			}
			sum += *weight(&parts[i])
		}
		for i := range parts {
			*weight(&parts[i]) /= sum
		}
	}
	return slices.DeleteFunc(parts, func(s part) bool { return s.person == 0 && s.background == 0 })
}

// resolve finds the tensors of a setting's styles.
func resolve(p *filter.Params, find func(string) (*style.Tensors, error)) ([]part, error) {
	var parts []part
	take := func(mix filter.Mix, person, background float32) error {
		for _, m := range mix {
			tensors, err := find(m.Name)
			if err != nil {
				return fmt.Errorf("style %q: %w", m.Name, err)
			}
			add(&parts, part{m.Name, tensors, person, background}, m.Weight)
		}
		return nil
	}
	if len(p.PersonStyle) == 0 {
		return parts, take(p.Style, 1, 1)
	}
	if err := take(p.Style, 0, 1); err != nil {
		return nil, err
	}
	return parts, take(p.PersonStyle, 1, 0)
}

// add puts s, times weight, into parts: one entry a style.
func add(parts *[]part, s part, weight float32) {
	i := slices.IndexFunc(*parts, func(q part) bool { return q.tensors == s.tensors })
	if i < 0 {
		*parts = append(*parts, part{name: s.name, tensors: s.tensors})
		i = len(*parts) - 1
	}
	(*parts)[i].person += weight * s.person
	(*parts)[i].background += weight * s.background
}
