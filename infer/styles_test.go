package infer

import (
	"strings"
	"testing"

	"stylecam/style"
)

func TestWidthsOfStylesMustAgree(t *testing.T) {
	graph := func() described {
		return described{
			"low_keys": {-1, 4, 2}, "low_values": {-1, 4, 3}, "high_keys": {-1, 4, 2}, "high_values": {-1, 4, 6}, "tone": {-1, 5},
		}
	}
	want := style.Widths{Tokens: 4, KeyDim: 2, LowDim: 3, HighDim: 6, ToneDim: 5}
	if got, err := styleWidths(graph()); err != nil || got != want {
		t.Fatalf("%+v, %v; want %+v", got, err, want)
	}
	for _, c := range []struct {
		tensor    string
		axis      int
		complaint string
	}{
		{"low_values", 1, "low_values has 9 tokens, low_keys has 4"},
		{"high_keys", 1, "high_keys has 9 tokens, low_keys has 4"},
		{"high_values", 1, "high_values has 9 tokens, low_keys has 4"},
		{"high_keys", 2, "high_keys are 9 wide, low_keys 2"},
	} {
		odd := graph()
		odd[c.tensor][c.axis] = 9
		if _, err := styleWidths(odd); err == nil || !strings.Contains(err.Error(), c.complaint) {
			t.Errorf("%s with 9 on axis %d: %v; want %q", c.tensor, c.axis, err, c.complaint)
		}
	}
}
