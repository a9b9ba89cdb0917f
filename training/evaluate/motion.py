"""How steady masks and paintings are over time, and how far a mask lags.

Stills: frames of one photograph with camera noise (sigma 2 of 255) and exposure wobble (3 %) of their own. Pans: a person cut
out and moved 8 pixels a frame over an empty scene, 24 frames, then at rest for 12. Both seeded.
"""
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from .masks import iou, threshold

MOVING, RESTING, STEP = 24, 12, 8


def noisy(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return (x + rng.normal(0, 2, x.shape)).round().clip(0, 255).astype(np.uint8)


def still(photo: np.ndarray, rng: np.random.Generator, frames: int = 30) -> Iterator[np.ndarray]:
    x = photo.astype(np.float32)
    for _ in range(frames):
        yield noisy(x * (1 + rng.uniform(-0.03, 0.03)), rng)


def pan(photo: Image.Image, mask: Image.Image, scene: Image.Image, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Frames 640x480 with true masks."""
    scene = scene.resize((640, 480), Image.LANCZOS)
    size = round(photo.width * 420 / photo.height), 420
    photo, mask = photo.resize(size, Image.LANCZOS), mask.resize(size, Image.LANCZOS)
    for t in range(MOVING + RESTING):
        at = 320 - size[0] // 2 - STEP * MOVING // 2 + STEP * min(t, MOVING), 60
        frame, truth = scene.copy(), Image.new("L", (640, 480))
        frame.paste(photo, at, mask)
        truth.paste(mask, at)
        yield noisy(np.asarray(frame, np.float32), rng), np.asarray(truth) > 127


def flicker(frames: list[np.ndarray], spread: float) -> float:
    """Mean difference of one frame from the next, in thousandths of spread."""
    return 1000 * float(np.mean([np.abs(np.float32(a) - np.float32(b)).mean() for a, b in zip(frames, frames[1:])])) / spread


def mask_flicker(segment_all, photos: list[Path]) -> float:
    """segment_all(frames of one film) -> their masks in 0..1."""
    rng, rows = np.random.default_rng(1), []
    for path in photos:
        photo = np.asarray(Image.open(path).convert("RGB"))
        rows.append(flicker([(mask * 255).round() for mask in segment_all(list(still(photo, rng)))], 255))
    return round(float(np.mean(rows)), 2)


def painting_flicker(paint, photos: list[np.ndarray]) -> float:
    """paint(frame, number of the photo) -> RGB. Divided by each painting's own standard deviation."""
    rng, rows = np.random.default_rng(1), []
    for i, photo in enumerate(photos):
        frames = [paint(f, i) for f in still(photo, rng)]
        rows.append(flicker(frames, float(np.std(frames))))
    return round(float(np.mean(rows)), 2)


def mask_lag(segment_all, people: list[Path], scenes: list[Path]) -> dict[str, float]:
    """IoU while a person moves, at rest, and the difference."""
    rng, moving, resting = np.random.default_rng(1), [], []
    for i, path in enumerate(people):
        photo, mask = Image.open(path).convert("RGB"), Image.open(path.with_suffix(".png")).convert("L")
        frames, truths = zip(*pan(photo, mask, Image.open(scenes[i % len(scenes)]).convert("RGB"), rng))
        for t, (guess, truth) in enumerate(zip(segment_all(list(frames)), truths)):
            score = iou(threshold(guess, truth.shape), truth)
            if 4 <= t < MOVING:
                moving.append(score)
            elif t >= MOVING + 6:
                resting.append(score)
    a, b = float(np.mean(moving)), float(np.mean(resting))
    return {"moving": round(a, 4), "resting": round(b, 4), "lag": round(a - b, 4)}
