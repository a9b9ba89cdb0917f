// Package style holds what a painting leaves behind once the style encoder has
// seen it: keys and values that the painter attends to, frame after frame. The
// painting itself is not needed again.
//
// Styles are kept in .style files (file.go) and found by name in a Collection:
// those that come with the program, and the user's own.
package style

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"stylecam/filter"
)

// Tensors is a painting as SANet's attention sees it, at two levels of detail:
// for each of Tokens places of the painting a key, which the content's queries are
// compared with, and a value, which they fetch. Row-major, a row a token. Never
// changed once made: sessions and goroutines share them.
type Tensors struct {
	Tokens  int // T, places of the painting
	KeyDim  int // K, width of a key at both levels
	LowDim  int // C4, width of a value at a quarter of the frame's size
	HighDim int // C8, width of a value at an eighth

	LowKeys    []float32 // [T,K]
	LowValues  []float32 // [T,C4]
	HighKeys   []float32 // [T,K]
	HighValues []float32 // [T,C8]
}

// New returns tensors of the given widths, all zero.
func New(tokens, keyDim, lowDim, highDim int) *Tensors {
	return &Tensors{
		Tokens: tokens, KeyDim: keyDim, LowDim: lowDim, HighDim: highDim,
		LowKeys:    make([]float32, tokens*keyDim),
		LowValues:  make([]float32, tokens*lowDim),
		HighKeys:   make([]float32, tokens*keyDim),
		HighValues: make([]float32, tokens*highDim),
	}
}

// Clone returns a copy that shares no memory with t.
func (t *Tensors) Clone() *Tensors {
	c := *t
	c.LowKeys, c.LowValues = slices.Clone(t.LowKeys), slices.Clone(t.LowValues)
	c.HighKeys, c.HighValues = slices.Clone(t.HighKeys), slices.Clone(t.HighValues)
	return &c
}

// parts are the four matrices in the order in which files keep them.
func (t *Tensors) parts() [4][]float32 {
	return [4][]float32{t.LowKeys, t.LowValues, t.HighKeys, t.HighValues}
}

// validate says what is wrong with t.
func (t *Tensors) validate() error {
	if err := validateWidths(t.Tokens, t.KeyDim, t.LowDim, t.HighDim); err != nil {
		return err
	}
	widths := [4]int{t.KeyDim, t.LowDim, t.KeyDim, t.HighDim}
	for i, part := range t.parts() {
		if len(part) != t.Tokens*widths[i] {
			return fmt.Errorf("%d numbers where %d tokens of %d are", len(part), t.Tokens, widths[i])
		}
		for _, v := range part {
			if math.IsNaN(float64(v)) || v > maxHalf || v < -maxHalf {
				return fmt.Errorf("holds %g, which is no strength of a style", v)
			}
		}
	}
	return nil
}

func validateWidths(tokens, keyDim, lowDim, highDim int) error {
	for _, n := range [4]int{tokens, keyDim, lowDim, highDim} {
		if n < 1 || n > 4096 {
			return fmt.Errorf("widths %d, %d, %d, %d are not within 1..4096", tokens, keyDim, lowDim, highDim)
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
