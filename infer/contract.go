package infer

import (
	"fmt"
	"slices"
	"strings"

	ort "github.com/yalue/onnxruntime_go"
)

// The contract's element types.
const (
	uint8s   = ort.TensorElementDataTypeUint8
	float32s = ort.TensorElementDataTypeFloat
)

// port is a tensor that the contract names.
type port struct {
	name     string
	output   bool
	optional bool
	element  ort.TensorElementDataType
	dims     []int64 // free: whatever the frame asks for; fixed: the graph's choice
}

const (
	free  = -1
	fixed = -2
)

// described are the shapes that a graph gives its tensors, by name.
type described map[string]ort.Shape

// check compares a graph's tensors with the contract's. ONNX Runtime itself would
// notice a wrong name only when the graph runs.
func check(ports []port, inputs, outputs []ort.InputOutputInfo) (described, error) {
	tensors := make(described)
	for _, p := range ports {
		infos, side := inputs, "input"
		if p.output {
			infos, side = outputs, "output"
		}
		i := slices.IndexFunc(infos, func(info ort.InputOutputInfo) bool { return info.Name == p.name })
		if i < 0 {
			if p.optional {
				continue
			}
			return nil, fmt.Errorf("has no %s %q", side, p.name)
		}
		if err := p.accepts(infos[i]); err != nil {
			return nil, fmt.Errorf("%s %q %w", side, p.name, err)
		}
		tensors[p.name] = infos[i].Dimensions
	}
	for _, info := range inputs {
		if _, known := tensors[info.Name]; !known {
			return nil, fmt.Errorf("wants an input %q, which the contract does not name", info.Name)
		}
	}
	return tensors, nil
}

// word is an element type as one would say it: uint8, float.
func word(t ort.TensorElementDataType) string {
	return strings.ToLower(strings.TrimPrefix(t.String(), "ONNX_TENSOR_ELEMENT_DATA_TYPE_"))
}

func (p port) accepts(info ort.InputOutputInfo) error {
	if info.DataType != p.element {
		return fmt.Errorf("holds %s, not %s", word(info.DataType), word(p.element))
	}
	match := len(info.Dimensions) == len(p.dims)
	for i := 0; match && i < len(p.dims); i++ {
		has := info.Dimensions[i]
		switch want := p.dims[i]; want {
		case free:
		case fixed:
			match = has > 0
		default:
			match = has == want || has < 0
		}
	}
	if !match {
		return fmt.Errorf("has the shape %v, not %v (-1: any, -2: some number)", info.Dimensions, p.dims)
	}
	return nil
}
