package style

import (
	"fmt"
	"strings"
)

// Transfer is how each place of the content chooses among a style's tokens. SANet's
// attention weighs them by how well their keys fit the place's query, softmax(q·k);
// the two ways before it, which the paper compares with, are its extremes:
//
//	keys x 0    all tokens alike: each place gets the same, the whole style's
//	            average, where AdaIN (Huang and Belongie 2017) takes its statistics
//	keys x 1    SANet (Park and Lee 2019)
//	keys x 64   the best token alone: the patch matching of Avatar-Net's style
//	            decorator (Sheng et al. 2018), without its whitening
//
// Values stay as they are, and so does the tone, which no place chooses. The networks
// were trained as SANet: the other two show what attention is worth, not how well they
// would do if trained for it.
type Transfer uint8

// The ways of transfer. The zero value is the program's own.
const (
	SANet Transfer = iota
	AdaIN
	Avatar
)

var (
	transferNames = [...]string{"sanet", "adain", "avatar"}
	sharpness     = [...]float32{1, 0, 64}
)

// ParseTransfer reads "sanet", "adain" or "avatar".
func ParseTransfer(s string) (Transfer, error) {
	for i, name := range transferNames {
		if name == s {
			return Transfer(i), nil
		}
	}
	return 0, fmt.Errorf("transfer %q is none of %s", s, strings.Join(transferNames[:], ", "))
}

// String gives what ParseTransfer reads.
func (t Transfer) String() string { return transferNames[t] }

// Of returns the style as t attends to it.
func (t Transfer) Of(s *Tensors) *Tensors {
	if t == SANet {
		return s
	}
	c := *s
	c.LowKeys, c.HighKeys = scaled(s.LowKeys, sharpness[t]), scaled(s.HighKeys, sharpness[t])
	return &c
}

func scaled(keys []float32, by float32) []float32 {
	out := make([]float32, len(keys))
	for i, k := range keys {
		out[i] = k * by
	}
	return out
}
