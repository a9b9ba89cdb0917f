"""Read, crop and lay out pictures: uint8 RGB arrays (h,w,3)."""
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor

KINDS = {".jpg", ".jpeg", ".png", ".webp"}


def listed(*folders) -> list[Path]:
    """The pictures under folders, sorted by name. A PNG beside a JPEG of its name is that picture's mask, and left out."""
    found = [p for folder in folders for p in sorted(Path(folder).rglob("*")) if p.suffix.lower() in KINDS
             and not (p.suffix == ".png" and any(p.with_suffix(kind).exists() for kind in (".jpg", ".jpeg")))]
    if not found:
        raise SystemExit(f"no pictures under {', '.join(map(str, folders))}")
    return found


def square(path, side: int) -> Image.Image:
    """Scaled to cover side x side and cut to its centre."""
    image = Image.open(path).convert("RGB")
    scale = side / min(image.size)
    image = image.resize([max(side, round(d * scale)) for d in image.size], Image.LANCZOS)
    x, y = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((x, y, x + side, y + side))


def squares(paths: list[Path], side: int) -> np.ndarray:
    """(n,side,side,3)"""
    out = np.empty((len(paths), side, side, 3), np.uint8)
    for i, path in enumerate(paths):
        out[i] = square(path, side)
    return out


def tensor(pictures: np.ndarray, device="cpu") -> Tensor:
    """uint8 (n,h,w,3) -> (n,3,h,w) in 0..1, channels last in memory."""
    x = torch.from_numpy(np.ascontiguousarray(pictures)).to(device).permute(0, 3, 1, 2)
    return x.float().div_(255).contiguous(memory_format=torch.channels_last)


def array(x: Tensor) -> np.ndarray:
    """(n,3,h,w) in 0..1, or (n,1,h,w) as grey -> uint8 (n,h,w,3)."""
    x = x.detach().float().clamp(0, 1).expand(-1, 3, -1, -1).permute(0, 2, 3, 1)
    return (x * 255 + 0.5).byte().cpu().numpy()


def sheet(rows: list[list[np.ndarray]], height: int = 160) -> np.ndarray:
    """Pictures in rows, each scaled to height, as one picture."""
    def fit(picture: np.ndarray) -> np.ndarray:
        return cv2.resize(picture, (round(picture.shape[1] * height / picture.shape[0]), height), interpolation=cv2.INTER_AREA)
    lines = [np.hstack([fit(p) for p in row]) for row in rows]
    width = max(line.shape[1] for line in lines)
    return np.vstack([np.pad(line, ((0, 2), (0, width - line.shape[1]), (0, 0))) for line in lines])
