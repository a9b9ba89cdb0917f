"""The exported graphs, run by ONNX Runtime as the program runs them."""
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from ..sanet import MARGIN

STYLE_SIDE = 256


def session(path: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def bgr(picture) -> np.ndarray:
    """RGB picture -> uint8 (1,h,w,3) BGR."""
    return np.ascontiguousarray(np.asarray(picture)[None, ..., ::-1])


def milliseconds(runs: dict[str, Callable[[], object]], times: int = 40) -> dict[str, float]:
    """Processor time of one call of each, the median; they take turns, so that a machine that slows down slows all."""
    spent = {name: [] for name in runs}
    for _ in range(times):
        for name, run in runs.items():
            start = time.process_time()
            run()
            spent[name].append(time.process_time() - start)
    return {name: round(1000 * float(np.median(rows)), 1) for name, rows in spent.items()}


def working_size(shape: tuple[int, int], area: int) -> tuple[int, int]:
    """Height and width of about that area with a picture's aspect, stretched to multiples of 16."""
    scale = (area / (shape[0] * shape[1])) ** 0.5
    return tuple(max(16, round(side * scale / 16) * 16) for side in shape)


class SegNet:
    """At sizes of the area of `size`, whatever the picture's aspect. A call is a film's first frame."""

    def __init__(self, folder: Path, size: tuple[int, int], model: str = "lite"):
        self.session, self.area = session(folder / f"segnet-{model}.onnx"), size[0] * size[1]

    def __call__(self, picture: np.ndarray, previous: np.ndarray | None = None) -> np.ndarray:
        """RGB (h,w,3), and the mask of the frame before -> mask at the working size, float32 0..1."""
        height, width = working_size(picture.shape[:2], self.area)
        image = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        if previous is None:
            previous = np.zeros((height, width), np.float32)
        return self.session.run(None, {"image": bgr(image), "previous": previous[None, None]})[0][0, 0]

    def film(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """The masks of frames of one film, of one size."""
        mask = None
        for frame in frames:
            mask = self(frame, mask)
            yield mask


class Mirrored:
    """A SegNet that looks twice, at a picture and at its mirror image, as the program does at stills."""

    def __init__(self, net: SegNet):
        self.net = net

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        return (self.net(picture) + self.net(picture[:, ::-1])[:, ::-1]) / 2


TRANSFERS = {"SANet `lite`": 1.0, "the same weights as AdaIN": 0.0, "the same weights as Avatar-Net's decorator": 64.0}  # sharpness


class SANet:
    """Paints as the program does, within a margin. sharpness scales the keys: 0 attends to all of the style alike (AdaIN), much to the
    best match alone (Avatar-Net). The program's style.Transfer does the same."""
    margin = MARGIN

    def __init__(self, folder: Path, model: str = "lite", sharpness: float = 1.0):
        self.sharpness = np.float32(sharpness)
        self.encoder, self.painter = session(folder / "sanet-lite-style.onnx"), session(folder / f"sanet-{model}-paint.onnx")
        self.names = [o.name for o in self.encoder.get_outputs()]

    def encode(self, picture) -> dict[str, np.ndarray]:
        """RGB 256x256 -> one style's tensors."""
        tensors = dict(zip(self.names, self.encoder.run(None, {"image": bgr(picture)})))
        return {name: t * self.sharpness if name.endswith("keys") else t for name, t in tensors.items()}

    def paint(self, picture, style: dict[str, np.ndarray], alpha=1.0) -> np.ndarray:
        """RGB, sides multiples of 16; alpha a number or (2,h/4,w/4) -> RGB uint8, with a margin that is cut off again."""
        m = self.margin
        image = bgr(np.pad(picture, ((m, m), (m, m), (0, 0)), "reflect"))
        h, w = image.shape[1] // 4, image.shape[2] // 4
        if np.ndim(alpha):
            alpha = np.pad(alpha, ((0, 0), (m // 4, m // 4), (m // 4, m // 4)), "edge")
        feed = {"image": image, **style, "share": np.ones((1, 1, h, w), np.float32),
                "alpha": np.broadcast_to(np.float32(alpha), (2, h, w))[None].copy()}
        return self.painter.run(None, feed)[0][0, m:-m, m:-m, ::-1]
