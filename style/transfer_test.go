package style

import (
	"slices"
	"testing"
)

func TestTransferScalesKeysAlone(t *testing.T) {
	s := New(Widths{Tokens: 2, KeyDim: 2, LowDim: 1, HighDim: 1, ToneDim: 1})
	copy(s.LowKeys, []float32{1, 2, 3, -4})
	copy(s.HighKeys, []float32{5, 6, 7, 8})
	copy(s.LowValues, []float32{9, 10})
	s.Tone[0] = 11
	for name, want := range map[string][]float32{
		"sanet":  {1, 2, 3, -4},
		"adain":  {0, 0, 0, 0},
		"avatar": {64, 128, 192, -256},
	} {
		transfer, err := ParseTransfer(name)
		if err != nil || transfer.String() != name {
			t.Fatalf("%s: read as %v, %v", name, transfer, err)
		}
		got := transfer.Of(s)
		if !slices.Equal(got.LowKeys, want) || got.HighKeys[0] != want[0]*5 {
			t.Errorf("%s: keys %v and %v", name, got.LowKeys, got.HighKeys)
		}
		if !slices.Equal(got.LowValues, s.LowValues) || !slices.Equal(got.Tone, s.Tone) || got.Tokens != 2 {
			t.Errorf("%s: values %v of %d tokens, tone %v", name, got.LowValues, got.Tokens, got.Tone)
		}
	}
	if s.LowKeys[0] != 1 {
		t.Error("the cached style itself was changed")
	}
	if _, err := ParseTransfer("gatys"); err == nil {
		t.Error("reads gatys")
	}
}
