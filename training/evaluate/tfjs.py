"""A TensorFlow.js graph, run by PyTorch: what Robust Video Matting's needs of it (`peers.py`), and no more.

A graph is a folder's NAME.json and NAME.bin: nodes in any order, and constants, of which the floats may be bytes with a scale and a
minimum. Tensors are (n,h,w,c). Floats are PyTorch's; shapes and other integers stay NumPy's. Of a condition's two branches the one
not taken is NOT_TAKEN as far as where they meet again.
"""
import base64
import json
import operator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

NOT_TAKEN = object()
DTYPES = {"float32": np.float32, "int32": np.int32, "bool": np.bool_, "uint8": np.uint8}


def ints(values) -> list[int]:
    return [int(v) for v in np.atleast_1d(values)]


def planes_first(x: Tensor) -> Tensor:
    return x.permute(0, 3, 1, 2)


def planes_last(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1)


def sliced(_, x, begin, size):
    return x[tuple(slice(b, None if s == -1 else b + s) for b, s in zip(ints(begin), ints(size)))]


def strided(attributes, x, begin, end, steps):
    shrink = int(attributes["shrink_axis_mask"]["i"])
    return x[tuple(b if shrink >> axis & 1 else slice(b, e, s) for axis, (b, e, s) in enumerate(zip(*map(ints, (begin, end, steps)))))]


def padded(_, x, around):
    return F.pad(x, [side for axis in np.asarray(around)[::-1] for side in ints(axis)])


def space_to_batch(_, x, block, around):
    x, (rows, columns) = padded(None, x, [[0, 0], *np.asarray(around), [0, 0]]), ints(block)
    n, h, w, c = x.shape
    return x.reshape(n, h // rows, rows, w // columns, columns, c).permute(2, 4, 0, 1, 3, 5).reshape(-1, h // rows, w // columns, c)


def batch_to_space(_, x, block, crops):
    (rows, columns), (top, bottom), (left, right) = ints(block), *map(ints, crops)
    _, h, w, c = x.shape
    x = x.reshape(rows, columns, -1, h, w, c).permute(2, 3, 0, 4, 1, 5).reshape(-1, h * rows, w * columns, c)
    return x[:, top:h * rows - bottom, left:w * columns - right]


def resized(_, x, size):
    return planes_last(F.interpolate(planes_first(x), size=ints(size), mode="bilinear", align_corners=False))


def convolved(attributes, x, weight, bias=None, depthwise=False):
    weight = weight.permute(2, 3, 0, 1) if depthwise else weight.permute(3, 2, 0, 1)
    stride, kernel, x = int(attributes["strides"]["list"]["i"][1]), weight.shape[-1], planes_first(x)
    if base64.b64decode(attributes["padding"]["s"]) == b"SAME":
        if stride != 1:
            raise ValueError("padding SAME with a stride is not made for")
        x = F.pad(x, [(kernel - 1) // 2, kernel // 2] * 2)
    y = F.conv2d(x, weight, bias, stride, groups=len(weight) if depthwise else 1)
    fused = [base64.b64decode(name) for name in attributes.get("fused_ops", {}).get("list", {}).get("s", [])]
    return planes_last(y.relu() if b"Relu" in fused else y)


def depthwise(attributes, x, weight, bias=None):
    return convolved(attributes, x, weight, bias, depthwise=True)


def cast(attributes, x):
    """Floats to integers, and the other way."""
    return torch.as_tensor(x, dtype=torch.float32) if attributes["DstT"]["type"] == "DT_FLOAT" else np.asarray(x).astype(np.int32)


def of_inputs(function):
    """One that needs no attributes."""
    return lambda _, *inputs: function(*inputs)


OPERATORS = {  # name -> of a node's attributes and inputs; a list is more than one output
    "Identity": lambda _, x: x,
    "Shape": lambda _, x: np.array(x.shape, np.int32),
    "Pack": lambda _, *x: np.stack(x),
    "ConcatV2": lambda _, *x: torch.cat(x[:-1], int(x[-1])),
    "AddV2": of_inputs(operator.add), "Add": of_inputs(operator.add), "Sub": of_inputs(operator.sub), "Mul": of_inputs(operator.mul),
    "RealDiv": of_inputs(operator.truediv), "FloorMod": of_inputs(operator.mod),
    "Maximum": of_inputs(torch.maximum), "Minimum": of_inputs(torch.minimum),
    "Equal": lambda _, a, b: np.asarray(a) == np.asarray(b),
    "Square": lambda _, x: x.square(), "Relu6": lambda _, x: x.clamp(0, 6), "Sigmoid": lambda _, x: x.sigmoid(), "Tanh": lambda _, x: x.tanh(),
    "Cast": cast,
    "Squeeze": lambda _, x: np.squeeze(x),
    "Mean": lambda _, x, axes: x.mean(ints(axes), keepdim=True),
    "BroadcastTo": lambda _, x, shape: x.broadcast_to(ints(shape)),
    "Split": lambda _, axis, x: list(x.chunk(2, int(axis))),
    "SplitV": lambda _, x, sizes, axis: list(x.split(ints(sizes), int(axis))),
    "Slice": sliced, "StridedSlice": strided, "Pad": padded,
    "AvgPool": lambda _, x: planes_last(F.avg_pool2d(planes_first(x), 2, ceil_mode=True, count_include_pad=False)),
    "ResizeBilinear": resized,
    "Conv2D": convolved, "_FusedConv2D": convolved, "DepthwiseConv2dNative": depthwise, "FusedDepthwiseConv2dNative": depthwise,
    "SpaceToBatchND": space_to_batch, "BatchToSpaceND": batch_to_space,
}


class Graph:
    """outputs: names of the nodes that a run returns. Raises ValueError where an operator is none of OPERATORS."""

    def __init__(self, file: Path, outputs: list[str]):
        written = json.loads(file.read_text())
        nodes = {node["name"]: node for node in written["modelTopology"]["node"]}
        self.outputs, self.order = outputs, []
        self.constants = self._constants(written["weightsManifest"][0]["weights"], file.with_suffix(".bin").read_bytes())
        waiting = [(name, False) for name in reversed(outputs)]
        seen = set()
        while waiting:  # depth first, without recursion: a graph is deep
            name, ready = waiting.pop()
            if ready:
                self.order.append(nodes[name])
            elif name not in seen:
                seen.add(name)
                waiting.append((name, True))
                waiting += [(i.split(":")[0], False) for i in self._inputs(nodes[name])]
        unknown = {node["op"] for node in self.order} - OPERATORS.keys() - {"Const", "Placeholder", "Switch", "Merge"}
        if unknown:
            raise ValueError(f"{file} has operators that are not made for: {', '.join(sorted(unknown))}")

    @staticmethod
    def _inputs(node: dict) -> list[str]:
        """Without those that only say what comes before."""
        return [name for name in node.get("input", []) if not name.startswith("^")]

    @staticmethod
    def _constants(entries: list[dict], data: bytes) -> dict:
        at, constants = 0, {}
        for entry in entries:
            packed = entry.get("quantization")
            dtype = np.dtype(DTYPES[packed["dtype"] if packed else entry["dtype"]])
            array = np.frombuffer(data, dtype, int(np.prod(entry["shape"])), at).reshape(entry["shape"]).copy()
            at += array.nbytes
            if packed:
                array = np.asarray(array * np.float32(packed["scale"]) + np.float32(packed["min"]), np.float32)
            constants[entry["name"]] = torch.from_numpy(array) if entry["dtype"] == "float32" else array
        return constants

    @torch.inference_mode()
    def __call__(self, **placeholders) -> list:
        """Placeholders by name -> the outputs."""
        values = dict(self.constants)
        for node in self.order:
            name, inputs = node["name"], [values[i.removesuffix(":0")] for i in self._inputs(node)]
            match node["op"]:
                case "Const":
                    continue
                case "Placeholder":
                    values[name] = placeholders[name]
                case "Merge":
                    values[name] = next(x for x in inputs if x is not NOT_TAKEN)
                case _ if any(x is NOT_TAKEN for x in inputs):
                    values[name] = values[f"{name}:1"] = NOT_TAKEN
                case "Switch":
                    x, taken = inputs
                    values[name], values[f"{name}:1"] = (NOT_TAKEN, x) if taken else (x, NOT_TAKEN)
                case op:
                    result = OPERATORS[op](node.get("attr", {}), *inputs)
                    parts = result if isinstance(result, list) else [result]
                    values |= {f"{name}:{i}" if i else name: part for i, part in enumerate(parts)}
        return [values[name] for name in self.outputs]
