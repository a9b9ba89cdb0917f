package infer

import (
	"fmt"

	"stylecam/style"
)

// Styles are the tensors of some styles where a graph reads or writes them: each holds
// all the styles' part, one after the other, in the order of [style.Tensors.Parts].
type Styles [5][]float32

// StylesIn are inputs of the host's memory, as of [In].
func StylesIn(c *Call, styles int, w style.Widths) Styles {
	return newStyles(&c.binding, newInput[float32], styles, w)
}

func newStyles(b *binding, tensor func(*binding, string, ...int) []float32, styles int, w style.Widths) Styles {
	return Styles{
		tensor(b, "low_keys", styles, w.Tokens, w.KeyDim),
		tensor(b, "low_values", styles, w.Tokens, w.LowDim),
		tensor(b, "high_keys", styles, w.Tokens, w.KeyDim),
		tensor(b, "high_values", styles, w.Tokens, w.HighDim),
		tensor(b, "tone", styles, w.ToneDim),
	}
}

// Set copies the styles in.
func (s *Styles) Set(styles []*style.Tensors) {
	for i, from := range styles {
		for k, part := range from.Parts() {
			copy(s[k][i*len(part):], part)
		}
	}
}

// stylePorts are the tensors of styles, as outputs of the encoder or inputs of the
// painter.
func stylePorts(output bool) []port {
	rows, row := []int64{free, fixed, fixed}, []int64{free, fixed}
	return []port{
		{name: "low_keys", element: float32s, dims: rows, output: output},
		{name: "low_values", element: float32s, dims: rows, output: output},
		{name: "high_keys", element: float32s, dims: rows, output: output},
		{name: "high_values", element: float32s, dims: rows, output: output},
		{name: "tone", element: float32s, dims: row, output: output},
	}
}

// styleWidths are those of the styles that a graph was made for.
func styleWidths(t described) (style.Widths, error) {
	w := style.Widths{
		Tokens: int(t["low_keys"][1]), KeyDim: int(t["low_keys"][2]),
		LowDim: int(t["low_values"][2]), HighDim: int(t["high_values"][2]),
		ToneDim: int(t["tone"][1]),
	}
	for _, name := range []string{"low_values", "high_keys", "high_values"} {
		if int(t[name][1]) != w.Tokens {
			return style.Widths{}, fmt.Errorf("%s has %d tokens, low_keys has %d", name, t[name][1], w.Tokens)
		}
	}
	if int(t["high_keys"][2]) != w.KeyDim {
		return style.Widths{}, fmt.Errorf("high_keys are %d wide, low_keys %d", t["high_keys"][2], w.KeyDim)
	}
	return w, nil
}
