"""People and their masks, as a webcam would show them.

Pictures are zoomed, turned, mirrored, relit and degraded; heads are put where heads are before a webcam (the lower middle);
some people get another background; some pictures hold nobody.
"""
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

COARSE = ("coco1_", "cocom_")  # outlined by polygons: half weight along the outline
EMPTY = ("neg_",)
LONG_SIDE = 384                # in memory


@dataclass(frozen=True)
class Person:
    picture: np.ndarray  # (h,w,3) uint8 RGB
    mask: np.ndarray     # (h,w) uint8, 255 = person
    coarse: bool


def read(path: Path) -> np.ndarray:
    """RGB, the longer side at most LONG_SIDE."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SystemExit(f"{path} cannot be read as a picture")
    scale = LONG_SIDE / max(picture.shape[:2])
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def warp(picture: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return cv2.warpAffine(picture, matrix, size[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def light(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Exposure, gamma, contrast of colours, a cast; uint8 to float32 in 0..1."""
    x = (picture.astype(np.float32) / 255) ** np.exp(rng.normal(0, 0.35)) * np.exp(rng.normal(0, 0.2)) + rng.normal(0, 0.05)
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


class People:
    """Training samples. Folders hold NAME.jpg with NAME.png; empty scenes may lack the mask or have a black one."""

    def __init__(self, people: list[Path], scenes: list[Path], nobody: float = 0.15):
        self.people, self.nobody = [], nobody
        empty = list(scenes)
        for path in people:
            mask_path = path.with_suffix(".png")
            if path.name.startswith(EMPTY):
                empty.append(path)
            elif mask_path.exists():
                picture, mask = read(path), read(mask_path)[..., 0]
                self.people.append(Person(picture, mask, path.name.startswith(COARSE)))
        self.scenes = [read(path) for path in empty]
        if not self.people or not self.scenes:
            raise SystemExit("needs people (NAME.jpg with NAME.png) and empty scenes (neg_*.jpg, or another folder of scenes)")

    def place(self, mask: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
        """An affine map that frames a picture: zoom around a point of the person, turn, mirror."""
        (h, w), (height, width) = mask.shape, size
        ys, xs = np.nonzero(mask > 127)
        webcam = len(ys) > 50 and rng.random() < 0.35
        if webcam:  # head and shoulders, or head to waist, at the lower edge
            top, bottom = ys.min(), ys.max()
            part = min(1.0, rng.uniform(0.3, 0.7) if bottom - top > 1.6 * (np.ptp(xs) + 1) else 1.0)
            scale = height * rng.uniform(0.55, 0.95) / max((bottom - top) * part, 8)
            scale = min(scale, 2.5 * max(width / w, height / h))
            x, y = np.median(xs), top
            to_x, to_y = width * rng.uniform(0.3, 0.7), height * rng.uniform(0.05, 0.35)
        else:
            scale = max(width / w, height / h) * np.exp(rng.uniform(-0.35, 0.47))
            if len(ys) > 50 and rng.random() < 0.7:
                pick = rng.integers(len(ys))
                x, y = xs[pick], ys[pick]
            else:
                x, y = rng.uniform(0.3, 0.7) * w, rng.uniform(0.3, 0.7) * h
            to_x, to_y = width * rng.uniform(0.3, 0.7), height * rng.uniform(0.3, 0.8)
        turn, mirror = np.radians(rng.normal(0, 6)), rng.choice((-1, 1))
        c, s = np.cos(turn) * scale, np.sin(turn) * scale
        turned = np.array([[c * mirror, -s], [s * mirror, c]])
        return np.hstack([turned, (np.array([to_x, to_y]) - turned @ (x, y))[:, None]]).astype(np.float32)

    def scene(self, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
        picture = self.scenes[rng.integers(len(self.scenes))]
        return warp(picture, self.place(np.zeros(picture.shape[:2], np.uint8), size, rng), size)

    def draw(self, size: tuple[int, int], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A picture (h,w,3) and the same with other noise and light, uint8 RGB, and mask (h,w,2): person, weight of its outline."""
        if rng.random() < self.nobody:
            x, mask, edge = light(self.scene(size, rng), rng), np.zeros(size, np.uint8), 1.0
        else:
            person = self.people[rng.integers(len(self.people))]
            matrix = self.place(person.mask, size, rng)
            x, mask = light(warp(person.picture, matrix, size), rng), warp(person.mask, matrix, size)
            edge = 0.5 if person.coarse else 1.0
            if rng.random() < 0.2:
                soft = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), 0.8)[..., None]
                x = x * soft + light(self.scene(size, rng), rng) * (1 - soft)
        again = np.clip(x * rng.uniform(0.97, 1.03) + rng.standard_normal(x.shape, np.float32) * 0.012, 0, 1)
        return camera(x, rng), (again * 255 + 0.5).astype(np.uint8), np.dstack([mask, np.full(size, edge * 255, np.uint8)])
