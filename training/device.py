"""Export what stands between the networks, for a GPU: resizing, the mask's refinement, the composition.

    python -m training.device                 # writes models/device-*.onnx and their entries of the manifest

With them a frame is uploaded once and a picture comes down; everything between stays on the device:

    frame ── load ─┬─ frame, luma, guide
                   ├─ shrink, interpolate (as the program would) ── image ── SegNet ── raw ─┐
                   │                                            └── content ───────────┐   │
                   └─ refine (guide, raw, what was remembered) ── sharp, soft, alpha, share ── SANet ── painting ─┐
                      compose (frame, luma, content, sharp, soft, painting) ── picture <──────────────────────────┘

No weights are in them: training changes nothing here. They compute what blend/ computes by OpenCV, and a test of the
program compares the two; the formulas stand at the heads of blend/refine.go and blend/compose.go, where the constants are
explained. OpenCV rounds to bytes after each step, and so do these graphs, which keeps both pictures the same.

Every resize, whatever its kind, and every mean whose size depends on the settings, is the same few operators: for each
row (and column) of the outcome, which ones of the input it is a mean of, and with which weights. The program makes those
tables (resample/), so one graph serves all sizes, and no provider's own idea of resizing is asked.
"""
import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from . import manifest
from .sanet import MARGIN

BYTES, FLOATS, INTS = TensorProto.UINT8, TensorProto.FLOAT, TensorProto.INT32

# blend/refine.go
STILL, MOVED, DECAY, CALM = 3 / 255, 10 / 255, 0.7, 0.2
THIN, REACH = 2, 6
EDGE_RADIUS, EDGE_DOUBT, CERTAINTY = 4, 0.03 * 0.03, 1.4


class Graph:
    """A graph in the making; every method adds nodes and returns the name of what they compute."""

    def __init__(self, name: str):
        self.name, self.nodes, self.inputs, self.outputs, self.constants = name, [], [], [], {}

    def input(self, name: str, kind: int, *shape) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, value: str, name: str, kind: int, *shape) -> None:
        self.nodes.append(helper.make_node("Identity", [value], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def constant(self, value, kind=np.float32) -> str:
        array = np.asarray(value, kind)
        key = f"c{len(self.constants)}"
        for known, other in self.constants.items():
            if other.dtype == array.dtype and np.array_equal(other, array) and other.shape == array.shape:
                return known
        self.constants[key] = array
        return key

    def op(self, kind: str, *inputs, **attributes) -> str:
        inputs = [i if isinstance(i, str) else self.constant(i) for i in inputs]
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def axes(self, kind: str, x: str, axes, **attributes) -> str:
        return self.op(kind, x, self.constant(axes, np.int64), **attributes)

    def clip(self, x: str, low: float, high: float) -> str:
        return self.op("Clip", x, low, high)

    def floats(self, x: str) -> str:
        return self.op("Cast", x, to=FLOATS)

    def rounded(self, x: str) -> str:
        return self.op("Floor", self.op("Add", x, 0.5))

    def byte(self, x: str) -> str:
        """What a byte would hold of x, still as floats."""
        return self.clip(self.rounded(x), 0, 255)

    def mix(self, weight: str, other: str, one: str) -> str:
        """other + weight·(one - other)"""
        return self.op("Add", other, self.op("Mul", weight, self.op("Sub", one, other)))

    # Spatial operators, on planes [1,1,h,w].

    def tables(self, name: str) -> tuple[str, ...]:
        """Inputs: for rows and for columns, indices and weights [n,K]."""
        made = []
        for side in ("rows", "columns"):
            made.append(self.input(f"{name}_{side}", INTS, f"{name}_{side}", f"{name}_{side}_taps"))
            made.append(self.input(f"{name}_{side}_weights", FLOATS, f"{name}_{side}", f"{name}_{side}_taps"))
        return tuple(made)

    def resample(self, x: str, tables: tuple[str, ...], axis: int = 2, behind: int = 0) -> str:
        """x's rows and columns, at axis and the next, by tables; behind: how many axes follow."""
        rows, row_weights, columns, column_weights = tables
        for index, weights, at, after in ((rows, row_weights, axis, behind + 1), (columns, column_weights, axis + 1, behind)):
            taken = self.op("Gather", x, index, axis=at)
            if after:
                weights = self.axes("Unsqueeze", weights, list(range(2, 2 + after)))
            x = self.axes("ReduceSum", self.op("Mul", taken, weights), [at + 1], keepdims=0)
        return x

    def interpolate(self, x: str, tables: tuple[str, ...], axis: int = 2, behind: int = 0) -> str:
        """resample, of bytes to bytes, with the whole numbers that OpenCV interpolates bytes by: weights of 1/2048, of the
        sums in a row all but 7 bits after the point, of their parts in a column all but 2. To the last bit, so that the
        networks see the same picture: half of SegNet's doubts at an edge hang on a bit."""
        rows, row_weights, columns, column_weights = tables
        fixed = lambda weights, after: self.axes("Unsqueeze", self.op("Round", self.op("Mul", weights, 2048.0)), after) if after else \
            self.op("Round", self.op("Mul", weights, 2048.0))
        taken = self.op("Mul", self.op("Gather", x, columns, axis=axis + 1), fixed(column_weights, list(range(2, 2 + behind))))
        x = self.op("Floor", self.op("Mul", self.axes("ReduceSum", taken, [axis + 2], keepdims=0), 1 / 16))
        taken = self.op("Mul", self.op("Gather", x, rows, axis=axis), fixed(row_weights, list(range(2, 3 + behind))))
        x = self.axes("ReduceSum", self.op("Floor", self.op("Mul", taken, 1 / 65536)), [axis + 1], keepdims=0)
        return self.clip(self.op("Floor", self.op("Mul", self.op("Add", x, 2.0), 1 / 4)), 0, 255)

    def box(self, x: str, radius: int) -> str:
        """The mean over (2·radius+1)², the border reflected."""
        pads = self.constant([0, 0, radius, radius] * 2, np.int64)
        side = 2 * radius + 1
        return self.op("AveragePool", self.op("Pad", x, pads, mode="reflect"), kernel_shape=[side, side])

    def most(self, x: str, radius: int) -> str:
        side = 2 * radius + 1
        return self.op("MaxPool", x, kernel_shape=[side, side], pads=[radius] * 4)

    def least(self, x: str, radius: int) -> str:
        return self.op("Neg", self.most(self.op("Neg", x), radius))

    def grey(self, picture: str) -> str:
        """[1,h,w,3] blue, green, red -> luminance [1,1,h,w], bytes as floats."""
        weighted = self.op("Mul", picture, np.array([0.114, 0.587, 0.299]))
        return self.byte(self.axes("Unsqueeze", self.axes("ReduceSum", weighted, [3], keepdims=0), [1]))

    def model(self) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs,
                                  [numpy_helper.from_array(v, k) for k, v in self.constants.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
        helper.set_model_props(model, {"name": f"device/{self.name}", "contract": str(manifest.CONTRACT), "licence": manifest.TERMS})
        onnx.checker.check_model(model, full_check=True)
        return model


def load() -> Graph:
    """Of the host's frame: itself on the device, its luminance, and that again small, for the mask's edges."""
    g = Graph("load")
    frame = g.input("image", BYTES, 1, "H", "W", 3)
    luma = g.grey(g.floats(frame))
    guide = g.byte(g.resample(luma, g.tables("guide")))
    g.output(frame, "frame", BYTES, 1, "H", "W", 3)
    g.output(g.op("Cast", luma, to=BYTES), "luma", BYTES, 1, 1, "H", "W")
    g.output(g.op("Cast", guide, to=BYTES), "guide", BYTES, 1, 1, "guide_rows", "guide_columns")
    return g


def resize(name: str) -> Graph:
    """A picture at another size: shrunk by area means, or interpolated."""
    g = Graph(name)
    image, to = g.floats(g.input("image", BYTES, 1, "H", "W", 3)), g.tables("to")
    resized = g.byte(g.resample(image, to, axis=1, behind=1)) if name == "shrink" else g.interpolate(image, to, axis=1, behind=1)
    g.output(g.op("Cast", resized, to=BYTES), "resized", BYTES, 1, "to_rows", "to_columns", 3)
    return g


def refine() -> Graph:
    """SegNet's mask, steady, tidy, sharp and soft, and what it makes of the alphas and the styles' shares.

    `was_` is what the last frame's `is_` left; `fresh` is 1 where nothing is to be remembered.
    """
    g = Graph("refine")
    plane, fine = (1, 1, "h", "w"), (1, 1, "gh", "gw")
    raw, bytes_ = g.input("raw", FLOATS, *plane), g.input("guide", BYTES, *fine)
    was = {name: g.input(f"was_{name}", FLOATS, *shape) for name, shape in
           (("mask", plane), ("luma", plane), ("activity", plane), ("guide", fine))}
    fresh, rate = g.input("fresh", FLOATS, 1), g.input("rate", FLOATS, 1)
    small, up, soften, places = (g.tables(name) for name in ("small", "up", "soften", "places"))
    back, front = g.input("back", FLOATS, 1, 2, 1, 1), g.input("front", FLOATS, 1, 2, 1, 1)
    back_share, front_share = g.input("back_share", FLOATS, 1, "S", 1, 1), g.input("front_share", FLOATS, 1, "S", 1, 1)

    guide255 = g.floats(bytes_)
    seen_guide = g.op("Mul", guide255, 1 / 255)
    seen = g.op("Mul", g.interpolate(guide255, small), 1 / 255)
    fresh = g.op("Cast", fresh, to=TensorProto.BOOL)  # chosen by, not mixed by: what was never written may be no number
    new = lambda anew, on: g.op("Where", fresh, anew, on)

    # Steady.
    mean = lambda x: g.op("ReduceMean", x, axes=[2, 3])
    gain = g.clip(g.op("Div", mean(was["luma"]), g.op("Max", mean(seen), 1e-9)), 0.8, 1.25)
    change = g.op("Abs", g.op("Sub", g.op("Mul", gain, seen), was["luma"]))
    change = g.most(g.box(change, 1), 2)
    change = g.clip(g.op("Mul", g.op("Sub", change, STILL), 1 / (MOVED - STILL)), 0, 1)
    activity = new(0.0, g.op("Max", change, g.op("Mul", was["activity"], DECAY)))
    slow = g.op("Mul", g.op("Sub", 1.0, activity), rate)
    follow = g.op("Add", activity, slow)
    step = g.op("Sub", raw, was["mask"])
    doubt = g.clip(g.op("Mul", g.op("Abs", step), 1 / CALM), 0, 1)
    steady = g.op("Add", was["mask"], g.op("Mul", step, g.op("Add", activity, g.op("Mul", slow, doubt))))
    mask = new(raw, steady)
    luma = new(seen, g.mix(follow, was["luma"], seen))
    guide = new(seen_guide, g.mix(g.resample(follow, up), was["guide"], seen_guide))

    # Tidy.
    tidy = g.op("Min", mask, g.most(g.least(mask, THIN), REACH))
    tidy = g.op("Max", tidy, g.least(g.most(tidy, THIN), REACH))

    # Sharpen.
    box = lambda x: g.box(x, EDGE_RADIUS)
    mean_i, mean_p = box(luma), box(tidy)
    covariance = g.op("Sub", box(g.op("Mul", luma, tidy)), g.op("Mul", mean_i, mean_p))
    variance = g.op("Sub", box(g.op("Mul", luma, luma)), g.op("Mul", mean_i, mean_i))
    a = g.op("Div", covariance, g.op("Add", variance, EDGE_DOUBT))
    b = g.op("Sub", mean_p, g.op("Mul", a, mean_i))
    q = g.op("Add", g.op("Mul", g.resample(box(a), up), guide), g.resample(box(b), up))
    sharp = g.byte(g.op("Add", g.op("Mul", q, 255 * CERTAINTY), 255 * (1 - CERTAINTY) / 2))

    # Feather, and the person's part of each place.
    around = g.byte(g.resample(sharp, soften))
    soft = g.op("Max", sharp, g.clip(g.op("Add", around, around), 0, 255))
    person = g.byte(g.resample(soft, places))
    person = g.clip(g.op("Sub", g.op("Mul", person, 2 / 255), 1.0), 0, 1)

    for name, value, shape in (("mask", mask, plane), ("luma", luma, plane), ("activity", activity, plane), ("guide", guide, fine)):
        g.output(value, f"is_{name}", FLOATS, *shape)
    g.output(g.op("Cast", sharp, to=BYTES), "sharp", BYTES, *fine)
    g.output(g.op("Cast", soft, to=BYTES), "soft", BYTES, *fine)
    g.output(g.mix(person, back, front), "alpha", FLOATS, 1, 2, "places_rows", "places_columns")
    g.output(g.mix(person, back_share, front_share), "share", FLOATS, 1, "S", "places_rows", "places_columns")
    return g


def compose() -> Graph:
    """The picture: the painting at the frame's size, with the frame's fine luminance, and near alpha 0 the frame itself."""
    g = Graph("compose")
    frame = g.floats(g.input("frame", BYTES, 1, "H", "W", 3))
    luma = g.floats(g.input("luma", BYTES, 1, 1, "H", "W"))
    painting, content = (g.floats(g.input(name, BYTES, 1, "h", "w", 3)) for name in ("painting", "content"))
    sharp, soft = (g.floats(g.input(name, BYTES, 1, 1, "gh", "gw")) for name in ("sharp", "soft"))
    up, to_frame = g.tables("up"), g.tables("full")
    # Of the background and of the person, 0..255.
    weights = {name: (g.input(f"{name}_back", FLOATS, 1), g.input(f"{name}_front", FLOATS, 1)) for name in ("detail", "photo")}

    def inner(x: str) -> str:
        """Without the margin."""
        return g.op("Slice", x, *(g.constant(v, np.int64) for v in ([MARGIN] * 2, [-MARGIN] * 2, [1, 2])))

    def weigh(name: str, by: str) -> str:
        back, front = weights[name]
        return g.byte(g.op("Add", back, g.op("Mul", g.op("Mul", g.op("Sub", front, back), 1 / 255), by)))

    painting, content = inner(painting), inner(content)
    raised = g.interpolate(painting, up, axis=1, behind=1)
    tones, places = g.grey(painting), g.byte(g.box(g.grey(content), 2))
    fine = g.clip(g.op("Add", g.op("Sub", tones, g.byte(g.box(tones, 2))), 128.0), 0, 255)
    base = g.clip(g.op("Sub", g.op("Add", places, fine), 128.0), 0, 255)
    lines = g.op("Sub", luma, g.interpolate(base, up))

    detail = weigh("detail", g.interpolate(soft, to_frame))
    amount = g.rounded(g.op("Mul", g.op("Mul", g.op("Abs", lines), detail), 1 / 255))
    amount = g.op("Mul", amount, g.op("Sign", lines))
    channels = lambda x: g.axes("Unsqueeze", g.axes("Squeeze", x, [1]), [3])
    raised = g.clip(g.op("Add", raised, channels(amount)), 0, 255)

    certain = g.clip(g.op("Sub", g.op("Mul", g.interpolate(sharp, to_frame), 2.0), 255.0), 0, 255)
    photo = channels(weigh("photo", certain))
    share = lambda x, w: g.rounded(g.op("Mul", g.op("Mul", x, w), 1 / 255))
    picture = g.op("Add", share(raised, g.op("Sub", 255.0, photo)), share(frame, photo))
    g.output(g.op("Cast", g.clip(picture, 0, 255), to=BYTES), "picture", BYTES, 1, "H", "W", 3)
    return g


def export(folder: Path) -> None:
    entries = []
    for graph in (load(), resize("shrink"), resize("interpolate"), refine(), compose()):
        file, content = f"device-{graph.name}.onnx", graph.model().SerializeToString(deterministic=True)
        manifest.write(folder / file, content)
        entries.append(manifest.entry("device", graph.name, file, content, "1", [], "none: no weights"))
        print(f"{file}: {len(content):,} bytes, {len(graph.nodes)} operators")
    manifest.enter(folder, entries)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("models"))
    export(parser.parse_args().models)


if __name__ == "__main__":
    main()
