package infer

import (
	"errors"
	"strings"
	"testing"

	"stylecam/filter"
	"stylecam/models"
	"stylecam/style"
)

func TestWrongShapesAreNamed(t *testing.T) {
	r := onCPU(t)
	segnet, err := r.SegNet(graph(t, "segnet"))
	if err != nil {
		t.Fatal(err)
	}
	sanet, err := r.SANet(graph(t, "sanet-paint"))
	if err != nil {
		t.Fatal(err)
	}
	mask := func(dst, image, height, width int) error {
		return segnet.Mask(make([]float32, dst), make([]byte, image), height, width)
	}
	paint := func(dst, share, alpha int, styles ...*style.Tensors) error {
		return sanet.Paint(make([]byte, dst), make([]byte, 768), 16, 16, styles, make([]float32, share), make([]float32, alpha))
	}
	other := widths
	other.ToneDim++
	tests := map[string]struct {
		err  error
		says string
	}{
		"odd height":           {mask(17*16, 17*16*3, 17, 16), "not at 16x17"},
		"nothing":              {mask(0, 0, 0, 0), "not at 0x0"},
		"negative":             {mask(256, 768, -16, -16), "not at -16x-16"},
		"a short picture":      {mask(256, 767, 16, 16), "767 bytes"},
		"a long mask":          {mask(257, 768, 16, 16), "257 numbers"},
		"a short painting":     {paint(767, 16, 32, flat(0, 0)), "767 bytes"},
		"no style":             {paint(768, 16, 32), "no style"},
		"no style, no shares":  {paint(768, 0, 32), "no style"},
		"shares of one of two": {paint(768, 16, 32, flat(0, 0), flat(0, 0)), "not 2 styles"},
		"one alpha":            {paint(768, 16, 16, flat(0, 0)), "16 numbers"},
		"another model's":      {paint(768, 32, 32, flat(0, 0), style.New(other)), "style 2 is {Tokens:4 KeyDim:2 LowDim:3 HighDim:3 ToneDim:6}"},
	}
	for name, test := range tests {
		if test.err == nil || !strings.Contains(test.err.Error(), test.says) {
			t.Errorf("%s: error is %v, should say %q", name, test.err, test.says)
		}
	}
}

func TestGraphsThatBreakTheContract(t *testing.T) {
	r := onCPU(t)
	segnet := func(g models.Graph) error { _, err := r.SegNet(g); return err }
	sanet := func(g models.Graph) error { _, err := r.SANet(g); return err }
	encoder := func(g models.Graph) error { _, err := r.StyleEncoder(g); return err }
	text := models.Graph{Entry: models.Entry{Name: "test", Graph: "segnet"}, Bytes: []byte("no graph at all")}
	tests := map[string]struct {
		load func(models.Graph) error
		g    models.Graph
		says string
	}{
		"an output's name":     {segnet, graph(t, "wrong-output"), `no output "mask"`},
		"an input's type":      {segnet, graph(t, "wrong-type"), `input "image" holds float, not uint8`},
		"an input's shape":     {segnet, graph(t, "wrong-shape"), `input "image" has the shape`},
		"another contract":     {segnet, graph(t, "wrong-contract"), `contract version "1"`},
		"no contract":          {segnet, graph(t, "wrong-no-contract"), `contract version ""`},
		"paintings not square": {encoder, graph(t, "wrong-square"), "takes no square pictures but 48x32"},
		"another network":      {sanet, graph(t, "segnet"), `no input "low_keys"`},
		"painter as encoder":   {encoder, graph(t, "sanet-paint"), `no output "low_keys"`},
		"painter as segnet":    {segnet, graph(t, "sanet-paint"), `no output "mask"`},
		"no graph":             {segnet, text, "network test/segnet"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := test.load(test.g)
			if !errors.Is(err, filter.ErrInput) || !strings.Contains(err.Error(), test.says) {
				t.Fatalf("error is %v, should say %q", err, test.says)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error is more than a line: %q", err)
			}
		})
	}
	if len(r.open) != 0 {
		t.Errorf("%d networks that were refused are still open", len(r.open))
	}
}
