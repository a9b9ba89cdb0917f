"""Train SegNet.

    python -m training.train_segnet --people DIR --scenes DIR --encoder DIR --out DIR [--size full]

Binary cross-entropy, stronger along the outline, and Dice; and for some pictures a next frame, with more noise and another exposure,
whose mask must be the same (steadiness). The encoder starts from its published weights and learns more slowly than the decoder;
its first stages stay as they are.

The small network can also learn from the big one's soft masks of larger pictures (--teacher), looked at straight and mirrored, which
know hands and second people that some of the drawn ones leave out.
"""
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import loop, pictures
from .muon import Muon
from .people import UNKNOWN, People
from .segnet import SIZES, SegNet

SHAPES = {  # near the program's working sizes, and upright; half of `lite`'s large enough to be taught, more of `full`'s for --quality best
    "lite": ((144, 192), (144, 192), (112, 192), (192, 256), (240, 320), (288, 384), (288, 384), (192, 144)),
    "full": ((288, 384), (240, 320), (288, 384), (192, 256), (224, 384), (144, 192), (256, 192), (192, 144)),
}
UNIT = 128 * 160  # pixels of a picture that counts as one of a batch
EDGE = 3.0        # extra weight within 3 pixels of the outline
STEADINESS = 3.0
TAUGHT = 1.0      # weight of the teacher's masks
TAUGHT_FROM = 2   # UNITs, above which a picture is large enough for the teacher to know more than the small network does
FIXED = 2         # stages of the encoder that stay as they are: edges and colours, and half of the backward pass


def both_ways(net: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The mean of the masks that net finds in pictures x (N,3,H,W) and in their mirror images, (N,1,H,W) in 0..1."""
    straight, mirrored = net(x), net(x.flip(3)).flip(3)
    return (straight.float().sigmoid() + mirrored.float().sigmoid()) / 2


class SegNetTask:
    optimiser = Muon

    def __init__(self, settings):
        self.settings, self.device = settings, torch.device(settings.device)
        scenes = [p for p in pictures.listed(settings.scenes) if p.match(settings.scenes_named)]
        self.people = People(pictures.listed(*settings.people), scenes)
        print(f"{len(self.people.people)} people, {len(self.people.scenes)} scenes without any", flush=True)
        self.teacher = None
        if settings.teacher:
            self.teacher = SegNet("full")
            loop.load_weights(self.teacher, settings.teacher)
            self.teacher.to(self.device, memory_format=torch.channels_last).eval().requires_grad_(False)
        self.net = SegNet(settings.size)
        encoder = self.net.encoder
        if settings.encoder:
            encoder.load_published(settings.encoder)
        for part in (encoder.stem, *encoder.stages[:FIXED]):
            part.requires_grad_(False)
        self.net.to(self.device, memory_format=torch.channels_last)

    def groups(self) -> list[dict]:
        encoder = set(self.net.encoder.parameters())
        learning = [p for p in self.net.parameters() if p.requires_grad]
        return [{"params": [p for p in learning if p not in encoder]},
                {"params": [p for p in learning if p in encoder], "rate": self.settings.encoder_rate}]

    def losses(self, rng: np.random.Generator, progress: float) -> tuple[Tensor, dict[str, float]]:
        shapes = SHAPES[self.settings.size]
        size = shapes[rng.integers(len(shapes))]
        area = size[0] * size[1] / UNIT
        n = max(2, round(self.settings.batch / area))
        images, nexts, masks = zip(*(self.people.draw(size, rng) for _ in range(n)))
        pairs = max(1, n // 4)  # a quarter of the batch has a next frame
        if self.settings.keep_norms:
            for part in self.net.decoder.modules():
                if isinstance(part, nn.BatchNorm2d):
                    part.eval()
        x = pictures.tensor(np.stack(images + nexts[:pairs]), self.device)
        drawn = pictures.tensor(np.stack(masks), self.device).split(1, dim=1)
        truth, edge_weight, known = map(Tensor.contiguous, drawn)  # each by itself in memory: pooling one of three is slow
        every = self.net(x).float()
        logits, other = every[:n], every[n:]

        band = F.max_pool2d(truth, 7, 1, 3) + F.max_pool2d(-truth, 7, 1, 3)
        entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
        entropy = (entropy * (1 + EDGE * band * edge_weight) * known).mean()
        guess = logits.sigmoid()
        dice = 1 - (2 * (guess * truth * known).sum((1, 2, 3)) + 50) / (((guess + truth) * known).sum((1, 2, 3)) + 50)
        steadiness = (guess[:pairs] - other.sigmoid()).abs().mean()
        loss = entropy + 0.5 * dice.mean() + STEADINESS * steadiness
        if self.teacher and area > TAUGHT_FROM:
            with torch.no_grad():
                soft = both_ways(self.teacher, x[:n])
            loss = loss + TAUGHT * F.binary_cross_entropy_with_logits(logits, soft)

        with torch.no_grad():
            found, there = (guess > 0.5) & (known > 0.5), (truth > 0.5) & (known > 0.5)
            both, either = ((found & there).sum((1, 2, 3)) + 1.0), ((found | there).sum((1, 2, 3)) + 1.0)
        return loss, {"entropy": entropy.item(), "iou": (both / either).mean().item(), "steadiness": steadiness.item()}

    def sheet(self) -> np.ndarray:
        """Six samples: picture, drawn mask, the network's."""
        rng, size, rows = np.random.default_rng(5), SHAPES[self.settings.size][0], []
        for _ in range(6):
            image, _, mask = self.people.draw(size, rng)
            guess = pictures.array(self.net(pictures.tensor(image[None], self.device)).sigmoid())[0]
            drawn = np.repeat(np.where(mask[..., 2:] > 127, mask[..., :1], np.uint8(UNKNOWN)), 3, 2)
            rows.append([image, drawn, guess])
        return pictures.sheet([rows[i] + rows[i + 1] for i in (0, 2, 4)])


def main() -> None:
    parser = loop.arguments("Train SegNet.")
    parser.add_argument("--people", type=Path, nargs="+", required=True, help="folders of NAME.jpg with NAME.png, neg_* without people")
    parser.add_argument("--scenes", type=Path, required=True, help="folder of more pictures without people")
    parser.add_argument("--scenes-named", default="flickr_landscape_*", help="which of them")
    parser.add_argument("--size", choices=SIZES, default="lite")
    parser.add_argument("--encoder", type=Path, help="folder of EfficientNet-Lite's published weights, to start from")
    parser.add_argument("--teacher", type=Path, help="weights of a network of size full, whose masks of larger pictures are learned too")
    parser.add_argument("--encoder-rate", type=float, default=0.2, help="learning rate of the encoder, as a share of --rate")
    parser.add_argument("--keep-norms", action="store_true",
                        help="the decoder's means and spreads stay those of --init: a few large pictures are too small a batch to tell them")
    parser.add_argument("--batch", type=int, default=12, help="pictures of 128x160; fewer of larger ones")
    settings = parser.parse_args()
    if not (settings.encoder or settings.init or (settings.out / "last.pt").exists()):
        parser.error("needs --encoder or --init: the first stages of the encoder are not trained, so they must come from somewhere")
    if settings.keep_norms and not (settings.init or (settings.out / "last.pt").exists()):
        parser.error("--keep-norms needs --init: there are none to keep")
    loop.start(settings)
    loop.run(SegNetTask(settings), settings)


if __name__ == "__main__":
    main()
