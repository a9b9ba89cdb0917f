package filter

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// ParseAlpha reads "α1,α2", or one number for both.
func ParseAlpha(s string) (Alpha, error) {
	low, high, two := strings.Cut(s, ",")
	a1, err := parseStrength(low)
	if err != nil {
		return Alpha{}, fmt.Errorf("alpha %q: %w", s, err)
	}
	if !two {
		return Alpha{a1, a1}, nil
	}
	a2, err := parseStrength(high)
	if err != nil {
		return Alpha{}, fmt.Errorf("alpha %q: %w", s, err)
	}
	return Alpha{a1, a2}, nil
}

func parseStrength(s string) (float32, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 32)
	if err != nil {
		return 0, fmt.Errorf("%q is no number; give one or two from 0 to %g, like 0.5,0.3", s, MaxAlpha)
	}
	if !(v >= 0 && v <= MaxAlpha) { // catches NaN too
		return 0, fmt.Errorf("%s is outside 0..%g", strings.TrimSpace(s), MaxAlpha)
	}
	return float32(v), nil
}

// String gives what ParseAlpha reads.
func (a Alpha) String() string { return fmt.Sprintf("%g,%g", a.Low, a.High) }

// ParseMix reads a style's name, or a blend "a:0.3,b:0.7". Weights are scaled to
// add up to 1; a name without one counts as much as 1 before scaling.
func ParseMix(s string) (Mix, error) {
	var mix Mix
	var sum float64
	for item := range strings.SplitSeq(s, ",") {
		name, weight := strings.TrimSpace(item), 1.0
		// The last colon, since a file's name may hold one.
		if i := strings.LastIndexByte(name, ':'); i >= 0 {
			v, err := strconv.ParseFloat(strings.TrimSpace(name[i+1:]), 64)
			if err == nil {
				name, weight = strings.TrimSpace(name[:i]), v
			}
		}
		if name == "" {
			return nil, fmt.Errorf("style %q: a name is missing; give NAME, or a blend like starry-night:0.3,scream:0.7", s)
		}
		if !(weight > 0 && weight <= 1e6) {
			return nil, fmt.Errorf("style %q: weight %g of %q is not above 0", s, weight, name)
		}
		mix = append(mix, Part{name, float32(weight)})
		sum += weight
	}
	if len(mix) > MaxParts {
		return nil, fmt.Errorf("style %q: a blend of %d, at most %d go together", s, len(mix), MaxParts)
	}
	for i := range mix {
		mix[i].Weight = max(float32(float64(mix[i].Weight)/sum), 1e-6)
	}
	return mix, nil
}

// String gives what ParseMix reads.
func (m Mix) String() string {
	if len(m) == 1 {
		return m[0].Name
	}
	parts := make([]string, len(m))
	for i, p := range m {
		parts[i] = fmt.Sprintf("%s:%.3g", p.Name, p.Weight)
	}
	return strings.Join(parts, ",")
}

// Equal tells whether both blends paint alike.
func (m Mix) Equal(n Mix) bool {
	if len(m) != len(n) {
		return false
	}
	for i := range m {
		if m[i] != n[i] {
			return false
		}
	}
	return true
}

// ParseColour reads "#rrggbb" into blue, green, red.
func ParseColour(s string) ([3]byte, error) {
	raw, err := hex.DecodeString(strings.TrimPrefix(s, "#"))
	if err != nil || len(raw) != 3 {
		return [3]byte{}, fmt.Errorf("colour %q is not of the form #00ff00", s)
	}
	return [3]byte{raw[2], raw[1], raw[0]}, nil
}

// names maps the command line's words onto an enumeration, both ways.
type names []string

func (n names) parse(what, s string) (uint8, error) {
	for i, name := range n {
		if name == s {
			return uint8(i), nil
		}
	}
	return 0, fmt.Errorf("%s %q is none of %s", what, s, strings.Join(n, ", "))
}

func (n names) name(i uint8) string {
	if int(i) >= len(n) {
		return strconv.Itoa(int(i))
	}
	return n[i]
}

var (
	composeNames = names{"fused", "paper"}
	qualityNames = names{"auto", "fast", "balanced", "best"}
	viewNames    = names{"painted", "original", "mask", "side"}
	fillNames    = names{"paint", "original", "blur", "color", "image"}
)

// ParseCompose reads "fused" or "paper".
func ParseCompose(s string) (Compose, error) {
	v, err := composeNames.parse("compose", s)
	return Compose(v), err
}

// ParseQuality reads "auto", "fast", "balanced" or "best".
func ParseQuality(s string) (Quality, error) {
	v, err := qualityNames.parse("quality", s)
	return Quality(v), err
}

// ParseView reads "painted", "original", "mask" or "side".
func ParseView(s string) (View, error) {
	v, err := viewNames.parse("view", s)
	return View(v), err
}

// ParseSmoothing reads "quick", "steady", or a number from 0 to 1.
func ParseSmoothing(s string) (float32, error) {
	switch s {
	case "quick":
		return Quick, nil
	case "steady":
		return Steady, nil
	}
	v, err := strconv.ParseFloat(s, 32)
	if err != nil || !(v >= 0 && v <= 1) {
		return 0, fmt.Errorf("smoothing %q is neither quick, steady, nor a number from 0 to 1", s)
	}
	return float32(v), nil
}

// ParseFill reads "paint", "original", "blur", "color:#00ff00" or "image:FILE".
// Of the last it returns the file's name: the caller decodes the picture and
// sets Fill.Picture.
func ParseFill(s string) (f Fill, file string, err error) {
	word, rest, has := strings.Cut(s, ":")
	kind, err := fillNames.parse("mode", word)
	if err != nil {
		return Fill{}, "", err
	}
	f.Kind = FillKind(kind)
	switch {
	case f.Kind == FillColour && has:
		f.Colour, err = ParseColour(rest)
		return f, "", err
	case f.Kind == FillPicture && rest != "":
		return f, rest, nil
	case f.Kind == FillColour || f.Kind == FillPicture:
		return Fill{}, "", fmt.Errorf("mode %q lacks what comes after the colon: color:#00ff00 or image:FILE", s)
	case has:
		return Fill{}, "", fmt.Errorf("mode %q: %s takes nothing after it", s, word)
	}
	return f, "", nil
}

func (c Compose) String() string  { return composeNames.name(uint8(c)) }
func (q Quality) String() string  { return qualityNames.name(uint8(q)) }
func (v View) String() string     { return viewNames.name(uint8(v)) }
func (k FillKind) String() string { return fillNames.name(uint8(k)) }
