"""SANet: paint a picture in a style, as much as asked at each place.

Park and Lee, "Arbitrary Style Transfer with Style-Attentional Networks" (2019): at two levels, each place of the content
asks (a query) which places of the style resemble it (keys) and takes up what they look like (values). What a style
contributes does not depend on the content: it is computed once and cached.

    style ── VGG ─┬─ relu3_1 ── low keys, values                              once a style
                  ├─ relu4_1 ── high keys, values
                  └─ moments of relu1_1 .. relu5_1 ── tone: means and spreads of the decoder's channels
                                                                          │
                                                                   x α ┌──┴──┐
    content ── calmed ── encoder ─┬─ 1/2 ── skip ──────────────────────│─────+         every frame
                                  ├─ 1/4 ── attend ── x α1 ──┐         │     │
                                  └─ 1/8 ── attend ── x α2 ──+─ decoder 1/4, 1/2 ── finish ── painting

α = (1, 1) is SANet's full painting, (0, 0) the photograph; both vary from place to place, and α alone stands for their mean.
The skip carries the picture's finest lines, which take on the style's tone with the rest: a decoder without them fills in lines of
its own, that stand still where the picture moves. The photograph is also mixed into the outcome by (1 - α)², which makes α an even
control: features alone change most of their look below α = 0.3. Above 1 what attention adds goes on alone. What is painted
from is the photograph without a camera's noise, of which a painting would else make strokes that change from frame to frame. The paper's
softmax is unscaled, which flickers on video; here the product is scaled (Vaswani et al., 2017). Where several styles share a picture,
each attends over its own tokens and the outcomes are mixed by `share`.

There are two sizes of it. `lite` comes back to the picture's size by shuffling pixels: whether a place is the first or the second of
four is then known to the decoder, which draws by it, and lines stay on that grid while the picture moves; the finest are taken off by a
low pass at the end. `full` enlarges its decoder's features by a windowed sinc, has more room in every block, most at 1/2 for what the
shuffle drew, and ends at the picture's own size, beside its pixels. What they take of a style is the same: a cached style serves both.

Styles are seen by the paper's encoder, VGG, in its distilled form and as published: what it tells of a painting never seen is
what it tells of those trained on, and its moments are what the style loss compares.
"""
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .vgg import WIDTHS, Distilled, moments

TOKENS = 16  # a side: a style is 16x16 keys and values at each level
MARGIN = 8   # pixels around a picture that the program paints and cuts off (blend.Margin): convolutions pad with zeros, which draws a frame


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
C2, C4, C8 = 24, 48, 96  # channels at 1/2, 1/4 and 1/8 (fastest as multiples of a vector: of 8 with AVX2; where it is 16 wide, 24 cost as much as 32)
KEY = 32                 # numbers of a key


class Size(NamedTuple):
    """What the networks do not share."""
    hidden8: int  # channels between the convolutions of a residual block at 1/8
    hidden4: int  # at 1/4
    hidden2: int  # and at 1/2
    blocks2: int  # of the decoder at 1/2
    mix: int      # side of the kernel by which a place takes up what attention found
    smooth: bool  # from size to size, not by shuffling pixels


SIZES = {"lite": Size(32, 24, 16, blocks2=1, mix=1, smooth=False), "full": Size(C8, 128, 64, blocks2=3, mix=3, smooth=True)}


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2)


def enlarge(x: Tensor) -> Tensor:
    """(N,C,h,w) -> (N,C,2h,2w), between neighbours: for shares and alphas, the filter's coefficients and what is coarse."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def around(x: Tensor) -> Tensor:
    """The mean of each place and its neighbours, 5x5, of which there are fewer at the border."""
    return F.avg_pool2d(x, 5, 1, 2, count_include_pad=False)


# Where a place's neighbourhood, at half the size, has this standard deviation, half of what it differs by is kept. How it was chosen:
# models/cards/sanet-lite.md.
NOISE = 10 / 255


def calmed(picture: Tensor) -> Tensor:
    """RGB (N,3,H,W) in 0..1, sides even -> the same without a camera's noise, edges kept: the picture guided by itself (He, Sun and Tang,
    "Guided Image Filtering", 2013), the coefficients worked out at half the size (He and Sun, "Fast Guided Filter", 2015).

    Theirs compares all places of a window with its one mean; here each is compared with its own window's, since the difference of two
    squares, which theirs comes to, is lost in half precision. What half of the size does not show counts as noise: stripes of one
    pixel, and of two where they lie across its cells."""
    small = F.avg_pool2d(picture, 2)
    mean = around(small)
    spread = around(((small - mean) / NOISE).square())
    keep = spread / (spread + 1)
    keep, rest = enlarge(around(torch.cat([keep, mean * (1 - keep)], 1))).chunk(2, 1)
    return picture * keep + rest


class Leaking(torch.autograd.Function):
    """ReLU, whose gradient is that of one which leaks."""

    @staticmethod
    def forward(ctx, x: Tensor, leak: float) -> Tensor:
        out = F.relu(x)
        ctx.save_for_backward(out)
        ctx.leak = leak
        return out

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        out, = ctx.saved_tensors
        return torch.where(out > 0, gradient, ctx.leak * gradient), None


class Rectified(nn.Module):
    """ReLU between two convolutions of a block, a level or the last lines. Its gradient leaks: what is shut everywhere could else never
    open again, and a whole level once died so. Those on what is added up stay plain."""

    LEAK = 0.01

    def forward(self, x: Tensor) -> Tensor:
        return Leaking.apply(x, self.LEAK) if x.requires_grad else F.relu(x)


class Residual(nn.Module):
    def __init__(self, channels: int, hidden: int):
        super().__init__()
        self.first, self.inside, self.second = conv(channels, hidden), Rectified(), conv(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(self.inside(self.first(F.relu(x))))


class Encoder(nn.Module):
    """RGB (N,3,H,W) in 0..1 -> features at 1/2, 1/4 and 1/8."""

    def __init__(self, size: Size):
        super().__init__()
        self.stem = nn.Conv2d(3, C2, 6, 2, 2)
        if size.smooth:  # wide enough to take the mean of what it leaves out
            self.level2 = nn.Sequential(Residual(C2, size.hidden2), nn.ReLU())
            self.down4 = nn.Conv2d(C2, C4, 6, 2, 2)
        else:
            self.level2, self.down4 = nn.Identity(), conv(C2, C4, 3, 2)
        self.level4 = Residual(C4, size.hidden4)
        self.down8, self.level8 = conv(C4, C8, 3, 2), Residual(C8, size.hidden8)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        f2 = self.level2(F.relu(self.stem(x * 2 - 1)))
        f4 = self.level4(self.down4(f2))
        f8 = self.level8(self.down8(F.relu(f4)))
        return f2, f4, f8


class Tokens(nn.Module):
    """Style features (N,T,inputs), as they are and normalised -> keys (N,T,key) and values (N,T,channels)."""

    FAINT = 0.02  # of the strongest component's spread: weaker ones count as this, so that noise is not made large

    def __init__(self, inputs: int, key: int, channels: int):
        super().__init__()
        self.keys, self.values = nn.Linear(inputs, key), nn.Linear(inputs, channels)

    @torch.no_grad()
    def expect(self, f: Tensor, normalised: Tensor) -> None:
        """Keys and values start as the principal components of the styles that are trained on, half whitened, of variance 1 on the whole."""
        for linear, seen in ((self.keys, normalised), (self.values, f)):
            places = seen.flatten(0, 1).double()
            variances, components = torch.linalg.eigh(places.T.cov())
            spread = variances.flip(0)[:linear.out_features].clamp(min=0).sqrt()
            scale = spread.clamp(min=self.FAINT * spread[0]) ** -0.5
            scale = scale / (spread * scale).square().mean().sqrt()
            linear.weight.copy_(components.flip(1)[:, :linear.out_features].T * scale[:, None])
            linear.bias.copy_(-linear.weight.double() @ places.mean(0))

    def forward(self, f: Tensor, normalised: Tensor) -> tuple[Tensor, Tensor]:
        return self.keys(normalised), self.values(f)


class Attention(nn.Module):
    """The change that styles make to content features (N,C,h,w), given share (N,S,h,w)."""

    def __init__(self, channels: int, key: int, mix: int):
        super().__init__()
        self.queries = conv(channels, key, 1)
        self.mix = nn.Sequential(conv(2 * channels, channels, 1), Rectified(), conv(channels, channels, mix))
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


class Enlarge(nn.Module):
    """(N,C,h,w) -> (N,C,2h,2w), with little that stands still where a picture glides. Beside each wave an enlargement makes a mirrored,
    finer one, which stays on the small grid's places. At 4/5 of that grid's highest frequency `enlarge` leaves a fifth of the wave as its
    mirror image; the low pass here leaves a hundredth, and a third of the wave itself (Karras et al., "Alias-Free Generative Adversarial
    Networks", 2021)."""

    def __init__(self, channels: int):
        super().__init__()
        self.channels = channels
        # after repeated places: together a windowed sinc, which halves waves at a third of the large grid's highest frequency
        taps = torch.tensor([-1.0, 3, 8, 12, 8, 3, -1]) / 32
        self.register_buffer("kernel", taps.repeat(channels, 1, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        wide = F.conv2d(F.interpolate(x, scale_factor=2), self.kernel, padding=(0, 3), groups=self.channels)
        return F.conv2d(wide, self.kernel.transpose(2, 3), padding=(3, 0), groups=self.channels)


class Shuffled(nn.Module):
    """Features at 1/2 (N,C2,H/2,W/2) -> RGB, whatever the picture. The finest lines, of two pixels, are taken off, since they stay on
    the grid where the picture moves; of those of four pixels two thirds stay."""

    def __init__(self):
        super().__init__()
        self.colours = conv(C2, 12)
        taps = F.pad(torch.tensor([-2.0, 15, 38, 15, -2]) / 64, (1, 1))
        # before the shuffle, on 12 channels for 3: by[a, b] is what place a of two takes of place b, in the cell before, its own and the next
        by = torch.stack([torch.stack([taps[b - a + 1:b - a + 6:2] for b in (0, 1)]) for a in (0, 1)])
        self.register_buffer("kernel", torch.einsum("xy,abi,cdj->xacybdij", torch.eye(3), by, by).reshape(12, 12, 3, 3), persistent=False)

    def forward(self, f: Tensor, picture: Tensor) -> Tensor:
        return F.pixel_shuffle(F.conv2d(self.colours(f), self.kernel, padding=1), 2)


class Fine(nn.Module):
    """Features at 1/2 (N,C2,H/2,W/2) -> RGB, whose finest lines are the picture's (N,3,H,W), painted."""

    LINES, HIDDEN = 12, 32

    def __init__(self):
        super().__init__()
        self.colours, self.lines = conv(C2, 3), conv(C2, self.LINES, 1)
        self.enlarge = Enlarge(3 + self.LINES)
        self.draw = nn.Sequential(conv(self.LINES + 3, self.HIDDEN), Rectified(), conv(self.HIDDEN, 3))

    def forward(self, f: Tensor, picture: Tensor) -> Tensor:
        large = self.enlarge(torch.cat([self.colours(f), self.lines(f)], 1))
        return large[:, :3] + self.draw(torch.cat([large[:, 3:], picture * 2 - 1], 1))


class SANet(nn.Module):
    """The diagram above; see `paint`."""

    SPARSE = 8  # every eighth style has places enough

    def __init__(self, size: str = "lite"):
        super().__init__()
        self.size = size
        at = SIZES[size]
        self.vgg = Distilled()
        self.content = Encoder(at)
        self.low_tokens, self.high_tokens = Tokens(WIDTHS[2], KEY, C4), Tokens(WIDTHS[3], KEY, C8)
        self.low, self.high = Attention(C4, KEY, at.mix), Attention(C8, KEY, at.mix)
        self.narrow = conv(C8, C4, 1)
        self.tone = Tone(C4, C4, C2, C2)
        self.decode4 = nn.ModuleList([Residual(C4, at.hidden4), Residual(C4, at.hidden4)])
        self.widen = nn.Sequential(*((conv(C4, C2, 1), Enlarge(C2)) if at.smooth else (conv(C4, 4 * C2, 1), nn.PixelShuffle(2))))
        self.skip = conv(C2, C2, 1)
        self.decode2 = nn.Sequential(*(Residual(C2, at.hidden2) for _ in range(at.blocks2)))
        self.finish = Fine() if at.smooth else Shuffled()

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
        seen = calmed(picture)
        f2, f4, f8 = self.content(seen)
        low = self.low(f4, style.low_keys, style.low_values, share)
        high = self.high(f8, style.high_keys, style.high_values, F.avg_pool2d(share, 2))
        f = f4 + alpha[:, :1] * low + alpha[:, 1:] * enlarge(self.narrow(high))
        amount = alpha.mean(1, keepdim=True).clamp(max=1)  # more of it in one place would shift the means that all share
        *tones4, first, last = style.tone.split(self.tone.parts, 2)
        for tone, residual in zip(tones4, self.decode4):
            f = residual(toned(f, tone, share, amount))
        share, amount = enlarge(share), enlarge(amount)
        f = self.decode2(toned(self.widen(F.relu(f)) + self.skip(f2), first, share, amount))
        f = toned(f, last, share, amount)
        painted = self.finish(F.relu(f), seen) * 0.5 + 0.5
        rest = 1 - amount
        return painted + (picture - painted) * enlarge(rest * rest)

    def paint_within(self, picture: Tensor, style: Style, share: Tensor, alpha: Tensor) -> Tensor:
        """`paint` as the program has it: the picture with its border reflected all around, what is made of that cut off again."""
        wide, rim = (MARGIN,) * 4, (MARGIN // 4,) * 4
        painted = self.paint(F.pad(picture, wide, "reflect"), style, *(F.pad(m, rim, "replicate") for m in (share, alpha)))
        return painted[..., MARGIN:-MARGIN, MARGIN:-MARGIN]

    def expect(self, seen: Seen) -> None:
        """The styles that are trained on, from which keys, values and tones start."""
        few = Seen(*(t[::self.SPARSE].float() for t in seen))
        self.low_tokens.expect(few.low, few.low_normalised)
        self.high_tokens.expect(few.high, few.high_normalised)
        self.tone.expect(seen.moments.float())

    def style_parts(self) -> nn.ModuleDict:
        """What makes a style of a painting, the same in both sizes."""
        return nn.ModuleDict({name: getattr(self, name) for name in ("vgg", "low_tokens", "high_tokens", "tone")})

    def takes_styles_of(self, other: "SANet") -> bool:
        mine, theirs = self.style_parts().state_dict(), other.style_parts().state_dict()
        return all(torch.equal(mine[name].half(), theirs[name].half()) for name in mine)  # as they are kept and shipped
