"""Make the small graphs that infer's tests run: the contract of docs/design.md, with arithmetic in the networks' place.

    python infer/testdata/make.py        # with the package onnx; writes beside itself, and infer/probe.onnx

segnet           mask = mean of the channels / 255
segnet-previous  mask = half of that + half of the previous mask
sanet-style      4 tokens, all alike: keys 0, low values the mean colour / 255, high values 1 minus it; a tone of ones
sanet-paint      image + a1 (low - image) + a2 (high - image), low and high the means of a style's values times the mean
                 of its tone, mixed by share
Those whose names start with wrong- break the contract in the way the name says.
"""
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

HERE = Path(__file__).parent
U8, F32 = TensorProto.UINT8, TensorProto.FLOAT
SIDE, TOKENS, KEY, VALUE, TONE = 32, 4, 2, 3, 5


class Graph:
    """Nodes and constants of one graph; a node's output has the node's name."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def op(self, kind, name, *inputs, **attributes):
        self.nodes.append(helper.make_node(kind, [self.constant(i) for i in inputs], [name], **attributes))
        return name

    def constant(self, value):
        if isinstance(value, str):
            return value
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def save(self, path, inputs, outputs, contract="2"):
        def ports(described):
            return [helper.make_tensor_value_info(name, kind, dims) for name, (kind, dims) in described.items()]

        graph = helper.make_graph(self.nodes, path.stem, ports(inputs), ports(outputs), self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
        if contract:
            helper.set_model_props(model, {"contract": contract})
        checker.check_model(model, full_check=True)
        save(model, path)


def f32(*values):
    return np.array(values, np.float32)


def i64(*values):
    return np.array(values, np.int64)


IMAGE = (U8, [1, "h", "w", 3])
MASK = (F32, [1, 1, "h", "w"])


def segnet(file, image=IMAGE, mask="mask", previous=False, **kw):
    g = Graph()
    g.op("Cast", "floats", "image", to=F32)
    g.op("ReduceMean", "grey", "floats", axes=[3], keepdims=1)
    g.op("Transpose", "first", "grey", perm=[0, 3, 1, 2])
    g.op("Div", "now" if previous else mask, "first", f32(255))
    inputs = {"image": image}
    if previous:
        inputs["previous"] = MASK
        g.op("Add", "sum", "now", "previous")
        g.op("Mul", mask, "sum", f32(0.5))
    g.save(HERE / file, inputs, {mask: MASK}, **kw)


def style(n):
    """The tensors of n styles."""
    widths = {"low_keys": KEY, "low_values": VALUE, "high_keys": KEY, "high_values": VALUE}
    return {**{name: (F32, [n, TOKENS, width]) for name, width in widths.items()}, "tone": (F32, [n, TONE])}


def sanet_style(file, width=SIDE):
    g = Graph()
    g.op("Cast", "floats", "image", to=F32)
    g.op("ReduceMean", "mean", "floats", axes=[1, 2], keepdims=0)
    g.op("Div", "colour", "mean", f32(255))
    g.op("Reshape", "token", "colour", i64(1, 1, VALUE))
    g.op("Tile", "low_values", "token", i64(1, TOKENS, 1))
    g.op("Sub", "high_values", f32(1), "low_values")
    for keys in ("low_keys", "high_keys"):
        g.op("Identity", keys, np.zeros((1, TOKENS, KEY), np.float32))
    g.op("Identity", "tone", np.ones((1, TONE), np.float32))
    g.save(HERE / file, {"image": (U8, [1, SIDE, width, 3])}, style(1))


def sanet_paint():
    g = Graph()
    g.op("Cast", "floats", "image", to=F32)
    g.op("Div", "unit", "floats", f32(255))
    g.op("Transpose", "content", "unit", perm=[0, 3, 1, 2])
    painting = "content"
    g.op("ReduceMean", "gain", "tone", axes=[1], keepdims=1)  # S,1
    for level, index in (("low", 0), ("high", 1)):
        g.op("ReduceMean", f"{level}_mean", f"{level}_values", axes=[1], keepdims=0)  # S,3
        g.op("Mul", f"{level}_toned", f"{level}_mean", "gain")
        g.op("Transpose", f"{level}_colours", f"{level}_toned", perm=[1, 0])  # 3,S
        g.op("Unsqueeze", f"{level}_filter", f"{level}_colours", i64(2, 3))  # 3,S,1,1
        g.op("Conv", f"{level}_small", "share", f"{level}_filter")  # 1,3,h/4,w/4
        g.op("Resize", f"{level}_style", f"{level}_small", "", f32(1, 1, 4, 4), mode="nearest")
        g.op("Gather", f"{level}_alpha_small", "alpha", i64(index), axis=1)
        g.op("Resize", f"{level}_alpha", f"{level}_alpha_small", "", f32(1, 1, 4, 4), mode="nearest")
        g.op("Sub", f"{level}_far", f"{level}_style", "content")
        g.op("Mul", f"{level}_change", f"{level}_far", f"{level}_alpha")
        painting = g.op("Add", f"{level}_painted", painting, f"{level}_change")
    g.op("Clip", "clipped", painting, np.float32(0), np.float32(1))
    g.op("Mul", "bytes", "clipped", f32(255))
    g.op("Add", "rounded", "bytes", f32(0.5))
    g.op("Transpose", "last", "rounded", perm=[0, 2, 3, 1])
    g.op("Cast", "painting", "last", to=U8)
    inputs = {"image": IMAGE, **style("s"),
              "share": (F32, [1, "s", "h4", "w4"]), "alpha": (F32, [1, 2, "h4", "w4"])}
    g.save(HERE / "sanet-paint.onnx", inputs, {"painting": IMAGE})


def probe():
    g = Graph()
    g.op("Add", "y", "x", f32(1))
    g.save(HERE.parent / "probe.onnx", {"x": (F32, [1])}, {"y": (F32, [1])}, contract=None)


segnet("segnet.onnx")
segnet("segnet-previous.onnx", previous=True)
segnet("wrong-output.onnx", mask="masks")
segnet("wrong-type.onnx", image=(F32, IMAGE[1]))
segnet("wrong-shape.onnx", image=(U8, [1, "h", "w", 4]))
segnet("wrong-contract.onnx", contract="1")
segnet("wrong-no-contract.onnx", contract=None)
sanet_style("sanet-style.onnx")
sanet_style("wrong-square.onnx", width=SIDE + 16)
sanet_paint()
probe()
