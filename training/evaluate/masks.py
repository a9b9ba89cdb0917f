"""How good masks are, against drawn ones.

IoU: a picture at a time, then the mean over the set; where nobody is in the picture, 1 if fewer than 1 % of the pixels
fire, else 0. Boundary F: one-pixel outlines inside the masks (the picture's border is no outline), matched within 0.8 % of
the diagonal; 2PR/(P+R). False area: share of the picture wrongly called person.
"""
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

REACH = 0.008  # of the diagonal


def outline(mask: np.ndarray) -> np.ndarray:
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=1)
    return mask & (inner == 0)


def distance(line: np.ndarray) -> np.ndarray:
    """Pixels from each place to the nearest point of the line."""
    return cv2.distanceTransform((~line).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def boundary_f(predicted: np.ndarray, truth: np.ndarray) -> float:
    p, t = outline(predicted), outline(truth)
    if not p.any() or not t.any():
        return float(p.any() == t.any())
    reach = REACH * np.hypot(*truth.shape)
    precision, recall = (distance(t)[p] <= reach).mean(), (distance(p)[t] <= reach).mean()
    return 0.0 if precision + recall == 0 else float(2 * precision * recall / (precision + recall))


def iou(predicted: np.ndarray, truth: np.ndarray) -> float:
    if not truth.any():
        return float(predicted.mean() < 0.01)
    return float((predicted & truth).sum() / (predicted | truth).sum())


def threshold(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Mask in 0..1, at any size, as grey picture of shape, cut at one half."""
    grey = Image.fromarray((mask * 255).round().astype(np.uint8))
    return np.asarray(grey.resize(shape[::-1], Image.BILINEAR)) >= 128


def pairs(folder: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Photographs, RGB, and their drawn masks: folder/NAME.jpg and .png."""
    for file in sorted(folder.glob("*.png")):
        yield np.asarray(Image.open(file.with_suffix(".jpg")).convert("RGB")), np.asarray(Image.open(file).convert("L")) > 127


def scores(segment, folder: Path) -> dict[str, dict[str, float]]:
    """Per set: the means over pictures. folder/SET/NAME.jpg and .png; segment(picture) -> mask in 0..1."""
    table = {}
    for group in sorted(p for p in folder.iterdir() if p.is_dir()):
        rows = []
        for photo, truth in pairs(group):
            predicted = threshold(segment(photo), truth.shape)
            rows.append((iou(predicted, truth), boundary_f(predicted, truth), float((predicted & ~truth).mean())))
        if rows:
            means = np.mean(rows, 0).round(4).tolist()
            table[group.name] = {"pictures": len(rows), **dict(zip(("iou", "boundary_f", "false_area"), means))}
    return table


def by_brightness(segment, heads: Path) -> list[float]:
    """IoU over the darkest, middle and lightest third of portraits, by the median luminance of the middle of what is drawn: skin tone
    and light together, which a picture does not tell apart."""
    rows = []
    for photo, truth in pairs(heads):
        side = max(3, round(0.2 * truth.sum() ** 0.5)) | 1
        middle = cv2.erode(truth.astype(np.uint8), np.ones((side, side), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=1) > 0
        brightness = np.median(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[middle if middle.any() else truth])
        rows.append((brightness, iou(threshold(segment(photo), truth.shape), truth)))
    return [round(float(np.mean([score for _, score in third])), 3) for third in np.array_split(np.array(sorted(rows)), 3)]
