"""SANet: paint a picture in a style, as much as asked at each place.

Park and Lee, "Arbitrary Style Transfer with Style-Attentional Networks" (2019): at two levels, each place of the content
asks (a query) which places of the style resemble it (keys) and takes up what they look like (values). What a style
contributes does not depend on the content: it is computed once and cached.

    style ── VGG ─┬─ relu3_1 ── low keys, values                    once a style
                  ├─ relu4_1 ── high keys, values
                  └─ moments of relu1_1 .. relu5_1 ── tone: means and spreads of the decoder's channels
                                                                │
                                                         x α ┌──┴──┐
    content ── encoder ─┬─ 1/2 ── skip ──────────────────────│─────+         every frame
                        ├─ 1/4 ── attend ── x α1 ──┐         │     │
                        └─ 1/8 ── attend ── x α2 ──+─ decoder 1/4, 1/2 ── painting

α = (1, 1) is SANet's full painting, (0, 0) the photograph; both vary from place to place, and α alone stands for their mean.
The skip carries the picture's finest lines, which take on the style's tone with the rest: a decoder without them fills in lines of
its own, that stand still where the picture moves. The photograph is also mixed into the outcome by (1 - α)², which makes α an even
control: features alone change most of their look below α = 0.3. Above 1 what attention adds goes on alone. The paper's
softmax is unscaled, which flickers on video; here the product is scaled (Vaswani et al., 2017). Where several styles share a picture,
each attends over its own tokens and the outcomes are mixed by `share`.

Styles are seen by the paper's encoder, VGG, in its distilled form and as published: what it tells of a painting never seen is
what it tells of those trained on, and its moments are what the style loss compares.
"""
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .vgg import WIDTHS, Distilled, moments

TOKENS = 16  # a side: a style is 16x16 keys and values at each level


class Style(NamedTuple):
    """What painting needs of S styles; T = 256 tokens: (N,S,T,key), (N,S,T,C), and tone (N,S,K)."""
    low_keys: Tensor
    low_values: Tensor
    high_keys: Tensor
    high_values: Tensor
    tone: Tensor


class Seen(NamedTuple):
    """What VGG sees in paintings, from which all that is learned of a style starts: features of relu3_1 and relu4_1, as they are
    and brought to mean 0 and variance 1, averaged over the places of tokens, (N,T,64) and (N,T,128); and means and deviations of
    all its layers, (N,MOMENTS)."""
    low: Tensor
    low_normalised: Tensor
    high: Tensor
    high_normalised: Tensor
    moments: Tensor


MOMENTS = 2 * sum(WIDTHS)


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2)


def enlarge(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


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
        self.stem = nn.Conv2d(3, half, 6, 2, 2)
        self.down4, self.level4 = conv(half, quarter, 3, 2), Residual(quarter)
        self.down8, self.level8 = conv(quarter, eighth, 3, 2), Residual(eighth)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        f2 = F.relu(self.stem(x * 2 - 1))
        f4 = self.level4(self.down4(f2))
        f8 = self.level8(self.down8(F.relu(f4)))
        return f2, f4, f8


class Tokens(nn.Module):
    """Style features (N,T,inputs), normalised and as they are -> keys (N,T,key) and values (N,T,channels)."""

    def __init__(self, inputs: int, key: int, channels: int):
        super().__init__()
        self.keys, self.values = nn.Linear(inputs, key), nn.Linear(inputs, channels)

    def forward(self, f: Tensor, normalised: Tensor) -> tuple[Tensor, Tensor]:
        return self.keys(normalised), self.values(f)


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
        each = (weights @ values * share.flatten(2).unsqueeze(3)).flatten(2)                  # (N,S,hw·C)
        # their sum as a product: ONNX Runtime takes ten times as long to sum over a short axis
        taken = (torch.ones_like(share[:, :, :1, 0]).transpose(1, 2) @ each).reshape(shape[0], -1, shape[1])
        return self.mix(torch.cat([taken.transpose(1, 2).reshape(shape), content], 1))


class Tone(nn.Module):
    """The mean and the spread that a painting in a style has in the decoder's channels (N,K), from the style's moments.

    What AdaIN (Huang and Belongie, 2017) takes from the style's features themselves is learned here. Attention adds what a
    style looks like at a place; how strong the contrasts of the whole are is a factor, which sums fall short of where a style
    is harsh."""

    HIDDEN = 256
    FAR = 4.0  # deviations: moments have long tails, beyond which nothing was learned

    def __init__(self, *channels: int):
        super().__init__()
        self.parts = [2 * c for c in channels]  # a mean and a spread for each channel
        self.register_buffer("usual", torch.zeros(MOMENTS))  # moments' mean and deviation over styles
        self.register_buffer("range", torch.ones(MOMENTS))
        self.hidden, self.say = nn.Linear(MOMENTS, self.HIDDEN), nn.Linear(self.HIDDEN, sum(self.parts))
        nn.init.zeros_(self.say.weight)  # at first all styles have one tone
        with torch.no_grad():
            self.say.bias.copy_(torch.cat([torch.cat([torch.zeros(c), torch.ones(c)]) for c in channels]))

    @torch.no_grad()
    def expect(self, seen: Tensor) -> None:
        """Moments (n,MOMENTS) of the styles that are trained on, by which all are scaled."""
        self.usual.copy_(seen.mean(0))
        self.range.copy_(seen.std(0) + 0.01)

    def forward(self, seen: Tensor) -> Tensor:
        return self.say(F.relu(self.hidden(((seen - self.usual) / self.range).clamp(-self.FAR, self.FAR))))


def toned(f: Tensor, tone: Tensor, share: Tensor, amount: Tensor) -> Tensor:
    """f (N,C,h,w) with the means and spreads of tone (N,S,2C), by share (N,S,h,w) and as much as amount (N,1,h,w) says."""
    by = share * amount
    mean, spread = ((t.transpose(1, 2) @ by.flatten(2)).unflatten(2, by.shape[2:]) for t in tone.chunk(2, 2))
    return f * (1 - amount) + F.instance_norm(f, eps=1e-3) * spread + mean


class SANet(nn.Module):
    """Sizes: channels at 1/2, 1/4 and 1/8 (fastest as multiples of a vector: where that is 16 wide, 24 cost as much as 32), and of a
    key."""

    def __init__(self, half: int = 24, quarter: int = 48, eighth: int = 96, key: int = 32):
        super().__init__()
        self.vgg = Distilled()
        self.content = Encoder(half, quarter, eighth)
        self.low_tokens, self.high_tokens = Tokens(WIDTHS[2], key, quarter), Tokens(WIDTHS[3], key, eighth)
        self.low, self.high = Attention(quarter, key), Attention(eighth, key)
        self.narrow = conv(eighth, quarter, 1)
        self.tone = Tone(quarter, quarter, half, half)
        self.decode4 = nn.ModuleList([Residual(quarter), Residual(quarter)])
        self.widen = conv(quarter, 4 * half, 1)
        self.skip = conv(half, half, 1)
        self.decode2 = Residual(half)
        self.colours = conv(half, 12)

    def see(self, style: Tensor) -> Seen:
        """RGB (N,3,h,h) in 0..1, h a multiple of 128 -> what is fixed of N styles."""
        features = self.vgg.features(style)
        low, high = features[2:4]

        def places(f: Tensor) -> Tensor:
            return F.avg_pool2d(f, int(f.shape[-1]) // TOKENS).flatten(2).transpose(1, 2)
        return Seen(places(low), places(F.instance_norm(low)), places(high), places(F.instance_norm(high)),
                    torch.cat([m for f in features for m in moments(f)], 1))

    def style(self, seen: Seen) -> Style:
        """Keys, values and tone of one style a picture, S = 1."""
        parts = *self.low_tokens(*seen[:2]), *self.high_tokens(*seen[2:4]), self.tone(seen.moments)
        return Style(*(t.unsqueeze(1) for t in parts))

    def encode(self, style: Tensor) -> Style:
        """RGB (N,3,h,h) in 0..1, h a multiple of 128 -> keys, values and tone of one style a picture, S = 1."""
        return self.style(self.see(style))

    def paint(self, picture: Tensor, style: Style, share: Tensor, alpha: Tensor) -> Tensor:
        """RGB (N,3,H,W) in 0..1, multiples of 16; share (N,S,H/4,W/4), sum 1; alpha (N,2,H/4,W/4) -> RGB, not clipped."""
        f2, f4, f8 = self.content(picture)
        low = self.low(f4, style.low_keys, style.low_values, share)
        high = self.high(f8, style.high_keys, style.high_values, F.avg_pool2d(share, 2))
        f = f4 + alpha[:, :1] * low + alpha[:, 1:] * enlarge(self.narrow(high))
        amount = alpha.mean(1, keepdim=True).clamp(max=1)  # more of it in one place would shift the means that all share
        *tones4, first, last = style.tone.split(self.tone.parts, 2)
        for tone, residual in zip(tones4, self.decode4):
            f = residual(toned(f, tone, share, amount))
        share, amount = enlarge(share), enlarge(amount)
        f = F.pixel_shuffle(self.widen(F.relu(f)), 2)
        f = self.decode2(toned(f + self.skip(f2), first, share, amount))
        f = toned(f, last, share, amount)
        painted = F.pixel_shuffle(self.colours(F.relu(f)), 2) * 0.5 + 0.5
        rest = 1 - amount
        return painted + (picture - painted) * enlarge(rest * rest)


def half_width(weights: dict[str, Tensor]) -> int:
    """The `half` of the network that weights belong to."""
    return weights["colours.weight"].shape[1]
