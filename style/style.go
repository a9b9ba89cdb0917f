// Package style holds what a painting leaves behind once the style encoder has
// seen it: keys and values that the painter attends to, frame after frame, and the
// tone of the whole. The painting itself is not needed again.
//
// Styles are kept in .style files (file.go) and found by name in a Collection:
// those that come with the program, and the user's own.
package style

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	"stylecam/filter"
)

// Tensors is a painting as SANet sees it. Its attention does so at two levels of
// detail: for each of Tokens places of the painting there is a key, which the
// content's queries are compared with, and a value, which they fetch; row-major, a
// row a token. Tone is of the whole: the means and spreads that the decoder's channels
// have in a painting in this style. Never changed once made: sessions and goroutines
// share them.
type Tensors struct {
	Widths

	LowKeys    []float32 // [T,K]
	LowValues  []float32 // [T,C4]
	HighKeys   []float32 // [T,K]
	HighValues []float32 // [T,C8]
	Tone       []float32 // [D]
}

// Widths are the sizes of a style's tensors, which a model chooses.
type Widths struct {
	Tokens  int `json:"tokens"`   // T, places of the painting
	KeyDim  int `json:"key_dim"`  // K, width of a key at both levels
	LowDim  int `json:"low_dim"`  // C4, width of a value at a quarter of the frame's size
	HighDim int `json:"high_dim"` // C8, width of a value at an eighth
	ToneDim int `json:"tone_dim"` // D, width of the tone
}

// New returns tensors of the given widths, all zero.
func New(w Widths) *Tensors {
	n := w.lengths()
	return &Tensors{
		Widths:     w,
		LowKeys:    make([]float32, n[0]),
		LowValues:  make([]float32, n[1]),
		HighKeys:   make([]float32, n[2]),
		HighValues: make([]float32, n[3]),
		Tone:       make([]float32, n[4]),
	}
}

// Parts are the five tensors in the order in which files keep them.
func (t *Tensors) Parts() [5][]float32 {
	return [5][]float32{t.LowKeys, t.LowValues, t.HighKeys, t.HighValues, t.Tone}
}

// lengths say how many numbers each of the parts is.
func (w Widths) lengths() [5]int {
	return [5]int{w.Tokens * w.KeyDim, w.Tokens * w.LowDim, w.Tokens * w.KeyDim, w.Tokens * w.HighDim, w.ToneDim}
}

// validate says what is wrong with t.
func (t *Tensors) validate() error {
	if err := t.Widths.validate(); err != nil {
		return err
	}
	lengths := t.lengths()
	for i, part := range t.Parts() {
		if len(part) != lengths[i] {
			return fmt.Errorf("%d numbers where %d are", len(part), lengths[i])
		}
		for _, v := range part {
			if math.IsNaN(float64(v)) || v > maxHalf || v < -maxHalf {
				return fmt.Errorf("holds %g, which is no strength of a style", v)
			}
		}
	}
	return nil
}

func (w Widths) validate() error {
	for _, n := range [5]int{w.Tokens, w.KeyDim, w.LowDim, w.HighDim, w.ToneDim} {
		if n < 1 || n > 4096 {
			return fmt.Errorf("widths %+v are not within 1..4096", w)
		}
	}
	return nil
}

// Style is a painting with its name, its origin, and what each model made of it.
type Style struct {
	Name    string // lower case with hyphens, like starry-night
	Artist  string
	Title   string
	Year    string // as a museum writes it: 1889, c. 1830
	Licence string
	Preview []byte // JPEG, at most MaxPreview; may be missing

	Sections []Section
}

// Section is what one model made of the painting.
type Section struct {
	Model   string // as the manifest names it
	Digest  string // sha256 of the encoder's graph, by which the makers of old ones are told
	Tensors *Tensors
}

// For returns the tensors that fit a model whose encoder has the given sha256.
func (s *Style) For(model, digest string) (*Tensors, error) {
	var other bool
	for _, section := range s.Sections {
		if section.Model != model {
			continue
		}
		if section.Digest == digest {
			return section.Tensors, nil
		}
		other = true
	}
	if other {
		return nil, fmt.Errorf("style %q: %w: made for another version of the model %q; make it again: stylecam styles add PICTURE", s.Name, filter.ErrInput, model)
	}
	return nil, fmt.Errorf("style %q: %w: not made for the model %q; make it again: stylecam styles add PICTURE", s.Name, filter.ErrInput, model)
}

var slug = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

const maxName = 64

func validateName(name string) error {
	if len(name) > maxName || !slug.MatchString(name) {
		return fmt.Errorf("%w: style name %q is not lower case letters, digits and hyphens, like starry-night", filter.ErrInput, name)
	}
	return nil
}

// Slug makes a style's name from a picture's title or file name; "" if nothing of
// it can stand in a name.
func Slug(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9')
	})
	name := strings.Join(words, "-")
	if len(name) > maxName {
		name = strings.TrimRight(name[:maxName], "-")
	}
	return name
}
