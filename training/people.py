"""People and their masks, as a webcam would show them.

Pictures are zoomed, turned, mirrored, relit and degraded; heads are put where heads are before a webcam (the lower middle);
some people get another background, or somebody beside them; some pictures hold nobody.
"""
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

COARSE = ("coco", "voc")       # outlined by polygons: half weight along the outline, until relabel.py has mended it
EMPTY = ("neg_",)
UNKNOWN = 100                  # in a mask: person or not, nobody knows. Elsewhere masks are 0 and 255
LONG_SIDE = 384                # in memory


def shrink(picture: np.ndarray) -> np.ndarray:
    """The longer side at most LONG_SIDE."""
    scale = LONG_SIDE / max(picture.shape[:2])
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else picture


def read(path: Path) -> np.ndarray:
    """RGB, the longer side at most LONG_SIDE."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SystemExit(f"{path} cannot be read as a picture")
    return cv2.cvtColor(shrink(picture), cv2.COLOR_BGR2RGB)


@dataclass(frozen=True)
class Person:
    picture: np.ndarray  # (h,w,3) uint8 RGB
    mask: np.ndarray     # (h,w) uint8, 255 = person
    known: np.ndarray    # (h,w) uint8, 255 = the mask holds
    coarse: bool

    @property
    def sharp(self) -> bool:
        """May be put before another scene."""
        return not self.coarse and bool(self.known.all())

    @classmethod
    def read(cls, path: Path) -> "Person":
        """NAME.jpg and NAME.png beside it, the longer side at most LONG_SIDE."""
        picture, drawn = read(path), cv2.imread(str(path.with_suffix(".png")), cv2.IMREAD_GRAYSCALE)
        if drawn is None or shrink(drawn).shape != picture.shape[:2]:
            raise SystemExit(f"{path.with_suffix('.png')} is no mask of {path.name}, of the same size: draw it anew, or take both away")
        known = np.where(drawn == UNKNOWN, np.uint8(0), np.uint8(255))
        drawn[drawn == UNKNOWN] = 0
        return cls(picture, shrink(drawn), shrink(known), path.name.startswith(COARSE))


def warp(picture: np.ndarray, matrix: np.ndarray, size: tuple[int, int], border: int = cv2.BORDER_REFLECT_101) -> np.ndarray:
    """matrix: 2x3, from the picture's pixels to the frame's; size: height and width of the frame."""
    return cv2.warpAffine(picture, matrix, size[::-1], flags=cv2.INTER_LINEAR, borderMode=border)


def light(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Exposure, gamma, contrast of colours, a cast; uint8 to float32 in 0..1."""
    x = (picture.astype(np.float32) / 255) ** np.exp(rng.normal(0, 0.25)) * np.exp(rng.normal(0, 0.15)) + rng.normal(0, 0.04)
    grey = x.mean(2, keepdims=True)
    x = grey + (x - grey) * (0 if rng.random() < 0.06 else rng.uniform(0.3, 1.5))
    x = x * np.exp(rng.normal(0, 0.1, 3)).astype(np.float32)
    if rng.random() < 0.15:  # a window or a lamp at one side
        h, w = picture.shape[:2]
        slope = rng.uniform(-0.6, 0.6) * (np.linspace(-0.5, 0.5, w)[None] if rng.random() < 0.7 else np.linspace(-0.5, 0.5, h)[:, None])
        x = x * (1 + slope)[..., None].astype(np.float32)
    return np.clip(x, 0, 1).astype(np.float32)


def camera(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur, noise, compression; float32 in 0..1 to uint8."""
    if rng.random() < 0.2:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.5:
        x = x + rng.standard_normal(x.shape, np.float32) * np.float32(rng.uniform(0, 0.05))
    y = (np.clip(x, 0, 1) * 255 + 0.5).astype(np.uint8)
    if rng.random() < 0.3:
        y = cv2.imdecode(cv2.imencode(".jpg", y, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 85))])[1], cv2.IMREAD_COLOR)
    return y


def stripes(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Bands of two colours; float32 in 0..1."""
    h, w = size
    across = np.arange(w)[None] * rng.uniform(-1, 1) + np.arange(h)[:, None] * rng.uniform(-1, 1)
    share = (np.sin(across * rng.uniform(0.15, 1.0)) > rng.uniform(-0.6, 0.6)).astype(np.float32)[..., None]
    return share * rng.random(3, np.float32) + (1 - share) * rng.random(3, np.float32)


class People:
    """Training samples. Folders hold NAME.jpg with NAME.png; empty scenes may lack the mask or have a black one."""

    def __init__(self, people: list[Path], scenes: list[Path], nobody: float = 0.15):
        self.people, self.nobody = [], nobody
        empty = list(scenes)
        for path in people:
            if path.name.startswith(EMPTY):
                empty.append(path)
            elif path.suffix.lower() != ".png" and path.with_suffix(".png").exists():
                self.people.append(Person.read(path))
        self.scenes = [read(path) for path in empty]
        if not self.people or not self.scenes:
            raise SystemExit("needs people (NAME.jpg with NAME.png) and empty scenes (neg_*.jpg, or another folder of scenes)")

    def place(self, person: Person, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
        """An affine map that frames a picture: zoom around a point of the person, turn, mirror. The picture fills the frame, but for
        some that are put before another scene."""
        (h, w), (height, width) = person.mask.shape, size
        ys, xs = np.nonzero(person.mask > 127)
        cover = max(width / w, height / h)
        if len(ys) > 50 and rng.random() < 0.3:  # as before a webcam: head and shoulders, or head to waist, at the lower edge
            top, bottom = ys.min(), ys.max()
            part = min(1.0, rng.uniform(0.3, 0.7) if bottom - top > 1.6 * (np.ptp(xs) + 1) else 1.0)
            scale = min(height * rng.uniform(0.55, 0.95) / max((bottom - top) * part, 8), 2.5 * cover)
            x, y = np.median(xs), top
            to_x, to_y = width * rng.uniform(0.3, 0.7), height * rng.uniform(0.05, 0.35)
        else:
            scale = cover * np.exp(rng.uniform(0, 0.1 if rng.random() < 0.45 else 0.6))
            if len(ys) > 50 and rng.random() < 0.7:
                pick = rng.integers(len(ys))
                x, y = xs[pick], ys[pick]
            else:
                x, y = rng.uniform(0.3, 0.7) * w, rng.uniform(0.3, 0.7) * h
            to_x, to_y = width * rng.uniform(0.3, 0.7), height * rng.uniform(0.3, 0.8)
        if not person.sharp:
            scale = max(scale, cover)
        turn, mirror = np.radians(rng.normal(0, 4)), rng.choice((-1, 1))
        c, s = np.cos(turn) * scale, np.sin(turn) * scale
        turned = np.array([[c * mirror, -s], [s * mirror, c]])
        to = np.array([to_x, to_y]) - turned @ (x, y)
        corners = turned @ [[0, w, 0, w], [0, 0, h, h]]
        low, high = np.array([width, height]) - corners.max(1), -corners.min(1)  # between which the picture covers the frame
        if (person.mask[-1] > 127).mean() > 0.05:  # no head floats
            to[1] = max(to[1], low[1])
        return np.hstack([turned, np.where(low <= high, np.clip(to, low, high), to)[:, None]]).astype(np.float32)

    def scene(self, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
        """A picture without people, framed; uint8 RGB."""
        picture = self.scenes[rng.integers(len(self.scenes))]
        nobody = np.zeros(picture.shape[:2], np.uint8)
        return warp(picture, self.place(Person(picture, nobody, nobody, coarse=True), size, rng), size)

    def beside(self, x: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Somebody else, cut out, before or behind who is there; picture as float32 in 0..1, mask uint8."""
        other = self.people[rng.integers(len(self.people))]
        if not other.sharp:
            return x, mask
        matrix = self.place(other, mask.shape, rng)
        cut = warp(other.mask, matrix, mask.shape, cv2.BORDER_CONSTANT)
        alpha = cv2.GaussianBlur(cut.astype(np.float32) / 255, (0, 0), 0.8)
        if rng.random() < 0.5:
            alpha *= 1 - mask.astype(np.float32) / 255
        alpha = alpha[..., None]
        return x * (1 - alpha) + light(warp(other.picture, matrix, mask.shape), rng) * alpha, np.maximum(mask, cut)

    def behind(self, x: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Things that stand out and are nobody: a flag, a poster, a lamp. Picture as float32 in 0..1."""
        h, w = mask.shape
        for _ in range(rng.integers(1, 4)):
            box = (rng.uniform(0, w), rng.uniform(0, h)), tuple(rng.uniform(0.1, 0.6, 2) * h), rng.uniform(0, 90)
            alpha = np.zeros((h, w), np.float32)
            if rng.random() < 0.5:
                cv2.ellipse(alpha, box, 1.0, -1)
            else:
                cv2.fillConvexPoly(alpha, cv2.boxPoints(box).astype(np.int32), 1.0)
            alpha = (cv2.GaussianBlur(alpha, (0, 0), 0.8) * (1 - mask.astype(np.float32) / 255))[..., None]
            thing = stripes(mask.shape, rng) if rng.random() < 0.4 else light(self.scene(mask.shape, rng), rng)
            x = x * (1 - alpha) + thing * alpha
        return x

    def draw(self, size: tuple[int, int], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A frame (h,w,3) and the same with more noise and another exposure, as the next one is, uint8 RGB, and (h,w,3) uint8: the
        mask, the weight of its outline, whether it holds."""
        known, edge = np.full(size, 255, np.uint8), 1.0
        if rng.random() < self.nobody:
            x, mask = light(self.scene(size, rng), rng), np.zeros(size, np.uint8)
        else:
            person = self.people[rng.integers(len(self.people))]
            matrix = self.place(person, size, rng)
            x, mask = light(warp(person.picture, matrix, size), rng), warp(person.mask, matrix, size)
            known = (warp(person.known, matrix, size) == 255) * np.uint8(255)
            edge = 0.5 if person.coarse else 1.0
            fills = warp(np.full(person.mask.shape, 255, np.uint8), matrix, size, cv2.BORDER_CONSTANT).mean() > 0.96 * 255
            if not fills or person.sharp and rng.random() < 0.15:
                if not fills:
                    mask = warp(person.mask, matrix, size, cv2.BORDER_CONSTANT)
                soft = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), 0.8)[..., None]
                x = x * soft + light(self.scene(size, rng), rng) * (1 - soft)
            if rng.random() < 0.15:
                x, mask = self.beside(x, mask, rng)
        if rng.random() < 0.2:
            x = self.behind(x, mask, rng)
        frame = camera(x, rng)
        following = frame * np.float32(rng.uniform(0.96, 1.04)) + rng.standard_normal(x.shape, np.float32) * 2.5
        return frame, (following + 0.5).clip(0, 255).astype(np.uint8), np.dstack([mask, np.full(size, edge * 255, np.uint8), known])
