"""How steady masks and paintings are over time, and how far a mask lags.

Stills: frames of one photograph with camera noise (sigma 2 of 255) and exposure wobble (3 %) of their own. Pans: a person cut
out and moved 8 pixels a frame over an empty scene, 24 frames, then at rest for 12. Both seeded. Clips: films of people, in which
a painting is compared with the one before it moved along with the picture, where the picture itself shows no more than motion.
"""
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from .masks import iou, threshold

MOVING, RESTING, STEP = 24, 12, 8
MOVED = 8  # of 255: two frames differ by less where one is the other moved


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
    """Mean difference of one frame from the next, in thousandths of spread; of flat frames, which have none, 0."""
    return 1000 * float(np.mean([np.abs(np.float32(a) - np.float32(b)).mean() for a, b in zip(frames, frames[1:])])) / (spread or 1)


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


def follow(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Where in the frame before each pixel of this one was, (h,w,2) x and y: dense optical flow (DIS, Kroeger et al., 2016)."""
    grey = [cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for f in (now, before)]
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(*grey, None)
    return flow + np.stack(np.meshgrid(np.arange(now.shape[1]), np.arange(now.shape[0])), 2).astype(np.float32)


def clip_flicker(paint, clips: list[list[np.ndarray]]) -> float:
    """paint(frame, number of the clip) -> RGB. As painting_flicker, along the motion."""
    rows = []
    for i, frames in enumerate(clips):
        paintings, steps = [paint(f, i).astype(np.float32) for f in frames], []
        for t in range(1, len(frames)):
            was = follow(frames[t - 1], frames[t])

            def moved(x: np.ndarray, was=was) -> np.ndarray:
                return cv2.remap(np.float32(x), was, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            known = np.abs(moved(frames[t - 1]) - frames[t]).max(2) < MOVED
            steps.append(np.abs(moved(paintings[t - 1]) - paintings[t])[known].mean())
        rows.append(1000 * float(np.mean(steps)) / float(np.std(paintings)))
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
