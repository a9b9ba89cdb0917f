"""SegNet: which pixels are a person.

Badrinarayanan, Kendall and Cipolla, "SegNet" (2015): an encoder with the layers of VGG, whose poolings remember where
each maximum stood, and a decoder that unpools to those places. The encoder here is a VGG-19 with a quarter of the filters,
distilled from the full one (Wang et al., "Collaborative Distillation", 2020); the decoder is made of separable convolutions,
and reads the encoder's features through a 1x1 convolution besides, which outlines gain from.

    picture ── 16 ─┬─ 32 ─┬─ 64 ─┬─ 128 ─┬─ 128          encoder, a pooling at each ┬ (1/1 .. 1/16)
                   │      │      │       └── context     separable 5x5, gated by the picture's mean
                   ·      │      └─ unpool, +side, 128   decoder, back up to 1/2
                   ·      └─ unpool, +side, 64
                   └─ unpool, +side, 32 ── 4 planes ── pixel shuffle ── logits at 1/1
"""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .vgg import LAYERS, WIDTHS, load_distilled

FULL = LAYERS
LIGHT = tuple(name for name in FULL if name not in ("33", "34", "43", "44"))  # two convolutions a level: 0.7 of the time

EQUAL = 1 - 1e-3  # of the maximum: mixed precision rounds the two sides of the comparison differently


def conv_norm(inputs: int, outputs: int, kernel: int = 1, groups: int = 1, act: bool = True) -> nn.Sequential:
    """Convolution and batch normalisation (folded into it at export), then ReLU unless act is false."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if act else nn.Sequential(*layers)


class Separable(nn.Module):
    """Depthwise, then pointwise convolution, residual where the widths allow."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3):
        super().__init__()
        self.depthwise = conv_norm(inputs, inputs, kernel, groups=inputs, act=False)
        self.pointwise = conv_norm(inputs, outputs)
        self.residual = inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = self.pointwise(self.depthwise(x))
        return x + y if self.residual else y


def enlarge(x: Tensor, mode: str) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode=mode, align_corners=None if mode == "nearest" else False)


def pool(x: Tensor) -> tuple[Tensor, Tensor]:
    """2x2 max pooling, and 1 where a maximum stood (several on a tie).

    A comparison, not MaxPool's indices: every runtime has it on every device. x is never negative (it comes from a ReLU).
    """
    top = F.max_pool2d(x, 2)
    return top, (x >= enlarge(top, "nearest") * EQUAL).to(x.dtype)


def unpool(x: Tensor, where: Tensor) -> Tensor:
    return enlarge(x, "nearest") * where


class SegNet(nn.Module):
    """RGB (N,3,H,W) in 0..1, H and W multiples of 16 -> logits (N,1,H,W) of "person".

    layers: the encoder's, FULL as in VGG, or LIGHT.
    """

    def __init__(self, layers: tuple[str, ...] = FULL, widths: tuple[int, ...] = WIDTHS):
        super().__init__()
        self.layers = layers
        self.mean = nn.Conv2d(3, 3, 1)
        self.encoder = nn.ModuleDict()
        channels = 3
        for name in layers:
            if name != "pool":
                width = widths[int(name[0]) - 1]
                self.encoder[name] = nn.Conv2d(channels, width, 3, padding=1)
                channels = width
        self.norm = nn.ModuleList(nn.BatchNorm2d(c) for c in widths[1:])
        self.deep = nn.Sequential(*(Separable(channels, channels, 5) for _ in range(3)))
        self.context = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, channels, 1), nn.Sigmoid())
        levels = (3, 2, 1)
        self.narrow = nn.ModuleList(conv_norm(widths[i + 1], widths[i]) for i in levels)
        self.side = nn.ModuleList(conv_norm(widths[i], widths[i]) for i in levels)
        self.decoder = nn.ModuleList(
            nn.Sequential(Separable(widths[i], widths[i], 5), Separable(widths[i], widths[i])) for i in levels)
        self.head = nn.Conv2d(widths[1], 4, 3, padding=1)

    def start_from_vgg(self, folder) -> None:
        """Take the encoder's weights from the distilled VGG in folder."""
        weights = load_distilled(folder)
        self.mean.load_state_dict({k: weights[f"conv0.{k}"] for k in ("weight", "bias")})
        for name, layer in self.encoder.items():
            layer.load_state_dict({k: weights[f"conv{name}.{k}"] for k in ("weight", "bias")})

    def encode(self, x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Features before each pooling and at the end; where the maxima stood."""
        x, features, marks = self.mean(x), [], []
        for name in self.layers:
            if name == "pool":
                features.append(x)
                x, where = pool(x)
                marks.append(where)
            else:
                x = F.relu(self.encoder[name](x))
        return [*features, x], marks

    def forward(self, x: Tensor) -> Tensor:
        features, marks = self.encode(x)
        x = self.deep(self.norm[3](features[4]))
        x = x * self.context(x)
        for step, level in enumerate((3, 2, 1)):
            x = self.narrow[step](x)
            x = unpool(x, marks[level]) + enlarge(x, "bilinear")
            x = self.decoder[step](x + self.side[step](self.norm[level - 1](features[level])))
        return F.pixel_shuffle(self.head(x), 2)
