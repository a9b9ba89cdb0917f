package infer

import (
	"fmt"

	"stylecam/models"
)

// SegNet tells people from the rest. A graph may take its own last mask as a second
// input, to be steadier; SegNet then keeps it from frame to frame.
type SegNet struct {
	session   *session[segnetTensors]
	remembers bool
	last      *bound[segnetTensors] // whose mask is the last one, nil at first
}

type segnetTensors struct {
	image          []uint8
	previous, mask []float32
}

var segnetPorts = []port{
	{name: "image", element: uint8s, dims: []int64{1, free, free, 3}},
	{name: "previous", element: float32s, dims: []int64{1, 1, free, free}, optional: true},
	{name: "mask", element: float32s, dims: []int64{1, 1, free, free}, output: true},
}

// SegNet loads a segnet graph.
func (r *Runtime) SegNet(g models.Graph) (*SegNet, error) {
	n := new(SegNet)
	session, tensors, err := newSession(r, g, segnetPorts, n.bind)
	if err != nil {
		return nil, err
	}
	n.session = session
	_, n.remembers = tensors["previous"]
	return n, nil
}

func (n *SegNet) bind(b *binding, s shape) segnetTensors {
	t := segnetTensors{
		image: newInput[uint8](b, "image", 1, s.height, s.width, 3),
		mask:  newOutput[float32](b, "mask", 1, 1, s.height, s.width),
	}
	if n.remembers {
		t.previous = newInput[float32](b, "previous", 1, 1, s.height, s.width)
	}
	return t
}

// Mask writes into dst how much of each pixel is a person, 0..1, height rows of
// width. image is rows of blue, green, red; both sides are multiples of 16. Allocates
// nothing but at the first frame of a size.
func (n *SegNet) Mask(dst []float32, image []byte, height, width int) error {
	if err := checkPicture(image, height, width); err != nil {
		return fmt.Errorf("network %s: %w", n.session.name, err)
	}
	if len(dst) != height*width {
		return fmt.Errorf("network %s: a mask of %d numbers, not %dx%d", n.session.name, len(dst), width, height)
	}
	b, err := n.session.at(shape{height: height, width: width})
	if err != nil {
		return err
	}
	copy(b.tensors.image, image)
	if n.remembers {
		if n.last == b {
			copy(b.tensors.previous, b.tensors.mask)
		} else {
			clear(b.tensors.previous)
		}
	}
	n.last = nil
	if err := n.session.run(b); err != nil {
		return err
	}
	n.last = b
	copy(dst, b.tensors.mask)
	return nil
}

// Reset forgets the last mask: the next picture is not of the same scene.
func (n *SegNet) Reset() { n.last = nil }

// Close frees the network.
func (n *SegNet) Close() error { return n.session.Close() }

// checkPicture says what is wrong with a picture that a network is to see.
func checkPicture(image []byte, height, width int) error {
	if !models.Works(height, width) {
		return fmt.Errorf("works at sides that are multiples of 16, not at %dx%d", width, height)
	}
	if len(image) != height*width*3 {
		return fmt.Errorf("a picture of %d bytes, not %dx%dx3", len(image), width, height)
	}
	return nil
}
