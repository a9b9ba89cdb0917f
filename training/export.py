"""Write the trained networks as the ONNX graphs that the program runs, and enter them into the manifest.

    python -m training.export --segnet FILE.pt --segnet-full FILE.pt --sanet FILE.pt --sanet-full FILE.pt \
        [--models models] [--keep training/weights]

The graphs keep the program's contract (docs/design.md): uint8 BGR pictures in and out, batch 1, sizes any multiple of 16, opset 17.
Each is run by ONNX Runtime at the sizes it is made for and must give what PyTorch gives (below 1e-3) before anything is written.
Weights are stored in half precision and cast when the graph is loaded, which ONNX Runtime does once.
"""
import argparse
import io
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from . import manifest
from .loop import save, weights_of
from .sanet import SANet, Style
from .segnet import SegNet, steadied

OPSET, IR = 17, 10
TOLERANCE = 1e-3   # of the graph from PyTorch
ROUNDING = 5e-2    # of the graph with weights in half precision; the measures are taken of that graph
STYLE_SIDE = 256
SIZES = ((144, 192), (112, 192), (192, 256), (144, 256))  # that painting is compared at, by one to four styles
PEOPLE = "people and empty scenes of COCO 2017, CCP, EG1800, CelebAMask-HQ, Pascal VOC, Flickr8k, ImageNet's samples, Penn-Fudan, DAVIS, BSDS500 and others, many labelled or mended by Robust Video Matting's network, some earlier by MediaPipe's; encoder by Google (Apache-2.0), trained on ImageNet; see models/cards/segnet-lite.md"
PAINTINGS = "photographs of COCO 2017, BSDS500 and Flickr, paintings of WikiArt and others, MicroAST's paintings (MIT); VGG-19 distilled by Huan Wang (MIT), trained on ImageNet; see models/cards/sanet-lite.md"


def picture_in(image: Tensor) -> Tensor:
    """uint8 BGR (1,h,w,3) -> RGB (1,3,h,w) in 0..1."""
    return image.float().permute(0, 3, 1, 2)[:, [2, 1, 0]] * (1 / 255)


def picture_out(rgb: Tensor) -> Tensor:
    """RGB (1,3,h,w) in 0..1 -> uint8 BGR (1,h,w,3)."""
    return (rgb[:, [2, 1, 0]] * 255 + 0.5).clamp(0, 255.5).permute(0, 2, 3, 1).to(torch.uint8)


class SegNetGraph(nn.Module):
    def __init__(self, net: SegNet):
        super().__init__()
        self.net = net

    def forward(self, image: Tensor, previous: Tensor) -> Tensor:
        return steadied(torch.sigmoid(self.net(picture_in(image))), previous)


class StyleGraph(nn.Module):
    def __init__(self, net: SANet):
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        return tuple(t.squeeze(1) for t in self.net.encode(picture_in(image)))


class PaintGraph(nn.Module):
    def __init__(self, net: SANet):
        super().__init__()
        self.net = net

    def forward(self, image, low_keys, low_values, high_keys, high_values, tone, share, alpha) -> Tensor:
        style = Style(*(t.unsqueeze(0) for t in (low_keys, low_values, high_keys, high_values, tone)))
        return picture_out(self.net.paint(picture_in(image), style, share, alpha))


@dataclass(frozen=True)
class Graph:
    """One file of the contract."""
    name: str
    file: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    axes: dict[str, dict[int, str]]
    sizes: tuple[tuple[int, int], ...]
    data: str
    model: str = "lite"


TENSORS = Style._fields
SPACE = {1: "h", 2: "w"}
FRAMES = ((144, 192), (112, 192), (288, 384), (224, 384))  # of 4:3 and 16:9, as the program's qualities have them
MASKS = {"inputs": ("image", "previous"), "outputs": ("mask",), "data": PEOPLE,
         "axes": {"image": SPACE, "previous": {2: "h", 3: "w"}, "mask": {2: "h", 3: "w"}}}
SEGNET = Graph("segnet", "segnet-lite.onnx", sizes=FRAMES, **MASKS)
SEGNET_FULL = Graph("segnet", "segnet-full.onnx", sizes=FRAMES, model="full", **MASKS)
STYLE = Graph("sanet-style", "sanet-lite-style.onnx", ("image",), TENSORS, {}, ((STYLE_SIDE, STYLE_SIDE),), PAINTINGS)
PAINTED = {"inputs": ("image", *TENSORS, "share", "alpha"), "outputs": ("painting",), "data": PAINTINGS, "sizes": ((192, 256), (144, 256)),
           "axes": {"image": SPACE, "painting": SPACE, **{t: {0: "styles"} for t in TENSORS},
                    "share": {1: "styles", 2: "h/4", 3: "w/4"}, "alpha": {2: "h/4", 3: "w/4"}}}
PAINT = Graph("sanet-paint", "sanet-lite-paint.onnx", **PAINTED)
PAINT_FULL = Graph("sanet-paint", "sanet-full-paint.onnx", model="full", **PAINTED)


def examples(graph: Graph, net: nn.Module, height: int, width: int, styles: int) -> dict[str, Tensor]:
    """Inputs of a graph at a size, seeded: a smooth picture with noise on it."""
    make = torch.Generator().manual_seed(height * width + styles)

    def picture(n: int, h: int, w: int) -> Tensor:
        coarse = torch.rand(n, 3, 6, 8, generator=make)
        x = F.interpolate(coarse, (h, w), mode="bicubic") * 255 + torch.randn(n, 3, h, w, generator=make) * 8
        return x.clamp(0, 255).byte().permute(0, 2, 3, 1).contiguous()

    if graph.name == "segnet":
        return {"image": picture(1, height, width), "previous": torch.rand(1, 1, height, width, generator=make)}
    if graph.name == "sanet-style":
        return {"image": picture(1, height, width)}
    style = net.encode(torch.cat([picture_in(p[None]) for p in picture(styles, STYLE_SIDE, STYLE_SIDE)]))
    share = torch.rand(1, styles, height // 4, width // 4, generator=make)
    return {"image": picture(1, height, width), **{k: v.squeeze(1) for k, v in style._asdict().items()},
            "share": share / share.sum(1, keepdim=True),
            "alpha": torch.rand(1, 2, height // 4, width // 4, generator=make)}


def to_onnx(graph: Graph, module: nn.Module, inputs: dict[str, Tensor]) -> onnx.ModelProto:
    buffer = io.BytesIO()
    torch.onnx.export(module, tuple(inputs.values()), buffer, input_names=list(graph.inputs), output_names=list(graph.outputs),
                      dynamic_axes=graph.axes, opset_version=OPSET, dynamo=False)
    model = onnx.load_from_string(buffer.getvalue())
    model.ir_version = IR
    return model


def halve(model: onnx.ModelProto) -> None:
    """Store weights as float16, each followed by a Cast."""
    casts = []
    for index, weight in enumerate(model.graph.initializer):
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < 16:
            continue
        name = weight.name
        model.graph.initializer[index].CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], f"Cast.{name}", to=TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(casts + nodes)


def check(graph: Graph, module: nn.Module, net: nn.Module, model: onnx.ModelProto, tolerance: float) -> float:
    """The largest difference between ONNX Runtime and PyTorch over sizes and, where a network paints, numbers of styles; pictures in 0..1."""
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    worst = 0.0
    for styles, (height, width) in enumerate(SIZES if graph.name == PAINT.name else graph.sizes, 1):
        inputs = examples(graph, net, height, width, styles)
        expected = module(*inputs.values())
        got = session.run(None, {k: v.numpy() for k, v in inputs.items()})
        for ours, theirs in zip((expected,) if isinstance(expected, Tensor) else expected, got):
            if theirs.dtype == np.uint8:  # a value on the edge between two integers may fall to either side
                difference = np.maximum(np.abs(ours.numpy().astype(int) - theirs) - 1, 0) / 255
            else:
                difference = np.abs(ours.numpy() - theirs) / max(1.0, float(ours.abs().max()))
            worst = max(worst, float(difference.max()))
    if worst > tolerance:
        raise SystemExit(f"{graph.file}: ONNX Runtime and PyTorch differ by {worst:.2g}, more than {tolerance:g}")
    return worst


def load(net: nn.Module, file: Path) -> nn.Module:
    net.load_state_dict(weights_of(file))
    net.eval().requires_grad_(False)
    return net


def keep(net: nn.Module, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save(path, {"weights": {k: v.half() if v.is_floating_point() else v for k, v in net.state_dict().items()}})


def commit() -> str:
    answer = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or "unknown"


def alike(a: onnx.ModelProto, b: onnx.ModelProto) -> bool:
    """The same but for the names of values, which the exporter counts through the whole network, and for what is said of it."""
    def content(model: onnx.ModelProto) -> list:
        return [[(n.op_type, [x.SerializeToString() for x in n.attribute]) for n in model.graph.node],
                [(t.data_type, t.dims, t.raw_data) for t in model.graph.initializer],
                [p.value for p in model.metadata_props if p.key == "contract"]]
    return content(a) == content(b)


def export(graph: Graph, module: nn.Module, net: nn.Module, folder: Path, version: str) -> dict:
    """Write one graph; returns its entry of the manifest."""
    module.eval()  # torch.onnx.export restores the wrapper's mode, the network's with it
    with torch.no_grad():
        height, width = graph.sizes[0]
        model = to_onnx(graph, module, examples(graph, net, height, width, 2))
        difference = check(graph, module, net, model, TOLERANCE)
        halve(model)
        rounding = check(graph, module, net, model, ROUNDING)
        helper.set_model_props(model, {"name": f"{graph.model}/{graph.name}", "version": version, "contract": str(manifest.CONTRACT),
                                       "data": graph.data, "licence": manifest.TERMS, "commit": commit()})
    path = folder / graph.file
    if path.exists() and alike(onnx.load(path), model):
        content = path.read_bytes()  # its digest names the styles that it made
    else:
        content = model.SerializeToString()
        manifest.write(path, content)
    print(f"{graph.file}: {len(content):,} bytes, differs from PyTorch by {difference:.1e}, {rounding:.1e} with weights in half precision")
    return manifest.entry(graph.model, graph.name, graph.file, content, version, [list(size) for size in graph.sizes], graph.data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--segnet", type=Path)
    parser.add_argument("--segnet-full", type=Path)
    parser.add_argument("--sanet", type=Path)
    parser.add_argument("--sanet-full", type=Path)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--version", default="1")
    parser.add_argument("--keep", type=Path, help="folder for the weights in half precision, to go on from")
    args = parser.parse_args()
    if args.sanet_full and not args.sanet:
        parser.error("--sanet-full takes the styles of --sanet: give both")

    entries = []
    for graph, file in ((SEGNET, args.segnet), (SEGNET_FULL, args.segnet_full)):
        if file:
            net = load(SegNet(graph.model), file)
            entries.append(export(graph, SegNetGraph(net), net, args.models, args.version))
            if args.keep:
                keep(net, args.keep / f"segnet-{graph.model}.pt")
    if args.sanet:
        lite = load(SANet(), args.sanet)
        painters = {lite: ((STYLE, StyleGraph), (PAINT, PaintGraph))}
        if args.sanet_full:
            full = load(SANet("full"), args.sanet_full)
            painters[full] = ((PAINT_FULL, PaintGraph),)
            if not full.takes_styles_of(lite):
                raise SystemExit(f"{args.sanet_full} was not grown out of {args.sanet}, or that was trained on since: it takes other styles; "
                                 "grow it again (training.train_sanet --size full --grow)")
        for net, graphs in painters.items():
            entries += [export(graph, wrap(net), net, args.models, args.version) for graph, wrap in graphs]
            if args.keep:
                keep(net, args.keep / f"sanet-{net.size}.pt")
    manifest.enter(args.models, entries)


if __name__ == "__main__":
    main()
