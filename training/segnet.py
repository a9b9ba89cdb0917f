"""SegNet: which pixels are a person.

Badrinarayanan, Kendall and Cipolla, "SegNet" (2015): an encoder that has learnt to tell pictures apart, and a decoder that puts
what is coarse where the maxima of the finer features stand. Theirs is VGG; here it is EfficientNet-Lite, made for phones. The decoder
is made of separable convolutions, and reads the finer features themselves besides (U-Net), which outlines gain from.

    picture ──── 1/2 ──── 1/4 ──── 1/8 ──── 1/16 ──── 1/32              EfficientNet-Lite
                  │        │        │        │         └── gated by the picture's mean
                  │        │        │        └─ unpool
                  │        │        └─ unpool                          decoder: at each step the coarse features are enlarged
                  │        └─ unpool                                   twice, smoothly and to the maxima, and the finer ones
                  └─ unpool ── 4 planes ── pixel shuffle ── logits     are added

What a picture alone tells of an outline trembles with a camera's noise; `steadied` lets a film's masks lean on those before.
"""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .efficientnet import LITE0, LITE2, EfficientNet

SIZES = {"lite": (LITE0, (24, 32, 48, 96)), "full": (LITE2, (48, 64, 96, 128))}  # encoder, and the decoder's widths at 1/2 .. 1/16

FLOOR = 0.5  # what is added to features before they are compared: where nothing is, nothing stands out


def conv_norm(inputs: int, outputs: int, kernel: int = 1, groups: int = 1, act: bool = True) -> nn.Sequential:
    """Convolution and batch normalisation (folded into it at export), then ReLU unless act is false."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if act else nn.Sequential(*layers)


class Separable(nn.Module):
    """Depthwise, then pointwise convolution, residual."""

    def __init__(self, width: int, kernel: int):
        super().__init__()
        self.depthwise = conv_norm(width, width, kernel, groups=width, act=False)
        self.pointwise = conv_norm(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.pointwise(self.depthwise(x))


class Up(nn.Module):
    """One step of the decoder: from coarse features to features twice as fine, beside the encoder's.

    rounded: the coarse sides may be a half rounded up, and what lies beyond the fine ones is cut off.
    """

    def __init__(self, coarse: int, side: int, width: int, rounded: bool):
        super().__init__()
        self.narrow, self.side = conv_norm(coarse, width), conv_norm(side, width)
        self.mix = nn.Sequential(Separable(width, 5), Separable(width, 3))
        self.rounded = rounded

    def twice(self, x: Tensor, fine: Tensor, mode: str) -> Tensor:
        """x enlarged to the sides of fine, "nearest" or "bilinear"."""
        large = F.interpolate(x, scale_factor=2, mode=mode, align_corners=None if mode == "nearest" else False)
        return large[..., :fine.shape[-2], :fine.shape[-1]] if self.rounded else large

    def unpool(self, x: Tensor, fine: Tensor) -> Tensor:
        """x where fine, which is never negative (it comes from a ReLU), has the maxima of its 2x2 pooling; less of it the smaller fine is
        beside them, and nothing where it is less than half (FLOOR added to both).

        SegNet has MaxPool's indices. Of places that are nearly equal a camera's noise chooses now one, now another, and masks flicker.
        """
        top = F.max_pool2d(fine, 2, ceil_mode=self.rounded)
        near = F.relu((fine + FLOOR) * self.twice(2 / (top + FLOOR), fine, "nearest") - 1)
        return self.twice(x, fine, "nearest") * near

    def forward(self, x: Tensor, fine: Tensor) -> Tensor:
        x, fine = self.narrow(x), self.side(fine)
        return self.mix(self.unpool(x, fine) + self.twice(x, fine, "bilinear") + fine)


class SegNet(nn.Module):
    """RGB (N,3,H,W) in 0..1, H and W multiples of 16 -> logits (N,1,H,W) of "person"."""

    def __init__(self, size: str = "lite"):
        super().__init__()
        encoder, widths = SIZES[size]
        self.encoder = EfficientNet(encoder)
        *sides, deepest = encoder.features
        self.context = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(deepest, deepest, 1), nn.Sigmoid())
        coarser = (*widths[1:], deepest)
        last = len(widths) - 1
        self.decoder = nn.ModuleList(Up(coarser[i], sides[i], width, rounded=i == last) for i, width in enumerate(widths))
        self.head = nn.Conv2d(widths[0], 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        *features, x = self.encoder(x)
        x = x * self.context(x)
        for up, fine in zip(reversed(self.decoder), reversed(features)):
            x = up(x, fine)
        return F.pixel_shuffle(self.head(x), 2)


WINDOW = 7                # pixels: noise cancels out in it; where an outline moves, all of it changes to one side
GATE = (3.0, 10.0, 40.0)  # as logits: what is kept where nothing changed, and what changes of a pixel and of its window take from that


def steadied(mask: Tensor, previous: Tensor) -> Tensor:
    """The mask of a picture alone and that of the frame before, steadied itself, (N,1,H,W) in 0..1 -> a mask that keeps the last where
    the two differ as noise makes them differ, and none of it where something moved.

    A gate as recurrent networks have it (Cho et al., 2014), of a fixed form: where a window changes by 0.02 seven eighths of the last mask are
    kept, at 0.06 half, at 0.1 an eighth. So a mask lags by at most 0.03 where a window changes alike, by 0.16 at single pixels, and a twentieth of
    every change is taken up at least: nothing stays for good. Of a film's first mask, before which stand zeros, only what is
    faint and thin becomes fainter.
    """
    change = mask - previous
    around = F.avg_pool2d(change, WINDOW, 1, WINDOW // 2, count_include_pad=False)
    still, of_pixel, of_window = GATE
    return mask - change * torch.sigmoid(still - of_pixel * change.abs() - of_window * around.abs())
