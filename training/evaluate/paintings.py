"""How good paintings are: style, content, patches, steadiness, kept faces, and how even a control α is.

style     sum over relu1_1, relu2_1, relu3_1, relu4_1 of MSE(channel means) + MSE(channel deviations), painting against style
content   MSE of mean-variance-normalised features, painting against photograph, at relu4_1 and relu5_1
patches   sliced Wasserstein distance between 7x7 patches of painting and style, three pyramid levels, of 255: no
          network judges. SANet learns by it since run 8 of docs/results/runs.md, MicroAST does not
steady    mean |painting - painting of the same shifted by (5, 3) pixels with other noise, shifted back|, of 255
lattice   what repeats every four pixels, as pixel shuffle's own pattern does; strokes, wherever they stand, average out
faces     of the portraits in which OpenCV's frontal cascade finds a face, the share in whose painting it is found again;
          and how far the painting is from the photograph there: a face kept by not painting it is no merit
alpha     how far the painting at α is from the photograph, as a share of α = 1; the photograph's similarity at α = 0
The features are those of training/vgg.py: exact to relu3_1, the distilled network's beyond. Ours paint within a margin that
is cut off, as the program does; the others pad by reflection themselves.
"""
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from .. import pictures
from ..vgg import Distilled, Exact, moments, normalised

SIDE, SHIFT, MARGIN = 256, (5, 3), 16


class Vgg:
    """relu1_1 .. relu5_1 of a 256x256 picture."""

    def __init__(self, folder: Path):
        self.exact, self.distilled = Exact(folder), Distilled(folder)

    @torch.no_grad()
    def __call__(self, picture) -> list[torch.Tensor]:
        x = pictures.tensor(np.asarray(picture)[None])
        return self.exact(x) + self.distilled(x)[3:]


def patch_distance(a, b, directions: int = 96, patches: int = 2048) -> float:
    rng, total = np.random.default_rng(1), []
    for side in (256, 128, 64):
        sets = []
        for picture in (a, b):
            x = np.asarray(Image.fromarray(np.asarray(picture)).resize((side, side), Image.BOX), np.float32)
            windows = np.lib.stride_tricks.sliding_window_view(x, (7, 7), axis=(0, 1)).reshape(-1, 147)
            sets.append(windows[rng.choice(len(windows), patches)])
        slope = rng.normal(size=(147, directions)).astype(np.float32)
        slope /= np.linalg.norm(slope, axis=0) * np.sqrt(147)
        total.append(np.abs(np.sort(sets[0] @ slope, 0) - np.sort(sets[1] @ slope, 0)).mean() * np.sqrt(147))
    return float(np.mean(total))


def losses(vgg: Vgg, contents: list, styles: list, paint) -> dict[str, float]:
    """Every content in every style; paint(picture, number of the style, alpha) -> RGB uint8."""
    content = [[normalised(f) for f in vgg(c)[3:]] for c in contents]
    aims = [[moments(f) for f in vgg(s)[:4]] for s in styles]
    rows = []
    for c, photo in enumerate(contents):
        for s, style in enumerate(styles):
            painting = paint(photo, s, 1.0)
            features = vgg(painting)
            gap = sum(float((a - b).square().mean()) for f, aim in zip(features[:4], aims[s]) for a, b in zip(moments(f), aim))
            kept = [float((normalised(f) - g).square().mean()) for f, g in zip(features[3:], content[c])]
            rows.append((gap, *kept, patch_distance(painting, style)))
    means = np.mean(rows, 0)
    return {"pairs": len(rows), **{k: round(float(v), d) for k, v, d in
            zip(("style", "content_relu4_1", "content_relu5_1", "patches"), means, (3, 3, 3, 2))}}


def steadiness(files: list[Path], count: int, paint) -> float:
    rng, rows, (dx, dy), m = np.random.default_rng(1), [], SHIFT, MARGIN
    for i, file in enumerate(files):
        big = np.asarray(pictures.square(file, SIDE + 32), np.float32)
        two = []
        for x, y in ((0, 0), SHIFT):
            cut = big[16 + y:16 + y + SIDE, 16 + x:16 + x + SIDE] + rng.normal(0, 2, (SIDE, SIDE, 3))
            two.append(np.float32(paint(cut.round().clip(0, 255).astype(np.uint8), i % count, 1.0)))
        a, b = two
        rows.append(np.abs(a[m + dy:-m, m + dx:-m] - b[m:-m - dy, m:-m - dx]).mean())
    return round(float(np.mean(rows)), 2)


def lattice(contents: list, count: int, paint) -> float:
    """How much of the paintings repeats every four pixels, of 255 (content i, style i mod count)."""
    rows = []
    for i, photo in enumerate(contents):
        x = np.float32(paint(photo, i % count, 1.0))
        fine = (x - cv2.blur(x, (5, 5)))[MARGIN:-MARGIN, MARGIN:-MARGIN]
        rows.append(np.abs(fine.reshape(fine.shape[0] // 4, 4, -1, 4, 3).mean((0, 2))).mean())
    return round(float(np.mean(rows)), 2)


def border(contents: list, styles: list, paint, width: int = 4) -> float:
    """How much brighter or darker the outermost pixels of paintings of flat grey are than their middle, of 255: a frame."""
    flat = np.full((SIDE, SIDE, 3), 128, np.uint8)
    rows = []
    for s in range(len(styles)):
        x = np.float32(paint(flat, s, 1.0))
        middle = x[64:-64, 64:-64].mean((0, 1))
        rows += [np.abs(edge.mean((0, 1)) - middle).mean() for edge in (x[:width], x[-width:], x[:, :width], x[:, -width:])]
    return round(float(np.mean(rows)), 2)


def ssim(a, b) -> float:
    """Structural similarity (Wang et al. 2004), Gaussian window of sigma 1.5, mean over channels."""
    def blur(z):
        return cv2.GaussianBlur(z, (11, 11), 1.5)
    a, b = np.float64(a), np.float64(b)
    ma, mb = blur(a), blur(b)
    va, vb, both = blur(a * a) - ma * ma, blur(b * b) - mb * mb, blur(a * b) - ma * mb
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(((2 * ma * mb + c1) * (2 * both + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2))).mean())


def alpha(contents: list, count: int, paint) -> dict[str, float]:
    """Similarity at α = 0, and the change at α as a share of the change at α = 1 (content i, style i mod count)."""
    at = (0.25, 0.5, 0.75)
    similar, rows = [], []
    for i, photo in enumerate(contents):
        x = np.float32(photo)
        change = [np.abs(np.float32(paint(photo, i % count, a)) - x).mean() for a in (*at, 1.0)]
        rows.append([c / change[-1] for c in change[:-1]])
        similar.append(ssim(photo, paint(photo, i % count, 0.0)))
    return {"ssim_0": round(float(np.mean(similar)), 4), **{f"change_{a}": round(float(v), 3) for a, v in zip(at, np.mean(rows, 0))}}


def overlap(a, b) -> float:
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(w, 0) * max(h, 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def webcam(file: Path) -> np.ndarray:
    """A portrait as a webcam has it: 128x128 in the middle of 256x256, mirrored outward."""
    return np.pad(np.asarray(pictures.square(file, 128)), ((64, 64), (64, 64), (0, 0)), "reflect")


def faces(files: list[Path], count: int, paint) -> dict[str, float]:
    """paint(picture, number of the style) at the program's settings for person and background."""
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")

    def find(picture):
        grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
        return cascade.detectMultiScale(grey, 1.1, 5, minSize=(SIDE // 10,) * 2)

    found, kept, change = 0, 0, []
    for i, file in enumerate(files):
        photo = webcam(file)
        before = find(photo)
        if not len(before):
            continue
        painting = paint(photo, i % count)
        box = max(before, key=lambda b: b[2] * b[3])
        found += 1
        kept += any(overlap(box, other) >= 0.4 for other in find(painting))
        q = SIDE // 4
        change.append(np.abs(np.float32(painting) - np.float32(photo))[q:-q, q:-q].mean())
    return {"faces": found, "kept": round(kept / max(found, 1), 3), "change": round(float(np.mean(change or [0.0])), 1)}
