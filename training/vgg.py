"""VGG-19 as a judge of content and style.

Two networks, both with the normalised weights of Gatys et al. (mean activation about 1 in every layer, so that layers'
losses compare without weights): the exact one as far as relu3_1, and one with a quarter of the filters, distilled from it,
as far as relu5_1, with 1x1 convolutions that map its features to the widths of the full network.
"""
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EXACT_FILE = "vgg_normalised_to_relu3_1_fp16.pth"
DISTILLED_FILE = "small16x_relu5_1_fp16.pth"
LAYERS = ("11", "12", "pool", "21", "22", "pool", "31", "32", "33", "34", "pool", "41", "42", "43", "44", "pool", "51")
WIDTHS = (16, 32, 64, 128, 128)
FULL_WIDTHS = (64, 128, 256, 512, 512)


def _load(path: Path) -> dict[str, Tensor]:
    weights = torch.load(path, map_location="cpu", weights_only=True)
    return {name: value.float() for name, value in weights.items()}


class _Vgg(nn.Module):
    """Convolutions on reflected borders, as the published weights were made for."""

    def __init__(self, weights: dict[str, Tensor]):
        super().__init__()
        for name, value in weights.items():
            self.register_buffer(name.replace(".", "_"), value)

    def conv(self, name: str, x: Tensor) -> Tensor:
        weight, bias = getattr(self, f"conv{name}_weight"), getattr(self, f"conv{name}_bias")
        if weight.shape[-1] == 3:
            x = F.pad(x, (1, 1, 1, 1), mode="reflect")
        return F.conv2d(x, weight, bias)


class Exact(_Vgg):
    """RGB (N,3,H,W) in 0..1 -> relu1_1, relu2_1, relu3_1 (64, 128, 256 channels)."""

    def __init__(self, folder):
        super().__init__(_load(Path(folder) / EXACT_FILE))

    def forward(self, x: Tensor) -> list[Tensor]:
        relu1 = F.relu(self.conv("1_1", self.conv("0", x)))
        x = F.max_pool2d(F.relu(self.conv("1_2", relu1)), 2, ceil_mode=True)
        relu2 = F.relu(self.conv("2_1", x))
        x = F.max_pool2d(F.relu(self.conv("2_2", relu2)), 2, ceil_mode=True)
        return [relu1, relu2, F.relu(self.conv("3_1", x))]


def _blank() -> dict[str, Tensor]:
    """The distilled network's weights, all zero."""
    shapes, inputs = {"conv0": (3, 3, 1, 1)}, 3
    for name in LAYERS:
        if name != "pool":
            shapes[f"conv{name}"] = (WIDTHS[int(name[0]) - 1], inputs, 3, 3)
            inputs = WIDTHS[int(name[0]) - 1]
    for level, (own, full) in enumerate(zip(WIDTHS, FULL_WIDTHS), 1):
        shapes[f"conv{level}1_aux"] = (full, own, 1, 1)
    return {f"{name}.{part}": torch.zeros(shape[:1] if part == "bias" else shape)
            for name, shape in shapes.items() for part in ("weight", "bias")}


class Distilled(_Vgg):
    """RGB (N,3,H,W) in 0..1 -> relu1_1 .. relu5_1 (64, 128, 256, 512, 512 channels, VGG-19's own widths)."""

    def __init__(self, folder=None):
        """Without a folder: for weights that are loaded later, as a part of a network."""
        super().__init__(_load(Path(folder) / DISTILLED_FILE) if folder else _blank())

    def features(self, x: Tensor) -> list[Tensor]:
        """Its own, of WIDTHS channels."""
        x, features = self.conv("0", x), []
        for name in LAYERS:
            if name == "pool":
                x = F.max_pool2d(x, 2)
                continue
            x = F.relu(self.conv(name, x))
            if name.endswith("1"):
                features.append(x)
        return features

    def forward(self, x: Tensor) -> list[Tensor]:
        return [F.relu(self.conv(f"{level}1_aux", f)) for level, f in enumerate(self.features(x), 1)]


def moments(f: Tensor, eps: float = 1e-5) -> tuple[Tensor, Tensor]:
    """(N,C,H,W) -> mean and standard deviation over space, (N,C) each, in single precision."""
    f = f.float()
    mean = f.mean((2, 3))
    if f.requires_grad:  # `var` took a tenth of a step; it stays in what is exported, and thus in cached styles
        apart = f - mean.detach()[..., None, None]  # the mean's own part of the gradient is 0
        variance = torch.linalg.vector_norm(apart, dim=(2, 3)).square() / (f.shape[2] * f.shape[3])
    else:
        variance = f.var((2, 3), correction=0)
    return mean, (variance + eps).sqrt()


def normalised(f: Tensor) -> Tensor:
    """Mean 0 and variance 1 over space: what is where, without the style's strength (the content)."""
    mean, std = moments(f)
    return (f.float() - mean[..., None, None]) / std[..., None, None]
