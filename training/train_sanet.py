"""Train SANet.

    python -m training.train_sanet --contents DIR [DIR ...] --paintings DIR --vgg DIR --out DIR [--size full --grow LITE]

A batch is a few pictures, each cut twice with some overlap, the cuts with camera noise and light of their own: where they overlap
their paintings must agree, borders included. That alone teaches steadiness. They are painted within a margin, as by the program
(`SANet.paint_within`): of a bare cut the frame that zero padding draws would be judged too, which the program cuts off.
Some are cut twice at the same place: where a painting moves as well, what noise changes is a few hundredths of the difference, and would
hardly be learned from.

Paintings are few, and many of them soft, scaled up from small files. So each is there twice: as it is, and as a part of it made
smaller, mirrored to fill the square, in stronger colours and contrasts. VGG's view of all of them is computed once.

Style is judged by the means and standard deviations of VGG's features, and by patches of colours where a cut is painted fully in one
style; content by its normalised features. For α below 1 the aim lies on the way from the photograph's moments to the style's, so that
α is an even control.

`full` grows out of a trained `lite` (training/grow.py). What makes a style of a painting stays in it as it is, so that a style serves both.
"""
import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import loop, paper, pictures
from .evaluate.peers import MicroAST
from .grow import grown
from .muon import Muon
from .sanet import SIZES, SANet, Seen, Style
from .vgg import Distilled, Exact, moments, normalised

SIDE = 256          # of the pictures kept in memory; a style's side, by contract
HARDEST = 2         # relu3_1 among the tables of moments: most of the style loss lies there
STILL = 0.35        # of the contents are cut twice at the same place
DIRECTIONS, PATCHES = 32, 2048  # in which, and of how many of a picture, patches of colours are compared
OUT_OF_FOCUS = 0.2  # of the contents, as backgrounds are: there a painting has nothing but its own grid to draw by
TAUGHT = 0.5        # of the batches are painted by the teacher too, which takes a fifth of a step, and weigh that much more
DEEP = 0.5          # weight of relu5_1 beside relu4_1, and of the distilled network where there is an exact one


@dataclass(frozen=True)
class Weights:
    """Of the losses."""
    style: float
    content: float
    steadiness: float
    patches: float
    nearness: float = 3.0     # to the photograph, where α < 1
    lattice: float = 60.0     # what repeats every four pixels
    taught: float = 0.3       # by the teacher's paintings
    variation: float = 0.1
    range: float = 5.0


WEIGHTS = {"lite": {"content": 11.0, "steadiness": 300.0, "patches": 380.0}, "full": {"content": 8.5, "steadiness": 320.0, "patches": 330.0}}  # by size


class Judge(nn.Module):
    """The loss networks."""

    def __init__(self, folder: Path, device):
        super().__init__()
        self.exact, self.distilled = Exact(folder).to(device).eval(), Distilled(folder).to(device).eval()

    @staticmethod
    def moments(features: list[Tensor]) -> list[Tensor]:
        """Per layer (N,2C): means, then standard deviations."""
        return [torch.cat(moments(f), 1) for f in features]


def harsher(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Another style out of a painting (SIDE,SIDE,3): finer, sharper, stronger in contrast and colour; at times in other colours."""
    part = round(SIDE * rng.uniform(0.7, 1))
    y, x = rng.integers(SIDE - part + 1, size=2)
    side = round(min(part, rng.uniform(120, 200)))
    small = cv2.resize(picture[y:y + part, x:x + part], (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    before = rng.integers(SIDE - side + 1, size=2)
    out = np.pad(small, (*((b, SIDE - side - b) for b in before), (0, 0)), mode="symmetric")
    if rng.random() < 0.3:
        out = out[..., rng.permutation(3)]
    middle = out.mean((0, 1))
    out = (out - middle) * rng.uniform(1, 1.6) + middle
    grey = out.mean(2, keepdims=True)
    out = grey + (out - grey) * rng.uniform(0.9, 1.6)
    if rng.random() < 0.5:
        out = out + (out - cv2.GaussianBlur(out, (0, 0), 1)) * rng.random()
    if rng.random() < 0.1:
        out = 1 - out
    return (out.clip(0, 1) * 255 + 0.5).astype(np.uint8)


class Styles:
    """All styles: what VGG sees in them, from which they are encoded, and the moments to aim at."""

    def __init__(self, paintings: np.ndarray, net: SANet, judge: Judge, cache: Path, device):
        rng = np.random.default_rng(0)
        self.pictures = np.concatenate([paintings, np.stack([harsher(p, rng) for p in paintings])])
        eyes = b"".join(t.numpy(force=True).tobytes() for t in judge.buffers())
        digest = hashlib.sha256(self.pictures.tobytes() + eyes).hexdigest()
        kept = torch.load(cache, map_location=device, weights_only=True) if cache.exists() else {}
        if kept.get("digest") != digest:
            kept = {"digest": digest, **self._look(net, judge, device)}
            loop.save(cache, kept)
        self.seen = Seen(*kept["seen"])
        self.moments: list[Tensor] = kept["moments"]  # the exact network's layers first
        # those of strong contrast are few and the hardest: they are drawn more often
        contrast = self.moments[HARDEST].chunk(2, 1)[1].square().sum(1).cpu().numpy().astype(np.float64)
        self.odds = contrast / contrast.sum()

    @torch.no_grad()
    def _look(self, net: SANet, judge: Judge, device) -> dict[str, list[Tensor]]:
        """Some three quarters of an hour for 5,000, on one core."""
        seen, aims = [], []
        for i in range(0, len(self.pictures), 4):
            x = pictures.tensor(self.pictures[i:i + 4], device)
            seen.append([t.half() for t in net.see(x)])
            aims.append(judge.moments(judge.exact(x)) + judge.moments(judge.distilled(x)))
        return {"seen": [torch.cat(t) for t in zip(*seen)], "moments": [torch.cat(t).float() for t in zip(*aims)]}

    def of(self, chosen: np.ndarray) -> Seen:
        return Seen(*(t[chosen].float() for t in self.seen))


class Crops:
    """Twice-cut contents."""

    def __init__(self, contents: np.ndarray, side: int, slack: int = 24):
        self.contents, self.side, self.slack = contents, side, slack

    def draw(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Windows (n,side+slack,side+slack,3) and where in them the two cuts lie, (n,2,2) of y, x."""
        whole = self.side + self.slack
        windows = np.empty((n, whole, whole, 3), np.uint8)
        for i in range(n):
            picture = self.contents[rng.integers(len(self.contents))]
            source = round(whole * min(rng.uniform(1.0, 1.9), SIDE / whole))
            y, x = rng.integers(SIDE - source + 1, size=2)
            cut = picture[y:y + source, x:x + source]
            cut = cv2.resize(cut, (whole, whole), interpolation=cv2.INTER_AREA)
            if rng.random() < OUT_OF_FOCUS:
                cut = cv2.GaussianBlur(cut, (0, 0), rng.uniform(1, 6))
            windows[i] = cut[:, ::-1] if rng.random() < 0.5 else cut
        at = rng.integers(self.slack + 1, size=(n, 2, 2))
        still = rng.random(n) < STILL
        at[still, 1] = at[still, 0]
        return windows, at


def cut(x: Tensor, at: np.ndarray, side: int) -> Tensor:
    """(n,C,h,w), (n,2) -> (n,C,side,side)"""
    return torch.stack([p[:, y:y + side, z:z + side] for p, (y, z) in zip(x, at.tolist())])


def overlap_difference(a: Tensor, b: Tensor, at: np.ndarray) -> Tensor:
    """The mean difference of two cuts (n,C,side,side) where they show the same."""
    side, total = a.shape[-1], a.new_zeros(())
    for p, q, places in zip(a, b, at):
        (ya, xa), (yb, xb) = places[0].tolist(), places[1].tolist()
        y, x = max(ya, yb), max(xa, xb)
        h, w = min(ya, yb) + side - y, min(xa, xb) + side - x
        total = total + (p[:, y - ya:y - ya + h, x - xa:x - xa + w] - q[:, y - yb:y - yb + h, x - xb:x - xb + w]).abs().mean()
    return total / len(a)


def patch_distance(painted: Tensor, style: Tensor) -> Tensor:
    """Sliced Wasserstein distance between the 7x7 patches of paintings (n,3,h,w) and of their styles (n,3,H,W), at three scales: Heitz et
    al., "A Sliced Wasserstein Loss for Neural Texture Synthesis" (2021), on colours instead of features. To learn by, in directions that
    change at every step; evaluate/paintings.py measures in fixed ones."""
    total = painted.new_zeros(())
    for scale in (1, 2, 4):
        towards = torch.randn(DIRECTIONS, 3, 7, 7, device=painted.device)
        towards /= towards.flatten(1).norm(dim=1)[:, None, None, None]
        with torch.autocast(painted.device.type, enabled=False):  # what is compared would be lost in half precision
            ours, theirs = (F.conv2d(F.avg_pool2d(x, scale), towards).flatten(2) for x in (painted, style))
        ours, theirs = (x[..., torch.randint(x.shape[2], (PATCHES,), device=x.device)].sort(2).values for x in (ours, theirs))
        total = total + (ours - theirs).abs().mean()
    return total / 3


def lattice(x: Tensor) -> Tensor:
    """The mean size of what repeats every four pixels, in windows of 32: pixel shuffle's own pattern, a weave. Strokes and edges,
    wherever they stand, average out; (n,C,h,w), h and w multiples of 32."""
    fine = x - F.avg_pool2d(F.pad(x, (2, 2, 2, 2), mode="reflect"), 5, 1)
    return F.avg_pool2d(F.pixel_unshuffle(fine, 4), 8).abs().mean()


def blob(rng: np.random.Generator, side: int) -> np.ndarray:
    """A soft-edged ellipse, somewhat like a person before a webcam: (side,side) in 0..1."""
    y, x = np.mgrid[0:side, 0:side] / side
    cy, cx = rng.uniform(0.2, 1.0), rng.uniform(0.1, 0.9)
    ry, rx = rng.uniform(0.2, 0.7), rng.uniform(0.15, 0.5)
    distance = np.hypot((y - cy) / ry, (x - cx) / rx)
    return np.clip((1 - distance) * rng.uniform(2, 20) + 0.5, 0, 1).astype(np.float32)


def alphas(rng: np.random.Generator, n: int, side: int) -> np.ndarray:
    """(n,2,side,side): the first half of the pictures full, and most others; some even, some uneven, some with a blob of their own."""
    out = np.ones((n, 2, side, side), np.float32)
    for i in range((n + 1) // 2, n):
        kind = rng.random()
        if kind < 0.1:
            out[i] = rng.random()
        elif kind < 0.2:
            out[i] = rng.random(2)[:, None, None]
        elif kind < 0.45:
            inside, outside, where = rng.random(2)[:, None, None], np.ones(2)[:, None, None], blob(rng, side)
            out[i] = where * inside + (1 - where) * outside
    return out


class SANetTask:
    optimiser = Muon

    def __init__(self, settings):
        self.device, self.settings = torch.device(settings.device), settings
        self.weights = Weights(settings.style_weight, **WEIGHTS[settings.size])
        self.judge = Judge(settings.vgg, self.device)
        contents = pictures.squares(pictures.listed(*settings.contents), SIDE)
        paintings = pictures.squares(pictures.listed(settings.paintings), SIDE)
        self.shown = contents[::max(1, len(contents) // 3)][:3], paintings[::max(1, len(paintings) // 6)][:6]
        self.crops = Crops(contents, settings.side)
        if settings.grow:
            lite = SANet()
            lite.load_state_dict(loop.weights_of(settings.grow))
            self.net = grown(lite)
        else:
            self.net = SANet(settings.size)
        self.net.vgg = Distilled(settings.vgg)
        self.net.to(self.device, memory_format=torch.channels_last)
        self.styles = Styles(paintings, self.net, self.judge, settings.out / "styles.pt", self.device)
        if not settings.grow:
            self.net.expect(self.styles.seen)  # weights that are loaded later take its place
        if settings.size == "full" or settings.keep_styles:
            self.net.style_parts().requires_grad_(False)
        print(f"{len(contents)} contents, {len(self.styles.pictures)} styles", flush=True)
        self.teacher = MicroAST(settings.teacher).to(self.device) if settings.teacher else None
        self.signals = {}  # of the teacher, by the style's number

    def groups(self) -> list[dict]:
        tone = set(self.net.tone.parameters())
        learning = [p for p in self.net.parameters() if p.requires_grad]
        return [{"params": [p for p in learning if p not in tone]}, {"params": [p for p in learning if p in tone], "rate": 0.3}]

    @torch.no_grad()
    def shown_by_teacher(self, clean: Tensor, chosen: np.ndarray) -> Tensor:
        """Its paintings, (n,3,side,side), of pictures in the styles chosen."""
        for i in set(chosen.tolist()) - self.signals.keys():
            features, weights, biases = self.teacher.signals(pictures.tensor(self.styles.pictures[i][None], self.device))
            # of a style's features the decoder takes mean and deviation alone: two places that have them stand for all
            few = [torch.stack([m - s, m + s], -1)[:, :, None] for m, s in ((f.mean((2, 3)), f.std((2, 3)) / 2 ** 0.5) for f in features)]
            self.signals[i] = (few, weights, biases)
        signals = [[torch.cat(parts) for parts in zip(*kind)] for kind in zip(*(self.signals[i] for i in chosen.tolist()))]
        return self.teacher(clean, signals).clamp(0, 1)

    def draw_styles(self, rng: np.random.Generator, n: int, side: int) -> tuple[np.ndarray, Style, Tensor, list[Tensor]]:
        """The numbers of n styles; them encoded; share (n,n,side,side), each picture's own, the last now and then mixed; moments
        to aim at."""
        chosen = rng.choice(len(self.styles.odds), size=n, p=self.styles.odds)
        one = self.net.style(self.styles.of(chosen))
        # every picture may attend over every style: (n,1,...) -> (n,n,...)
        style = Style(*(t.transpose(0, 1).expand(n, *t.transpose(0, 1).shape[1:]) for t in one))
        share = np.zeros((n, n, side, side), np.float32)
        share[np.arange(n), np.arange(n)] = 1
        if n > 1 and rng.random() < 0.2:
            other = blob(rng, side) if rng.random() < 0.5 else rng.random()
            share[-1, -1], share[-1, 0] = 1 - other, other
        mean = torch.from_numpy(share.mean((2, 3))).to(self.device)
        return chosen, style, torch.from_numpy(share).to(self.device), [(mean[..., None] * m[chosen]).sum(1) for m in self.styles.moments]

    def losses(self, rng: np.random.Generator, progress: float) -> tuple[Tensor, dict[str, float]]:
        n, side, w = self.settings.batch, self.settings.side, self.weights
        windows, at = self.crops.draw(rng, n)
        whole = pictures.tensor(windows, self.device)
        field = torch.from_numpy(alphas(rng, n, windows.shape[1])).to(self.device)
        chosen, style, share, aims = self.draw_styles(rng, n, windows.shape[1])

        # the first cut of every picture, then the second
        clean = torch.cat([cut(whole, at[:, i], side) for i in (0, 1)])
        light = 1 + (torch.rand(2 * n, 1, 1, 1, device=self.device) - 0.5) * 0.06
        noisy = (clean * light + torch.randn_like(clean) * float(rng.uniform(0, 0.02))).clamp(0, 1)
        alpha, share = (torch.cat([cut(f, at[:, i], side) for i in (0, 1)]) for f in (field, share))
        alpha_map, share_map = F.avg_pool2d(alpha, 4), F.avg_pool2d(share, 4)
        twice = Style(*(torch.cat([t, t]) for t in style))
        painted = self.net.paint_within(noisy, twice, share_map, alpha_map).float()

        with torch.no_grad():
            features = self.judge.distilled(clean)
            content = [normalised(f) for f in features[3:]]
            # the exact network, which costs most, judges the first cuts alone
            targets, strength = aims[:3] + [torch.cat([m, m]) for m in aims[3:]], alpha.mean((1, 2, 3))[:, None]
            if strength.min() < 1:  # part of the way from the photograph's own moments
                before = self.judge.moments(self.judge.exact(clean[:n])) + self.judge.moments(features)
                targets = [torch.lerp(b, t, strength[:len(t)]) for b, t in zip(before, targets)]
        features, near = self.judge.distilled(painted), self.judge.exact(painted[:n])
        exact, distilled = self.judge.moments(near), self.judge.moments(features)
        layers = (1.0, 1.0, 1.0, DEEP, DEEP, DEEP, 1.0, DEEP)  # the exact three, then the distilled five
        style_loss = sum(k * 2 * F.mse_loss(now, t) for k, now, t in zip(layers, exact + distilled, targets))
        content_loss = sum(F.mse_loss(normalised(f), c) * k for f, c, k in zip(features[3:], content, (1.0, DEEP)))

        nearness = ((1 - alpha.mean(1, keepdim=True)).square() * (painted - clean).abs()).mean()
        steadiness = overlap_difference(painted[:n], painted[n:], at)
        variation = (painted[..., 1:, :] - painted[..., :-1, :]).abs().mean() + (painted[..., 1:] - painted[..., :-1]).abs().mean()
        outside = (F.relu(painted - 1) + F.relu(-painted)).mean()
        repeated = lattice(painted)
        # where a cut is painted fully, in its own style alone; the first of all is so everywhere
        fully = alpha.amin(1, keepdim=True) * share[np.arange(2 * n), np.arange(2 * n) % n][:, None] == 1
        entire = fully.flatten(1).all(1).nonzero()[:, 0]
        patches = patch_distance(painted[entire], pictures.tensor(self.styles.pictures[chosen], self.device)[entire % n])
        loss = (w.style * style_loss + w.content * content_loss + w.nearness * nearness
                + w.steadiness * steadiness + w.variation * variation + w.range * outside
                + w.lattice * repeated + w.patches * patches)
        taught = loss.new_zeros(())
        if self.teacher and rng.random() < TAUGHT:  # it knows full paintings in one style alone
            shown = self.shown_by_teacher(clean[:n], chosen)
            with torch.no_grad():
                told = self.judge.exact(shown)
            taught = 4 * ((painted[:n] - shown).abs() * fully[:n]).mean()
            for ours, theirs in zip(near, told):
                where = F.adaptive_avg_pool2d(fully[:n].float(), ours.shape[2:])
                taught = taught + ((ours - theirs).square() * where).mean()
            taught = taught / TAUGHT
            loss = loss + w.taught * taught
        values = {"style": style_loss, "content": content_loss, "nearness": nearness, "steadiness": steadiness, "lattice": repeated,
                  "patches": patches, "outside": outside, **({"taught": taught} if self.teacher else {})}
        return loss, {name: value.item() for name, value in values.items()}

    def sheet(self) -> np.ndarray:
        """Styles above; then per content: itself, its paintings, and the first style at α = 0.5, 0.25 and 0."""
        contents, styles = self.shown
        encoded = self.net.encode(pictures.tensor(styles, self.device))
        rows = [[np.zeros_like(styles[0]), *styles]]
        for picture in contents:
            def paint(style: int, alpha: float) -> np.ndarray:
                one = Style(*(t[style:style + 1] for t in encoded))
                share = torch.ones(1, 1, SIDE // 4, SIDE // 4, device=self.device)
                x = pictures.tensor(picture[None], self.device)
                return pictures.array(self.net.paint_within(x, one, share, share.expand(-1, 2, -1, -1) * alpha))[0]
            rows.append([picture, *(paint(i, 1.0) for i in range(len(styles))), *(paint(0, a) for a in (0.5, 0.25, 0.0))])
        return pictures.sheet(rows)


def main() -> None:
    parser = loop.arguments("Train SANet.")
    parser.add_argument("--vgg", type=Path, required=True, help="folder of the two VGG weight files")
    parser.add_argument("--contents", type=Path, nargs="+", required=True, help="folders of photographs")
    parser.add_argument("--paintings", type=Path, required=True, help="folder of paintings")
    parser.add_argument("--size", choices=SIZES, default="lite")
    parser.add_argument("--grow", type=Path, help="weights of a network of size lite, which one of size full starts from")
    parser.add_argument("--keep-styles", action="store_true",
                        help="what makes a style of a painting stays as it is, so that cached styles, and a network of size full, go on to fit")
    parser.add_argument("--batch", type=int, default=2, help="pictures; each is cut twice")
    parser.add_argument("--side", type=int, default=192, help="of a cut, a multiple of 32; 128 is quicker and paints worse (training/README.md)")
    parser.add_argument("--style-weight", type=float, default=18, help="full learned with 20")
    parser.add_argument("--teacher", type=Path, help="a checkout of MicroAST, to learn from its paintings too")
    parser.add_argument("--recipe", choices=("shipped", "paper"), default="shipped",
                        help="paper: the network and losses of SANet's paper (training/paper.py), with its batch, rate and style weight, on cuts of 128")
    recipe = parser.parse_known_args()[0].recipe
    if recipe == "paper":
        parser.set_defaults(**paper.DEFAULTS)
    settings = parser.parse_args()
    if recipe == "paper" and (settings.teacher or settings.size == "full"):
        parser.error("the paper's recipe has no teacher and no sizes: leave --teacher and --size out")
    if settings.keep_styles and (recipe == "paper" or settings.size == "full" or not settings.init):
        parser.error("--keep-styles is for a network of size lite that goes on from --init; full keeps them anyway")
    if settings.grow and settings.size != "full":
        parser.error("only full grows out of another network: add --size full, or leave --grow out")
    if settings.size == "full" and not (settings.grow or settings.init or (settings.out / "last.pt").exists()):
        parser.error("full grows out of lite: give --grow its weights, or --init those of a full one")
    loop.start(settings)
    loop.run((paper.PaperTask if recipe == "paper" else SANetTask)(settings), settings)


if __name__ == "__main__":
    main()
