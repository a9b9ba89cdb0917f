"""More to learn masks from: photographs in which people are boxed, and what drawn masks leave out.

    python -m training.relabel --peers PEERS [--models DIR] boxed --photos DIR --boxes DIR --out DATA/people [--but DIR …]
    python -m training.relabel --peers PEERS [--models DIR] gaps --people DATA/people

boxed: outside the boxes (one text file a photograph, "0 x y w h" a line, shares of its sides) nobody is; inside, two networks that
were trained on different data look at each box from close by, and a pixel is taken as they say where they agree. The others are
marked as unknown (people.UNKNOWN): no mask is learnt there. The two are MediaPipe's (evaluate/peers.py) and the SegNet in models/; one that
has learnt from such masks is no second opinion, so --models had better name an earlier one's folder.

gaps: some sets draw one person, and leave out hands and second people (CelebAMask-HQ, CCP, Penn-Fudan). What both networks call a
person away from the drawn one becomes unknown too.
"""
import argparse
from pathlib import Path

import cv2
import numpy as np

from . import pictures
from .evaluate import graphs, peers
from .people import UNKNOWN

SIDE = 384                           # of photographs written
PERSON, NOBODY = 0.75, 0.25          # both networks are above, or below
AROUND = 1.3                         # a box is looked at with this much around it
EDGE = 1.04                          # boxes are drawn a little narrowly
FILLED = 0.2                         # share of the boxes' pixels that must be person
SMALL = 40                           # pixels: boxes lower than this are not looked into
CERTAIN = 0.8                        # share of the boxes' pixels that must be known
GAPS = ("celeb_", "ccp", "penn_")    # ccp_ and ccph_
HALO = 9                             # pixels around a drawn person that keep the drawn outline
GAP = 0.003                          # share of a picture that a gap is at least


class Pair:
    """Two networks of different upbringing."""

    def __init__(self, peer_folder: Path, models: Path):
        file, size = peers.SELFIE["MediaPipe selfie, 256x256"]
        self.nets = (peers.MediaPipe(peer_folder / "mediapipe" / file, size), graphs.SegNet(models, (192, 256)))

    def __call__(self, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where both see a person, where neither does."""
        h, w = photo.shape[:2]
        low, high = [f(*(cv2.resize(np.squeeze(net(photo)), (w, h)) for net in self.nets)) for f in (np.minimum, np.maximum)]
        return low > PERSON, high < NOBODY


def shrunk(path: Path) -> np.ndarray:
    """RGB, the longer side at most SIDE."""
    photo = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    scale = min(1.0, SIDE / max(photo.shape[:2]))
    return cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def corners(box: np.ndarray, shape: tuple[int, int], around: float) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in pixels of (x, y, w, h) in shares, enlarged."""
    (h, w), (x, y, bw, bh) = shape, box
    return (max(0, int((x - bw * around / 2) * w)), max(0, int((y - bh * around / 2) * h)),
            min(w, int(np.ceil((x + bw * around / 2) * w))), min(h, int(np.ceil((y + bh * around / 2) * h))))


def boxed(photo: np.ndarray, boxes: np.ndarray, pair: Pair) -> tuple[np.ndarray, np.ndarray] | None:
    """Mask and known of a photograph; None where the networks do not agree on enough of it."""
    shape = photo.shape[:2]
    mask, known, inside = np.zeros(shape, bool), np.ones(shape, bool), np.zeros(shape, bool)
    for box in boxes:
        left, top, right, bottom = corners(box, shape, EDGE)
        inside[top:bottom, left:right] = True
        known[top:bottom, left:right] = False
    for box in boxes:
        left, top, right, bottom = corners(box, shape, AROUND)
        if bottom - top < SMALL:
            continue
        person, nobody = pair(photo[top:bottom, left:right])
        mask[top:bottom, left:right] |= person & inside[top:bottom, left:right]
        known[top:bottom, left:right] |= person | nobody
    if inside.any() and (known[inside].mean() < CERTAIN or mask[inside].mean() < FILLED):
        return None
    return mask, known


def write(path: Path, mask: np.ndarray, known: np.ndarray) -> None:
    """The mask of the picture at path, beside it."""
    cv2.imwrite(str(path.with_suffix(".png")), np.where(known, mask * np.uint8(255), np.uint8(UNKNOWN)))


def write_boxed(settings, pair: Pair) -> None:
    without = {p.stem.rsplit("_")[-1] for folder in settings.but for p in pictures.listed(folder)}
    kept = dropped = 0
    for path in pictures.listed(settings.photos):
        lines = settings.boxes / f"{path.stem}.txt"
        if path.stem in without or not lines.exists():
            continue
        photo = shrunk(path)
        found = boxed(photo, np.loadtxt(lines, ndmin=2)[:, 1:5], pair)
        if found is None:
            dropped += 1
            continue
        out = settings.out / f"box_{path.stem}.jpg"
        cv2.imwrite(str(out), photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
        write(out, *found)
        kept += 1
    print(f"{kept} photographs labelled, {dropped} on which the networks do not agree")


def write_gaps(settings, pair: Pair) -> None:
    gaps = 0
    for path in pictures.listed(settings.people):
        if not path.name.startswith(GAPS):
            continue
        photo = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        drawn = cv2.imread(str(path.with_suffix(".png")), cv2.IMREAD_GRAYSCALE) > 127
        near = cv2.dilate(drawn.astype(np.uint8), np.ones((HALO, HALO), np.uint8)) > 0
        unknown = pair(photo)[0] & ~near
        if unknown.mean() > GAP:
            write(path, drawn, ~unknown)
            gaps += 1
    print(f"{gaps} photographs with people that are not drawn")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, required=True, help="folder that holds mediapipe")
    parser.add_argument("--models", type=Path, default=Path("models"))
    jobs = parser.add_subparsers(required=True)
    job = jobs.add_parser("boxed")
    job.add_argument("--photos", type=Path, required=True)
    job.add_argument("--boxes", type=Path, required=True)
    job.add_argument("--but", type=Path, nargs="*", default=[], help="folders of pictures whose numbers are left out")
    job.add_argument("--out", type=Path, required=True)
    job.set_defaults(job=write_boxed)
    job = jobs.add_parser("gaps")
    job.add_argument("--people", type=Path, required=True)
    job.set_defaults(job=write_gaps)
    settings = parser.parse_args()
    settings.job(settings, Pair(settings.peers, settings.models))


if __name__ == "__main__":
    main()
