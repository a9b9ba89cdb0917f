"""SANet as its paper has it, beside the one that ships: `train_sanet --recipe paper`.

Park and Lee (2019), as Berezin and Volkova take it up: one frozen VGG encodes content and style, every place of the content
attends by an unscaled softmax over every place of the style, at relu4_1 and at relu5_1, and a mirrored decoder learns.

    content ── VGG ─┬─ relu4_1 ── attend ────────┐
                    └─ relu5_1 ── attend ── up ──+── 3x3 ── decoder ── painting
    style ──── VGG ─┴─ relu4_1, relu5_1

The VGG is the distilled sixteenth, which judges too. No cached tokens, no α, nothing for steadiness: it is here to be
compared with, and does not run in the program.
"""
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import loop, pictures
from .vgg import WIDTHS, Distilled, moments, normalised

CONTENT, IDENTITY, IDENTITY_FEATURES = 1.0, 1.0, 50.0  # the paper's weights; that of style is --style-weight, 3 there
DEFAULTS = {"rate": 1e-4, "batch": 5, "style_weight": 3.0, "side": 128}
SIDE = 256  # of the pictures that cuts are taken from


def conv(inputs: int, outputs: int, kernel: int = 3) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, padding_mode="reflect")


class Attention(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.queries, self.keys, self.values, self.out = (conv(channels, channels, 1) for _ in range(4))

    def forward(self, content: Tensor, style: Tensor) -> Tensor:
        queries, keys = self.queries(normalised(content)).flatten(2), self.keys(normalised(style)).flatten(2)
        weights = torch.softmax(queries.transpose(1, 2) @ keys, -1)                      # (N, places, the style's places)
        taken = self.values(style).flatten(2) @ weights.transpose(1, 2)
        return self.out(taken.reshape(content.shape)) + content


class PaperSANet(nn.Module):
    def __init__(self, vgg: Path):
        super().__init__()
        one, two, three, four, _ = WIDTHS
        self.vgg = Distilled(vgg)
        self.attend4, self.attend5, self.merge = Attention(four), Attention(four), conv(four, four)
        up = nn.Upsample(scale_factor=2)
        blocks = [[(four, three), up, (three, three), (three, three), (three, three), (three, two)],
                  [up, (two, two), (two, one)], [up, (one, one)]]
        layers = [layer for block in blocks for part in block for layer in ([part] if part is up else [conv(*part), nn.ReLU()])]
        self.decoder = nn.Sequential(*layers, conv(one, 3))

    def signals(self, styles: Tensor) -> list[Tensor]:
        """RGB (N,3,h,w) in 0..1 -> what forward needs of them: relu4_1 and relu5_1."""
        return self.vgg.features(styles)[3:]

    def forward(self, x: Tensor, signals: list[Tensor]) -> Tensor:
        """RGB (N,3,h,w) in 0..1, sides multiples of 16 -> its painting, not clipped."""
        low, high = self.vgg.features(x)[3:]
        low, high = self.attend4(low, signals[0]), self.attend5(high, signals[1])
        return self.decoder(self.merge(low + F.interpolate(high, scale_factor=2)))


def cuts(rng: np.random.Generator, whole: np.ndarray, n: int, side: int) -> np.ndarray:
    """(n,side,side,3) out of (m,SIDE,SIDE,3)"""
    places = zip(rng.integers(len(whole), size=n), *rng.integers(SIDE - side + 1, size=(2, n)))
    return np.stack([whole[i, y:y + side, x:x + side] for i, y, x in places])


class PaperTask:
    optimiser = torch.optim.AdamW

    def __init__(self, settings):
        self.settings, self.device = settings, torch.device(settings.device)
        self.contents = pictures.squares(pictures.listed(*settings.contents), SIDE)
        self.styles = pictures.squares(pictures.listed(settings.paintings), SIDE)
        print(f"{len(self.contents)} contents, {len(self.styles)} styles", flush=True)
        self.net = PaperSANet(settings.vgg).to(self.device)

    def groups(self) -> list[dict]:
        return [{"params": list(self.net.parameters())}]

    def losses(self, rng: np.random.Generator, progress: float) -> tuple[Tensor, dict[str, float]]:
        n, side, judge = self.settings.batch, self.settings.side, self.net.vgg
        content, style = (pictures.tensor(cuts(rng, x, n, side), self.device) for x in (self.contents, self.styles))
        both = torch.cat([content, style])
        of_style, of_both = self.net.signals(style), self.net.signals(both)
        with torch.no_grad():
            aims = judge(both)
        painted, again = judge(self.net(content, of_style)), self.net(both, of_both)

        content_loss = sum(F.mse_loss(normalised(f), normalised(aim[:n])) for f, aim in zip(painted[3:], aims[3:]))
        style_loss = sum(F.mse_loss(now, aim) for f, target in zip(painted, aims)
                         for now, aim in zip(moments(f), moments(target[n:])))
        identity = F.mse_loss(again, both)
        features = sum(F.mse_loss(f, aim) for f, aim in zip(judge(again), aims))
        loss = (CONTENT * content_loss + self.settings.style_weight * style_loss
                + IDENTITY * identity + IDENTITY_FEATURES * features)
        values = {"content": content_loss, "style": style_loss, "identity": identity, "features": features}
        return loss, {name: value.item() for name, value in values.items()}

    def sheet(self) -> np.ndarray:
        """Styles above; then per content: itself, its paintings."""
        contents, styles = self.contents[::max(1, len(self.contents) // 3)][:3], self.styles[::max(1, len(self.styles) // 6)][:6]
        rows = [[np.zeros_like(styles[0]), *styles]]
        for picture in contents:
            x = pictures.tensor(picture[None], self.device)
            rows.append([picture, *(pictures.array(self.net(x, self.net.signals(pictures.tensor(s[None], self.device))))[0] for s in styles)])
        return pictures.sheet(rows)


def load(vgg: Path, checkpoint: Path) -> PaperSANet:
    net = PaperSANet(vgg)
    loop.load_weights(net, checkpoint)
    return net.eval().requires_grad_(False)
