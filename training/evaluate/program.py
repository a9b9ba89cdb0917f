"""The program itself, as it is run: what the refinement of masks over time adds to the network."""
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

SETTINGS = ("--smoothing 0", "--smoothing quick", "--smoothing steady", "--quality best --smoothing quick", "--quality best --smoothing steady")


class Masks:
    """`stylecam mask FOLDER FOLDER --sequence` with some of SETTINGS, without the feather, which would widen a mask; on the CPU, as
    Auto's masks are finer on a GPU."""

    def __init__(self, program: Path, settings: str):
        self.command = [str(program), "mask", "--sequence", "--quiet", "--feather", "0", "--provider", "cpu", *settings.split()]

    def __call__(self, frames: list[np.ndarray]) -> list[np.ndarray]:
        """RGB frames of one film -> masks of their size, in 0..1."""
        with tempfile.TemporaryDirectory() as work:
            shown, drawn = Path(work, "frames"), Path(work, "masks")
            shown.mkdir()
            for i, frame in enumerate(frames):
                Image.fromarray(frame).save(shown / f"{i:03}.png", compress_level=1)
            subprocess.run([*self.command, str(shown), str(drawn)], check=True)
            return [np.asarray(Image.open(drawn / f"{i:03}.png"), np.float32) / 255 for i in range(len(frames))]
