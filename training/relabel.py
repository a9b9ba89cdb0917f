"""Better masks to learn from, and more of them: two networks look at what was drawn coarsely, only boxed, or only described.

    python -m training.relabel --peers PEERS [--models DIR] boxed --photos DIR --boxes DIR --out DATA/fine [--but DIR …]
    python -m training.relabel --peers PEERS [--models DIR] described --photos DIR --sentences FILE --out DATA/fine [--but DIR …]
    python -m training.relabel --peers PEERS [--models DIR] drawn --people DATA/people --out DATA/fine

The two are Robust Video Matting (evaluate/peers.py) and a SegNet `full` that has learnt from other data: --models had better name the folder of
one before run 7 (docs/results/runs.md), since later ones have learnt from such masks and are no second opinion.

boxed: people as the mean of the two sees them, within the boxes (one text file a photograph, a person a line: "0 x y w h", shares of its
sides). Where the two contradict each other or cannot tell, the mask is marked as unknown (people.UNKNOWN): nothing is learnt there.
described: people as the mean sees them, where a sentence speaks of any; and pictures without anybody, where all speak of animals alone and Robust
Video Matting sees nobody (SegNet learns from those what an animal is). Where sentences and networks disagree the photograph is left out.
drawn: along the outline, as far off as it may be drawn, the two say where it runs. Elsewhere what is drawn holds; unknown become somebody
away from it (CelebAMask-HQ, CCP and Penn-Fudan draw one person, and no hands) and small pieces that neither sees.
"""
import argparse
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from . import pictures
from .evaluate import graphs, peers
from .people import UNKNOWN, Person, read

MADE = "fine_"                                      # what is made here
EXACT = (MADE, "ais_", "davis_", "cmp_", "hcmp_", "neg_")  # drawn finely or made, everybody in them: taken as they are
OUTLINED = ("celeb_",)                              # outlines hold, but not everybody is drawn
DRAWN, COARSELY = 1.5, 3.0                          # pixels that outlines usually are off: others', people.COARSE's
WIDER = 1.04                                        # boxes are drawn a little narrowly
FILLED = 0.2                                        # share of a box that must be person, or nobody knows what is in it
CERTAIN = 0.6                                       # share of the boxes' pixels, or of whom either sees, that must be known
PERSON = 0.01                                       # share of a picture that must be person
PIECE = 0.15                                        # share of who is drawn: a larger piece is one that both networks miss
PEOPLE = re.compile(  # in a sentence: better one too many, since where one stands nothing is taken for empty
    r"\b(m[ae]n|wom[ae]n|boys?|girls?|child(ren)?|kids?|bab(y|ies)|toddlers?|teen\w*|adults?|people|persons?|guys?|lad(y|ies)|couples?|crowd\w*|"
    r"famil(y|ies)|human\w*|friends?|owners?|trainers?|handlers?|teams?|bands?|cowboys?|soldiers?|police\w*|some(one|body)|he|him|she|her|who|hands?|"
    r"(fisher|fire|camera|horse|business|sports|crafts|work)m[ae]n|jockeys?|pedestrians?|athletes?|brides?|clowns?|tourists?|"
    r"\w*(boarder|biker|cyclist|rider|skier|surfer|skater|climber|hiker|swimmer|diver|runner|racer|jumper|player|dancer|singer|worker|driver|walker|"
    r"fighter|performer|spectator|onlooker)s?)\b", re.IGNORECASE)
ANIMALS = re.compile(r"\b(dogs?|pupp(y|ies)|greyhounds?|retrievers?|terriers?|cats?|birds?|ducks?|horses?|cows?|sheep|goats?|animals?)\b", re.IGNORECASE)
SMALL = np.ones((5, 5), np.uint8)                   # what this does not fit into is an outline, nothing to be in doubt of


@dataclass(frozen=True)
class Seen:
    """What the two networks make of a photograph: (h,w) in 0..1."""

    ours: np.ndarray
    theirs: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        return (self.ours + self.theirs) / 2

    @property
    def doubt(self) -> np.ndarray:
        """Where they contradict each other, or are in doubt themselves, but for outlines."""
        return fits(np.abs(self.ours - self.theirs) > 0.6) | fits(np.abs(self.mean - 0.5) < 0.2)


class Pair:
    """Two networks of different upbringing."""

    def __init__(self, peer_folder: Path, models: Path):
        lacking = [str(f) for f in (peer_folder / "rvm" / "rvm.json", peer_folder / "rvm" / "rvm.bin", models / "segnet-full.onnx") if not f.exists()]
        if lacking:
            raise SystemExit(f"no {', '.join(lacking)}: training/evaluate/peers.py says where Robust Video Matting is to be had")
        self.ours, self.theirs = graphs.SegNet(models, (240, 320), "full"), peers.RobustVideoMatting(peer_folder / "rvm")

    def __call__(self, photo: np.ndarray) -> Seen:
        return Seen(cv2.resize(self.ours(photo), photo.shape[1::-1]), self.theirs(photo))


def fits(where: np.ndarray, kernel: np.ndarray = SMALL) -> np.ndarray:
    """Without what the kernel does not fit into."""
    return cv2.morphologyEx(where.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0


def boxed(seen: Seen, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """boxes: (n,4), x, y, w, h in shares -> mask and known; None where too little of the boxes is known, or nobody found."""
    mask, known = seen.mean > 0.5, ~seen.doubt
    h, w = mask.shape
    inside = np.zeros((h, w), bool)
    for x, y, bw, bh in boxes:
        left, top = int(max(0, (x - bw * WIDER / 2) * w)), int(max(0, (y - bh * WIDER / 2) * h))
        box = np.s_[top:int(np.ceil((y + bh * WIDER / 2) * h)), left:int(np.ceil((x + bw * WIDER / 2) * w))]
        inside[box] = True
        if mask[box].mean() < FILLED:
            known[box] = False
    known &= ~fits(cv2.dilate((mask & ~inside).astype(np.uint8), np.ones((3, 3), np.uint8)))
    mask &= inside
    return (mask, known) if known[inside].mean() > CERTAIN and mask.mean() > PERSON else None


def described(seen: Seen, people: bool) -> tuple[np.ndarray, np.ndarray] | None:
    """people: whether there are any -> mask and known; None where too little is known of whom either sees, or they see nobody but there are, or
    theirs sees somebody but there is not."""
    if not people:
        nobody = np.zeros(seen.ours.shape, bool)
        return None if fits(seen.theirs > 0.5).any() else (nobody, ~nobody)
    mask, known = seen.mean > 0.5, ~seen.doubt
    return (mask, known) if mask.mean() > PERSON and known[np.maximum(seen.ours, seen.theirs) > 0.5].mean() > CERTAIN else None


def drawn(seen: Seen, mask: np.ndarray, known: np.ndarray, off: float) -> tuple[np.ndarray, np.ndarray]:
    """Mask and known as drawn -> the same, mended. off: pixels that an outline is usually off; it is mended as far as twice that. 0 leaves
    who is drawn as they are."""
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), off) if off else mask.astype(np.float32)
    known = known & ~fits((seen.mean > 0.6) & (soft < 0.02))
    if not off:
        return mask, known
    reach = 2 * int(np.ceil(2 * off)) + 1
    near = cv2.dilate((seen.mean > 0.5).astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0  # somebody, whose outline can be theirs
    missed = fits((seen.mean < 0.3) & ((soft > 0.98) | mask & ~near), np.ones((3, 3), np.uint8))
    _, pieces, about, _ = cv2.connectedComponentsWithStats(missed.astype(np.uint8))
    small = about[:, cv2.CC_STAT_AREA] < PIECE * mask.sum()
    small[0] = False  # what was not missed
    return np.where((np.abs(soft - 0.5) < 0.48) & near, soft + seen.mean > 1, mask), known & ~small[pieces]


def write(path: Path, photo: np.ndarray, mask: np.ndarray, known: np.ndarray) -> None:
    """Photo, RGB, and mask as PNG beside it."""
    cv2.imwrite(str(path), photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
    cv2.imwrite(str(path.with_suffix(".png")), np.where(known, mask * np.uint8(255), np.uint8(UNKNOWN)))


def boxes_of(path: Path) -> np.ndarray:
    """(n,4): x, y, w, h of a file of boxes, shares of the photograph's sides."""
    try:
        rows = np.array([line.split() for line in path.read_text().splitlines() if line.strip()], float)
    except ValueError:
        rows = np.empty((0, 0))
    if rows.ndim != 2 or rows.shape[1] != 5 or rows[:, 0].any() or not (0 < rows[:, 3:]).all() or not ((0 <= rows) & (rows <= 1)).all():
        raise SystemExit(f'{path}: needs lines "0 x y w h", of people alone, in shares of the photograph\'s sides')
    return rows[:, 1:]


def sentences_of(path: Path) -> dict[str, list[str]]:
    """A photograph's name without its ending -> what is said of it, of a file of lines "NAME.jpg#0<tab>sentence"."""
    said: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        name, tab, sentence = line.partition("\t")
        if not tab:
            raise SystemExit(f'{path}: needs lines "NAME.jpg#0<tab>sentence", and "{line[:60]}" is none')
        said.setdefault(Path(name.partition("#")[0]).stem, []).append(sentence)
    return said


def peopled(sentences: list[str]) -> bool | None:
    """Whether somebody is in the photograph; None if the sentences leave it open."""
    if any(map(PEOPLE.search, sentences)):
        return True
    return False if all(map(ANIMALS.search, sentences)) else None


def number(path: Path) -> str:
    """What tells photographs apart whose sets are prefixed differently."""
    return path.stem.rpartition("_")[2]


def write_boxed(settings, pair: Pair) -> None:
    def label(photo: np.ndarray, path: Path):
        return boxed(pair(photo), boxes_of(settings.boxes / f"{path.stem}.txt"))
    write_seen(settings, "box", [p for p in pictures.listed(settings.photos) if (settings.boxes / f"{p.stem}.txt").exists()], label)


def write_described(settings, pair: Pair) -> None:
    people = {name: peopled(sentences) for name, sentences in sentences_of(settings.sentences).items()}

    def label(photo: np.ndarray, path: Path):
        return described(pair(photo), people[path.stem])
    write_seen(settings, "said", [p for p in pictures.listed(settings.photos) if people.get(p.stem) is not None], label)


def write_seen(settings, kind: str, photos: list[Path], label: Callable[[np.ndarray, Path], tuple[np.ndarray, np.ndarray] | None]) -> None:
    if not photos:
        raise SystemExit(f"{settings.photos}: none of its photographs is boxed, or described; they go by the photographs' names")
    without = {number(p) for folder in settings.but for p in pictures.listed(folder)}
    kept = dropped = 0
    for path in photos:
        if number(path) in without:
            continue
        photo = read(path)
        found = label(photo, path)
        if found is None:
            dropped += 1
            continue
        mask, known = found
        write(settings.out / f"{f'{MADE}{kind}' if mask.any() else 'neg'}_{path.stem}.jpg", photo, mask, known)
        kept += 1
    print(f"{kept} photographs labelled, {dropped} of which too little is known")


def write_drawn(settings, pair: Pair) -> None:
    """Photographs without a mask stay behind, but for those of nobody, which need none."""
    for path in sorted(settings.people.glob("*.jpg")):
        beside = path.with_suffix(".png")
        if path.name.startswith(EXACT):
            for file in filter(Path.exists, (path, beside)):
                shutil.copy(file, settings.out / file.name)
        elif beside.exists():
            person = Person.read(path)
            off = 0.0 if path.name.startswith(OUTLINED) else COARSELY if person.coarse else DRAWN
            mended = drawn(pair(person.picture), person.mask > 127, person.known == 255, off)
            write(settings.out / f"{MADE}{path.name}", person.picture, *mended)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, required=True, help="folder that holds rvm")
    parser.add_argument("--models", type=Path, default=Path("models"))
    jobs = parser.add_subparsers(required=True)
    for name, said, job_of in (("boxed", "--boxes", write_boxed), ("described", "--sentences", write_described)):
        job = jobs.add_parser(name)
        job.add_argument("--photos", type=Path, required=True)
        job.add_argument(said, type=Path, required=True)
        job.add_argument("--but", type=Path, nargs="*", default=[], help="folders of pictures whose numbers are left out")
        job.set_defaults(job=job_of)
    job = jobs.add_parser("drawn")
    job.add_argument("--people", type=Path, required=True)
    job.set_defaults(job=write_drawn)
    for job in jobs.choices.values():
        job.add_argument("--out", type=Path, required=True)
    settings = parser.parse_args()
    if settings.job is write_drawn and settings.out.resolve() == settings.people.resolve():
        parser.error("--out is --people: what was drawn would lie beside what is made of it")
    pair = Pair(settings.peers, settings.models)
    settings.out.mkdir(parents=True, exist_ok=True)
    settings.job(settings, pair)


if __name__ == "__main__":
    main()
