// Package models holds the networks and styles that come with the program, and
// the manifest that says what they are.
//
// A graph is handed out only if its bytes have the sha256 that the manifest
// states: what runs is what was evaluated. `models verify` is nothing else than
// taking every one of them.
package models

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"stylecam/filter"
)

// Contract is the version of the agreement between program and graphs on names,
// types and shapes (docs/design.md) that this program keeps.
const Contract = 2

// The graphs of a model, by the names that the manifest gives them.
const (
	SegNet     = "segnet"      // picture to mask
	SANetStyle = "sanet-style" // painting to keys, values and tone, once a style
	SANetPaint = "sanet-paint" // picture and styles to painting
)

// The graphs of Device. They have no weights: they are the work on pixels between
// the networks, for a GPU (training/device.py).
const (
	Load        = "load"        // the host's frame to the device's, its luminance, and the guide
	Shrink      = "shrink"      // picture to picture, by area means
	Interpolate = "interpolate" // picture to picture
	Refine      = "refine"      // SegNet's mask to a steady and sharp one, alphas and shares
	Compose     = "compose"     // painting, frame and mask to picture
)

const (
	// Lite is the model that a CPU holds a camera's rate with. Its SANetStyle makes
	// the styles of all models.
	Lite = "lite"
	// Full is the larger one, for what need not be live and for GPUs.
	Full = "full"
	// Device is what a GPU computes beside any model's networks.
	Device = "device"
)

// Half names the model whose SANet is that of Lite or Full computing in half
// precision, for GPUs (training/half.py).
func Half(model string) string { return model + "-half" }

// networks and between are the graphs that an entry may be of.
var (
	networks = []string{SegNet, SANetStyle, SANetPaint}
	between  = []string{Load, Shrink, Interpolate, Refine, Compose}
)

//go:embed manifest.json *.onnx
var builtin embed.FS

//go:embed styles
var styles embed.FS

// Builtin returns the manifest of the networks that come with the program.
func Builtin() (*Manifest, error) { return Open(builtin) }

// Styles returns the folder of the styles that come with the program, *.style.
func Styles() fs.FS {
	sub, err := fs.Sub(styles, "styles")
	if err != nil {
		panic(err) // the name above is no path: the compiler's directive would not have taken it
	}
	return sub
}

// Manifest lists the graphs of a folder. The zero value lists none.
type Manifest struct {
	Contract int     `json:"contract"`
	Models   []Entry `json:"models"`

	files fs.FS
}

// Entry describes one graph.
type Entry struct {
	Name       string         `json:"name"`  // of the model, like "lite"
	Graph      string         `json:"graph"` // SegNet, SANetStyle, SANetPaint, or one of Device's
	File       string         `json:"file"`  // beside the manifest
	SHA256     string         `json:"sha256"`
	Bytes      int64          `json:"bytes"`
	Contract   int            `json:"contract"`
	Version    string         `json:"version"`
	Sizes      [][2]int       `json:"sizes"` // height and width it is meant to work at, the usual one first
	Data       string         `json:"data"`  // what it was trained on, and on what terms
	Licence    string         `json:"licence"`
	Evaluation map[string]any `json:"evaluation"`
}

// Graph is an ONNX graph whose bytes are those that the manifest promised.
type Graph struct {
	Entry
	Bytes []byte // of the file; read only
}

// Open reads the manifest.json of a folder. The graphs are read when taken.
func Open(folder fs.FS) (*Manifest, error) {
	text, err := fs.ReadFile(folder, "manifest.json")
	if err != nil {
		return nil, fmt.Errorf("models: %w: %w", filter.ErrMissing, err)
	}
	m, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("models: manifest.json: %w: %w", filter.ErrInput, err)
	}
	m.files = folder
	return m, nil
}

func parse(text []byte) (*Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, err
	}
	if m.Contract != Contract {
		return nil, fmt.Errorf("is of contract version %d, this program keeps %d; use the models that came with it", m.Contract, Contract)
	}
	for i, e := range m.Models {
		if err := e.validate(); err != nil {
			return nil, fmt.Errorf("model %d, %q %q: %w", i+1, e.Name, e.Graph, err)
		}
		if slices.ContainsFunc(m.Models[:i], func(o Entry) bool { return o.Name == e.Name && o.Graph == e.Graph }) {
			return nil, fmt.Errorf("%s of %q is listed twice", e.Graph, e.Name)
		}
	}
	return &m, nil
}

func (e Entry) validate() error {
	sum, err := hex.DecodeString(e.SHA256)
	switch {
	case e.Name == "":
		return errors.New("has no name")
	case !slices.Contains(networks, e.Graph) && !slices.Contains(between, e.Graph):
		return fmt.Errorf("is none of %s", strings.Join(slices.Concat(networks, between), ", "))
	case !fs.ValidPath(e.File) || e.File == ".":
		return fmt.Errorf("file %q is no path below the manifest", e.File)
	case err != nil || len(sum) != sha256.Size:
		return fmt.Errorf("sha256 %q is not 64 hexadecimal digits", e.SHA256)
	case e.Contract != Contract:
		return fmt.Errorf("is of contract version %d, this program keeps %d", e.Contract, Contract)
	case len(e.Sizes) == 0 && slices.Contains(networks, e.Graph):
		return errors.New("states no working sizes")
	}
	for _, s := range e.Sizes {
		if !Works(s[0], s[1]) {
			return fmt.Errorf("works at no size like %dx%d (height, width)", s[0], s[1])
		}
	}
	return nil
}

// Works tells whether graphs can work at a height and width: multiples of 16,
// within what an honest picture may have.
func Works(height, width int) bool {
	return height > 0 && width > 0 && height%16 == 0 && width%16 == 0 && height <= 16384 && width <= 16384
}

// Names lists the models that are networks, each once, in the manifest's order.
func (m *Manifest) Names() []string {
	var names []string
	for _, e := range m.Models {
		if slices.Contains(networks, e.Graph) && !slices.Contains(names, e.Name) {
			names = append(names, e.Name)
		}
	}
	return names
}

// Graph takes one graph of a model, by its names.
func (m *Manifest) Graph(model, graph string) (Graph, error) {
	for _, e := range m.Models {
		if e.Name == model && e.Graph == graph {
			return m.Take(e)
		}
	}
	return Graph{}, fmt.Errorf("models: %w: no %s of a model %q; there is %q", filter.ErrMissing, graph, model, m.Names())
}

// Take reads the graph of an entry and checks it against its sha256.
func (m *Manifest) Take(e Entry) (Graph, error) {
	data, err := fs.ReadFile(m.files, e.File)
	if err != nil {
		return Graph{}, fmt.Errorf("models: %w: %w", filter.ErrMissing, err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != e.SHA256 {
		return Graph{}, fmt.Errorf("models: %w: %s (%d bytes) is not the file of the manifest (%d bytes, sha256 %.12s…): damaged or replaced; get it again",
			filter.ErrInput, e.File, len(data), e.Bytes, e.SHA256)
	}
	return Graph{Entry: e, Bytes: data}, nil
}
