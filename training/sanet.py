"""SANet: paint a picture in a style, as much as asked at each place.

Park and Lee, "Arbitrary Style Transfer with Style-Attentional Networks" (2019): at two levels, each place of the content
asks (a query) which places of the style resemble it (keys) and takes up what they look like (values). What a style
contributes does not depend on the content: its keys and values are computed once and cached.

    style ── encoder ─┬─ 1/4 ── low keys, values                    once a style
                      └─ 1/8 ── high keys, values
                                       ├── moments ── tone: a scale and a shift per channel of the decoder, x α
    content ── encoder ─┬─ 1/2 ────────│──────── skip, x (1 - α) ─┐
                        ├─ 1/4 ── attend ── x α1 ──┐              │  every frame
                        └─ 1/8 ── attend ── x α2 ──+── decoder ───+── painting

α = (1, 1) is SANet's full painting, (0, 0) the photograph; both vary from place to place. The photograph is also mixed into
the outcome by (1 - α)², which makes α an even control: features alone change most of their look below α = 0.3. The paper's softmax is unscaled,
which flickers on video; here the product is scaled (Vaswani et al., 2017). Where several styles share a picture, each
attends over its own tokens and the outcomes are mixed by `share`.
"""
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

TOKENS = 16  # a side: a style is 16x16 keys and values at each level


class Style(NamedTuple):
    """What painting needs of S styles; T = 256 tokens. (N,S,T,key) and (N,S,T,C)."""
    low_keys: Tensor
    low_values: Tensor
    high_keys: Tensor
    high_values: Tensor


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2)


def enlarge(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def spread(x: Tensor, places: int) -> Tensor:
    """Means over a dimension, then standard deviations, beside each other in the last one."""
    mean = x.mean(places, keepdim=True)
    deviation = ((x - mean).square().mean(places, keepdim=True) + 1e-3).sqrt()
    return torch.cat([mean.squeeze(places), deviation.squeeze(places)], -1)


class Residual(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.first, self.second = conv(channels, channels), conv(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.relu(self.first(F.relu(x))))


class Encoder(nn.Module):
    """RGB (N,3,H,W) in 0..1 -> features at 1/2, 1/4 and 1/8."""

    def __init__(self, half: int, quarter: int, eighth: int):
        super().__init__()
        self.stem = conv(12, half)
        self.down4, self.level4 = conv(half, quarter, 3, 2), Residual(quarter)
        self.down8, self.level8 = conv(quarter, eighth, 3, 2), Residual(eighth)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        f2 = F.relu(self.stem(F.pixel_unshuffle(x * 2 - 1, 2)))
        f4 = self.level4(self.down4(f2))
        f8 = self.level8(self.down8(F.relu(f4)))
        return f2, f4, f8


class Tokens(nn.Module):
    """Style features (N,C,H,W) -> keys (N,T,key) and values (N,T,channels)."""

    def __init__(self, inputs: int, key: int, channels: int):
        super().__init__()
        self.keys, self.values = conv(inputs, key, 1), conv(inputs, channels, 1)

    def forward(self, f: Tensor) -> tuple[Tensor, Tensor]:
        def tokens(x: Tensor) -> Tensor:
            return F.adaptive_avg_pool2d(x, TOKENS).flatten(2).transpose(1, 2)
        return tokens(self.keys(F.instance_norm(f))), tokens(self.values(f))


class Attention(nn.Module):
    """The change that styles make to content features (N,C,h,w), given share (N,S,h,w)."""

    def __init__(self, channels: int, key: int):
        super().__init__()
        self.queries = conv(channels, key, 1)
        self.mix = nn.Sequential(conv(2 * channels, channels, 1), nn.ReLU(inplace=True), conv(channels, channels))
        self.scale = key ** -0.5

    def forward(self, f: Tensor, keys: Tensor, values: Tensor, share: Tensor) -> Tensor:
        shape = f.shape
        content = F.instance_norm(f)
        queries = self.queries(content).flatten(2).transpose(1, 2).unsqueeze(1) * self.scale  # (N,1,hw,key)
        weights = torch.softmax(queries @ keys.transpose(2, 3), -1)                           # (N,S,hw,T)
        taken = (weights @ values * share.flatten(2).unsqueeze(3)).sum(1)                     # (N,hw,C)
        return self.mix(torch.cat([taken.transpose(1, 2).reshape(shape), content], 1))


class Tone(nn.Module):
    """Per channel a scale and a shift for the decoder, from a style's moments and the content's (FiLM: Perez et al., 2018).

    Attention brings what a style looks like at a place, and adds it; how strong the contrasts of the whole are is a factor,
    which sums fall short of where a style is harsh."""

    HIDDEN = 96

    def __init__(self, content: int, style: int, *channels: int):
        super().__init__()
        self.parts = [c for c in channels for _ in range(2)]
        self.of_style, self.of_content = nn.Linear(2 * style, self.HIDDEN), nn.Linear(2 * content, self.HIDDEN, bias=False)
        self.say = nn.Linear(self.HIDDEN, sum(self.parts))
        nn.init.zeros_(self.say.weight)
        nn.init.zeros_(self.say.bias)

    def forward(self, f: Tensor, style: Style) -> tuple[Tensor, ...]:
        """Features (N,C,h,w) -> scale (N,S,c) and shift (N,S,c) of the first of `channels`, then of the next."""
        styles = torch.cat([spread(style.low_values, 2), spread(style.high_values, 2)], 2)
        content = spread(f.flatten(2), 2).unsqueeze(1)
        return self.say(F.relu(self.of_style(styles) + self.of_content(content))).split(self.parts, 2)


class SANet(nn.Module):
    """Sizes: channels at 1/2, 1/4 and 1/8 of the content (fastest as multiples of 16, a vector: others are computed as
    the next one), of the style, whose encoder runs once a style, and of a key."""

    def __init__(self, half: int = 24, quarter: int = 48, eighth: int = 96, style: tuple[int, int, int] = (48, 96, 192),
                 key: int = 32):
        super().__init__()
        self.content, self.style = Encoder(half, quarter, eighth), Encoder(*style)
        self.low_tokens, self.high_tokens = Tokens(style[1], key, quarter), Tokens(style[2], key, eighth)
        self.low, self.high = Attention(quarter, key), Attention(eighth, key)
        self.narrow = conv(eighth, quarter, 1)
        self.tone = Tone(quarter, quarter + eighth, quarter, half)
        self.decode4 = nn.Sequential(Residual(quarter), Residual(quarter))
        self.widen = conv(quarter, 4 * half, 1)
        self.skip = conv(half, half, 1)
        self.decode2 = Residual(half)
        self.colours = conv(half, 12)
        nn.init.zeros_(self.skip.weight)
        nn.init.zeros_(self.skip.bias)

    def encode(self, style: Tensor) -> Style:
        """RGB (N,3,h,w) in 0..1 -> keys and values of one style a picture, S = 1."""
        _, f4, f8 = self.style(style)
        return Style(*(t.unsqueeze(1) for t in (*self.low_tokens(f4), *self.high_tokens(f8))))

    def paint(self, picture: Tensor, style: Style, share: Tensor, alpha: Tensor) -> Tensor:
        """RGB (N,3,H,W) in 0..1, multiples of 16; share (N,S,H/4,W/4), sum 1; alpha (N,2,H/4,W/4) -> RGB, not clipped."""
        f2, f4, f8 = self.content(picture)
        low = self.low(f4, style.low_keys, style.low_values, share)
        high = self.high(f8, style.high_keys, style.high_values, F.avg_pool2d(share, 2))
        f = f4 + alpha[:, :1] * low + alpha[:, 1:] * enlarge(self.narrow(high))
        amount = alpha.mean(1, keepdim=True)

        def here(x: Tensor) -> Tensor:  # of the styles (N,S,c), as much as asked at each place
            return (x.transpose(1, 2) @ (share * amount).flatten(2)).unflatten(2, share.shape[2:])
        scale4, shift4, scale2, shift2 = self.tone(f4, style)
        f = self.widen(F.relu(self.decode4(f + f * here(scale4) + here(shift4))))
        scale2, shift2 = (t.repeat_interleave(4, 2) for t in (scale2, shift2))  # four channels here are one at 1/2
        f = F.pixel_shuffle(f + f * here(scale2) + here(shift2), 2)
        rest = 1 - amount
        f = self.decode2(f + self.skip(f2) * enlarge(rest))
        painted = F.pixel_shuffle(self.colours(F.relu(f)), 2) * 0.5 + 0.5
        return painted + (picture - painted) * enlarge(enlarge(rest * rest))


def half_width(weights: dict[str, Tensor]) -> int:
    """The `half` of the network that weights belong to."""
    return weights["colours.weight"].shape[1]
