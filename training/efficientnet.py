"""EfficientNet-Lite, SegNet's encoder.

Tan and Le, "EfficientNet" (2019), in the variant that Google made for phones: inverted residuals (Sandler et al.,
"MobileNetV2", 2018) with ReLU6 and without squeeze and excitation. Its published weights were trained on ImageNet.

    picture ── stem /2 ── stage 0 ── stage 1 /2 ── stage 2 /2 ── stages 3, 4 /2 ── stage 5 /2
                             │           │             │               │              │
    features at             1/2         1/4           1/8            1/16           1/32
"""
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

STEM = 32
EPSILON = 1e-3              # of the published batch normalisations
MEAN, SCALE = 127, 128      # of the published weights' input, 0..255
SHOWN = (0, 1, 2, 4, 5)     # stages whose ends are the features of a scale


@dataclass(frozen=True)
class Size:
    """One of the published sizes: widths and lengths of its first six stages."""
    file: str
    widths: tuple[int, ...]
    repeats: tuple[int, ...]

    @property
    def features(self) -> tuple[int, ...]:
        """Channels of what the encoder returns."""
        return tuple(self.widths[i] for i in SHOWN)


LITE0 = Size("efficientnet-lite0-57934424.pth", (16, 24, 40, 80, 112, 192), (1, 2, 2, 3, 3, 4))
LITE2 = Size("efficientnet-lite2-9656183e.pth", (16, 24, 48, 88, 120, 208), (1, 3, 3, 4, 4, 5))
KERNELS = (3, 3, 5, 3, 5, 5)
STRIDES = (1, 2, 2, 2, 1, 2)
EXPANSIONS = (1, 6, 6, 6, 6, 6)


class Conv(nn.Sequential):
    """Convolution and batch normalisation (folded into it at export), then ReLU6 unless act is false.

    At stride 2 there is one row and column of zeros more below and to the right than above and to the left, as the published weights
    were trained on even sides; odd ones are rounded up.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, act: bool = True):
        layers: list[nn.Module] = []
        padding = kernel // 2
        if stride == 2:
            layers.append(nn.ZeroPad2d((padding - 1, padding + 1, padding - 1, padding + 1)))
            padding = 0
        layers += [nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False), nn.BatchNorm2d(outputs, EPSILON)]
        super().__init__(*layers, *([nn.ReLU6(inplace=True)] if act else []))

    def weights(self) -> list[nn.Module]:
        """What has weights: the convolution and the normalisation."""
        return [layer for layer in self if isinstance(layer, (nn.Conv2d, nn.BatchNorm2d))]


class Block(nn.Module):
    """Inverted residual: widen, look around, narrow."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        wide = inputs * expansion
        self.expand = Conv(inputs, wide) if expansion > 1 else nn.Identity()
        self.depthwise = Conv(wide, wide, kernel, stride, groups=wide)
        self.project = Conv(wide, outputs, act=False)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class EfficientNet(nn.Module):
    """RGB (N,3,H,W) in 0..1, sides multiples of 16 -> features at 1/2, 1/4, 1/8, 1/16 and 1/32 (rounded up)."""

    def __init__(self, size: Size):
        super().__init__()
        self.size = size
        self.stem = Conv(3, STEM, 3, stride=2)
        stages, channels = [], STEM
        for width, repeats, kernel, stride, expansion in zip(size.widths, size.repeats, KERNELS, STRIDES, EXPANSIONS):
            blocks = []
            for i in range(repeats):
                blocks.append(Block(channels, width, kernel, stride if i == 0 else 1, expansion))
                channels = width
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)

    def forward(self, x: Tensor) -> list[Tensor]:
        x, features = self.stem(x * (255 / SCALE) - MEAN / SCALE), []
        for i, stage in enumerate(self.stages):
            x = stage(x)
            if i in SHOWN:
                features.append(x)
        return features

    def train(self, mode: bool = True) -> "EfficientNet":
        """The normalisations keep the published statistics, which a small batch could only blur."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self

    def load_published(self, folder) -> None:
        """Take the weights published for this size from folder."""
        published = torch.load(Path(folder) / self.size.file, map_location="cpu", weights_only=True)
        pairs = [("_conv_stem", "_bn0", self.stem)]
        for i, block in enumerate(block for stage in self.stages for block in stage):
            parts = [("_expand_conv", "_bn0", block.expand)] if isinstance(block.expand, Conv) else []
            parts += [("_depthwise_conv", "_bn1", block.depthwise), ("_project_conv", "_bn2", block.project)]
            pairs += [(f"_blocks.{i}.{conv}", f"_blocks.{i}.{norm}", layer) for conv, norm, layer in parts]
        for conv, norm, layer in pairs:
            for name, module in zip((conv, norm), layer.weights()):
                own = {k[len(name) + 1:]: v for k, v in published.items() if k.startswith(name + ".")}
                module.load_state_dict(own)
