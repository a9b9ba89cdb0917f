package infer

import (
	"fmt"

	"stylecam/models"
	"stylecam/style"
)

// StyleEncoder makes styles of paintings, each once.
type StyleEncoder struct {
	session *session[encoderTensors]
	side    int
	widths  widths
}

// widths are the sizes of a style that a graph was made for; see [style.Tensors].
type widths struct{ tokens, key, low, high int }

type encoderTensors struct {
	image []uint8
	style *style.Tensors
}

// stylePorts are the four tensors of a style, as outputs of the encoder or inputs of
// the painter.
func stylePorts(output bool) []port {
	dims := []int64{free, fixed, fixed}
	return []port{
		{name: "low_keys", element: float32s, dims: dims, output: output},
		{name: "low_values", element: float32s, dims: dims, output: output},
		{name: "high_keys", element: float32s, dims: dims, output: output},
		{name: "high_values", element: float32s, dims: dims, output: output},
	}
}

func styleWidths(t described) (widths, error) {
	w := widths{int(t["low_keys"][1]), int(t["low_keys"][2]), int(t["low_values"][2]), int(t["high_values"][2])}
	for _, name := range []string{"low_values", "high_keys", "high_values"} {
		if int(t[name][1]) != w.tokens {
			return widths{}, fmt.Errorf("%s has %d tokens, low_keys has %d", name, t[name][1], w.tokens)
		}
	}
	if int(t["high_keys"][2]) != w.key {
		return widths{}, fmt.Errorf("high_keys are %d wide, low_keys %d", t["high_keys"][2], w.key)
	}
	return w, nil
}

// StyleEncoder loads a sanet-style graph.
func (r *Runtime) StyleEncoder(g models.Graph) (*StyleEncoder, error) {
	ports := append(stylePorts(true), port{name: "image", element: uint8s, dims: []int64{1, fixed, fixed, 3}})
	n := new(StyleEncoder)
	session, tensors, err := newSession(r, g, ports, n.bind)
	if err != nil {
		return nil, err
	}
	n.session = session
	n.side = int(tensors["image"][1])
	if n.widths, err = styleWidths(tensors); err != nil {
		return nil, session.refuse(err)
	}
	if tensors["image"][2] != int64(n.side) {
		return nil, session.refuse(fmt.Errorf("takes no square pictures but %dx%d", tensors["image"][2], n.side))
	}
	return n, nil
}

func (n *StyleEncoder) bind(b *binding, s shape) encoderTensors {
	w := n.widths
	return encoderTensors{
		image: newInput[uint8](b, "image", 1, s.height, s.width, 3),
		style: &style.Tensors{
			Tokens: w.tokens, KeyDim: w.key, LowDim: w.low, HighDim: w.high,
			LowKeys:    newOutput[float32](b, "low_keys", 1, w.tokens, w.key),
			LowValues:  newOutput[float32](b, "low_values", 1, w.tokens, w.low),
			HighKeys:   newOutput[float32](b, "high_keys", 1, w.tokens, w.key),
			HighValues: newOutput[float32](b, "high_values", 1, w.tokens, w.high),
		},
	}
}

// Side is the width and height of the paintings that the encoder sees, in pixels.
func (n *StyleEncoder) Side() int { return n.side }

// Encode makes a style of a painting, which is Side rows of Side pixels of blue,
// green, red.
func (n *StyleEncoder) Encode(image []byte) (*style.Tensors, error) {
	if len(image) != n.side*n.side*3 {
		return nil, fmt.Errorf("network %s: a painting of %d bytes, not %dx%dx3", n.session.name, len(image), n.side, n.side)
	}
	b, err := n.session.at(shape{height: n.side, width: n.side})
	if err != nil {
		return nil, err
	}
	copy(b.tensors.image, image)
	if err := n.session.run(b); err != nil {
		return nil, err
	}
	return b.tensors.style.Clone(), nil
}

// Close frees the network.
func (n *StyleEncoder) Close() error { return n.session.Close() }
