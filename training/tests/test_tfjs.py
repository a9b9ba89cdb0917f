"""A TensorFlow.js graph gives what its operators say, computed here by hand."""
import base64
import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from training.evaluate import tfjs


def text(s: str) -> dict:
    return {"s": base64.b64encode(s.encode()).decode()}


@pytest.fixture
def graph(tmp_path):
    """Writes nodes (name, operator, inputs, attributes) and constants (name, array) as NAME.json and NAME.bin."""
    def write(nodes, constants, outputs):
        entries, data = [], b""
        for name, array in constants.items():
            dtype = {"f": "float32", "i": "int32", "b": "bool", "u": "float32"}[array.dtype.kind]
            entry = {"name": name, "shape": list(array.shape), "dtype": dtype}
            if array.dtype == np.uint8:
                entry["quantization"] = {"dtype": "uint8", "scale": 0.5, "min": -1.0}
            entries.append(entry)
            data += array.tobytes()
        every = [*nodes, *((name, "Const", [], {}) for name in constants)]
        topology = {"node": [{"name": n, "op": op, "input": i, "attr": a} for n, op, i, a in every]}
        (tmp_path / "net.json").write_text(json.dumps({"modelTopology": topology, "weightsManifest": [{"weights": entries}]}))
        (tmp_path / "net.bin").write_bytes(data)
        return tfjs.Graph(tmp_path / "net.json", outputs)
    return write


def convolution(padding: str, stride: int) -> dict:
    return {"strides": {"list": {"i": ["1", str(stride), str(stride), "1"]}}, "padding": text(padding),
            "fused_ops": {"list": {"s": [text("BiasAdd")["s"], text("Relu")["s"]]}}}


@pytest.mark.parametrize("padding, stride", [("SAME", 1), ("VALID", 2)])
def test_convolutions(graph, padding, stride):
    """Weights are bytes with a scale and a minimum; a depthwise one after a whole one."""
    whole = np.arange(3 * 3 * 2 * 4, dtype=np.uint8).reshape(3, 3, 2, 4) % 5
    deep = np.arange(3 * 3 * 4, dtype=np.uint8).reshape(3, 3, 4, 1) % 4
    bias = np.array([0.5, -1, 2, 0], np.float32)
    net = graph([("y", "FusedDepthwiseConv2dNative", ["h:0", "deep", "bias", "^h"], convolution(padding, stride)),
                 ("h", "_FusedConv2D", ["x", "whole", "bias"], convolution(padding, stride)),
                 ("x", "Placeholder", [], {})], {"whole": whole, "deep": deep, "bias": bias}, ["y"])
    x = torch.rand(2, 9, 11, 2)
    pad = 1 if padding == "SAME" else 0
    h = F.conv2d(x.permute(0, 3, 1, 2), torch.tensor(whole * 0.5 - 1.0).permute(3, 2, 0, 1).float(), torch.tensor(bias), stride, pad).relu()
    y = F.conv2d(h, torch.tensor(deep * 0.5 - 1.0).permute(2, 3, 0, 1).float(), torch.tensor(bias), stride, pad, groups=4).relu()
    torch.testing.assert_close(net(x=x)[0], y.permute(0, 2, 3, 1))


@pytest.mark.parametrize("taken", [False, True])
def test_one_branch_is_taken(graph, taken):
    net = graph([("which", "Switch", ["x", "taken"], {}), ("no", "Square", ["which"], {}), ("yes", "Relu6", ["which:1"], {}),
                 ("met", "Merge", ["no", "yes"], {}), ("x", "Placeholder", [], {}), ("taken", "Placeholder", [], {})], {}, ["met"])
    x = torch.tensor([-3.0, 9.0])
    assert net(x=x, taken=np.bool_(taken))[0].tolist() == ([0, 6] if taken else [9, 81])


def test_space_goes_to_the_batch_and_back(graph):
    block, around = np.array([2, 2], np.int32), np.array([[0, 1], [2, 1]], np.int32)
    net = graph([("apart", "SpaceToBatchND", ["x", "block", "around"], {}), ("back", "BatchToSpaceND", ["apart", "block", "around"], {}),
                 ("x", "Placeholder", [], {})], {"block": block, "around": around}, ["apart", "back"])
    x = torch.rand(1, 5, 7, 3)
    apart, back = net(x=x)
    assert apart.shape == (4, 3, 5, 3) and torch.equal(back, x)
    assert torch.equal(apart[0, 0, 1], x[0, 0, 0]), "every second place, two columns of padding at the left"


def test_shapes_are_worked_out(graph):
    """Half of a picture's size, as its resizing is asked for."""
    size = {"begin": np.array([1], np.int32), "end": np.array([3], np.int32), "step": np.array([1], np.int32), "half": np.array(2, np.int32)}
    net = graph([("shape", "Shape", ["x"], {}), ("sides", "StridedSlice", ["shape", "begin", "end", "step"], {"shrink_axis_mask": {"i": "0"}}),
                 ("less", "RealDiv", ["sides", "half"], {}), ("whole", "Cast", ["less"], {"DstT": {"type": "DT_INT32"}}),
                 ("small", "ResizeBilinear", ["x", "whole"], {}), ("x", "Placeholder", [], {})], size, ["small"])
    x = torch.rand(1, 6, 8, 3)
    torch.testing.assert_close(net(x=x)[0], F.avg_pool2d(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1))


def test_an_operator_not_made_for_is_named(graph):
    with pytest.raises(ValueError, match="net.json has operators .*: FFT"):
        graph([("y", "FFT", ["x"], {}), ("x", "Placeholder", [], {})], {}, ["y"])
