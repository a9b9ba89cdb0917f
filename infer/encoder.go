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
	widths  style.Widths
}

type encoderTensors struct {
	image []uint8
	style Styles // one
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
	return encoderTensors{
		image: newInput[uint8](b, "image", 1, s.height, s.width, 3),
		style: newStyles(b, newOutput[float32], 1, n.widths),
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
	made := style.New(n.widths)
	for k, part := range made.Parts() {
		copy(part, b.tensors.style[k])
	}
	return made, nil
}

// Close frees the network.
func (n *StyleEncoder) Close() error { return n.session.Close() }
