"""SANet `full` as it starts: `lite`, trained, with more room that does nothing yet.

Blocks get channels, kernels get neighbours, and encoder and decoder get blocks at 1/2, all of which adds zero at first (Chen, Goodfellow
and Shlens, "Net2Net", 2016); what shuffled pixels becomes the mean of what was shuffled (before `lite`'s low pass: `full`
enlarges by its own). That alone is less than `lite` can do, and a few hundred steps make up for it. What styles are made by is taken
as it is, and stays.
"""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .sanet import Residual, SANet

FALL_OFF = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8  # what lies between the places that stride 2 keeps counts too: no aliasing


def widen(block: Residual, small: Residual) -> None:
    """The first channels inside a block do what the small one's do; the others add nothing."""
    n = small.first.out_channels
    block.first.weight[:n], block.first.bias[:n] = small.first.weight, small.first.bias
    block.second.weight.zero_()
    block.second.weight[:, :n] = small.second.weight
    block.second.bias.copy_(small.second.bias)


def centre(wide: nn.Conv2d, small: nn.Conv2d) -> None:
    """A wider kernel, which takes nothing of a place's neighbours yet."""
    wide.weight.copy_(F.pad(small.weight, [(wide.kernel_size[0] - small.kernel_size[0]) // 2] * 4))
    wide.bias.copy_(small.bias)


def silence(last: nn.Conv2d) -> None:
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)


def mean_of_four(to: nn.Conv2d, shuffled: nn.Conv2d) -> None:
    for mine, theirs in ((to.weight, shuffled.weight), (to.bias, shuffled.bias)):
        mine.copy_(theirs.unflatten(0, (-1, 4)).mean(1))


def spread(kernels: Tensor) -> Tensor:
    """(n,m,3,3) -> (n,m,6,6): the same kernel, followed by a mean over FALL_OFF."""
    return F.conv_transpose2d(kernels.flatten(0, 1).unsqueeze(1), torch.outer(FALL_OFF, FALL_OFF)[None, None]).reshape(*kernels.shape[:2], 6, 6)


@torch.no_grad()
def grown(lite: SANet) -> SANet:
    """A network of size `full`."""
    full = SANet("full")
    same = {k: v for k, v in lite.state_dict().items() if k in full.state_dict() and v.shape == full.state_dict()[k].shape}
    full.load_state_dict(same, strict=False)
    for block, small in zip((full.content.level4, full.content.level8, *full.decode4, full.decode2[0]),
                            (lite.content.level4, lite.content.level8, *lite.decode4, lite.decode2[0])):
        widen(block, small)
    for level, small in ((full.low, lite.low), (full.high, lite.high)):
        centre(level.mix[-1], small.mix[-1])
    for block in (full.content.level2[0], *full.decode2[1:]):
        silence(block.second)
    silence(full.finish.draw[-1])
    full.content.down4.weight.copy_(spread(lite.content.down4.weight))
    mean_of_four(full.widen[0], lite.widen[0])
    mean_of_four(full.finish.colours, lite.finish.colours)
    return full
