package infer

import (
	"errors"
	"fmt"

	"stylecam/models"
	"stylecam/style"
)

// SANet paints pictures in styles: style-attentional network, Park and Lee 2019,
// with the two alphas of Berezin and Volkova 2019.
type SANet struct {
	session *session[sanetTensors]
	widths  style.Widths
}

type sanetTensors struct {
	image        []uint8
	styles       Styles
	share, alpha []float32
	painting     []uint8
}

// SANet loads a sanet-paint graph.
func (r *Runtime) SANet(g models.Graph) (*SANet, error) {
	ports := append(stylePorts(false),
		port{name: "image", element: uint8s, dims: []int64{1, free, free, 3}},
		port{name: "share", element: float32s, dims: []int64{1, free, free, free}},
		port{name: "alpha", element: float32s, dims: []int64{1, 2, free, free}},
		port{name: "painting", element: uint8s, dims: []int64{1, free, free, 3}, output: true},
	)
	n := new(SANet)
	session, tensors, err := newSession(r, g, ports, n.bind)
	if err != nil {
		return nil, err
	}
	n.session = session
	if n.widths, err = styleWidths(tensors); err != nil {
		return nil, session.refuse(err)
	}
	return n, nil
}

func (n *SANet) bind(b *binding, s shape) sanetTensors {
	return sanetTensors{
		image:    newInput[uint8](b, "image", 1, s.height, s.width, 3),
		styles:   newStyles(b, newInput[float32], s.styles, n.widths),
		share:    newInput[float32](b, "share", 1, s.styles, s.height/4, s.width/4),
		alpha:    newInput[float32](b, "alpha", 1, 2, s.height/4, s.width/4),
		painting: newOutput[uint8](b, "painting", 1, s.height, s.width, 3),
	}
}

// Paint writes into dst the painting of image: height rows of width pixels of blue,
// green, red each, both sides multiples of 16.
//
// share, [S,height/4,width/4], is the part of each of the S styles at each place,
// their sum 1; alpha, [2,height/4,width/4], is α1 and α2 there: F = F_content +
// α1·ΔF_low + α2·ΔF_high. Their mean says how much of the style's tone there is, and
// how little of the photograph itself. Allocates nothing but at the first frame of a
// size and number of styles.
func (n *SANet) Paint(dst, image []byte, height, width int, styles []*style.Tensors, share, alpha []float32) error {
	if err := n.check(dst, image, height, width, styles, share, alpha); err != nil {
		return fmt.Errorf("network %s: %w", n.session.name, err)
	}
	b, err := n.session.at(shape{height, width, len(styles)})
	if err != nil {
		return err
	}
	t := &b.tensors
	copy(t.image, image)
	t.styles.Set(styles)
	copy(t.share, share)
	copy(t.alpha, alpha)
	if err := n.session.run(b); err != nil {
		return err
	}
	copy(dst, t.painting)
	return nil
}

func (n *SANet) check(dst, image []byte, height, width int, styles []*style.Tensors, share, alpha []float32) error {
	if err := checkPicture(image, height, width); err != nil {
		return err
	}
	if err := n.suits(styles); err != nil {
		return err
	}
	places := height / 4 * (width / 4)
	switch {
	case len(dst) != len(image):
		return fmt.Errorf("a painting of %d bytes, not %dx%dx3", len(dst), width, height)
	case len(share) != len(styles)*places:
		return fmt.Errorf("shares are %d numbers, not %d styles of %dx%d", len(share), len(styles), width/4, height/4)
	case len(alpha) != 2*places:
		return fmt.Errorf("alphas are %d numbers, not 2 of %dx%d", len(alpha), width/4, height/4)
	}
	return nil
}

// Suits tells what is wrong with styles that are none, or not of the encoder beside
// this network.
func (n *SANet) Suits(styles []*style.Tensors) error {
	if err := n.suits(styles); err != nil {
		return fmt.Errorf("network %s: %w", n.session.name, err)
	}
	return nil
}

func (n *SANet) suits(styles []*style.Tensors) error {
	if len(styles) == 0 {
		return errors.New("no style to paint in")
	}
	for i, s := range styles {
		if s.Widths != n.widths {
			return fmt.Errorf("style %d is %+v, this model paints %+v", i+1, s.Widths, n.widths)
		}
	}
	return nil
}

// Close frees the network.
func (n *SANet) Close() error { return n.session.Close() }
