package main

import (
	"io"
	"testing"

	"stylecam/models"
)

// A style belongs to the encoder that made it: after a training all are made again.
func TestBuiltinStylesFitTheNetworks(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	m, err := models.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	p := newProgram("stylecam", nil, io.Discard, io.Discard, func(string) string { return "" })
	fit, unfit, err := p.styleFit(m)
	if err != nil {
		t.Fatal(err)
	}
	if len(fit) < 12 || len(unfit) > 0 {
		t.Errorf("%d styles fit the networks, these do not: %q; run: make styles", len(fit), unfit)
	}
	styles, err := p.collection()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := styles.Get(defaultStyle); err != nil {
		t.Errorf("the default style: %v", err)
	}
}
