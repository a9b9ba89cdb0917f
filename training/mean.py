"""The mean of two networks' weights, one of which was trained on from the other.

    python -m training.mean BEFORE AFTER --out FILE [--share 0.4]

--share is AFTER's part, a half by default. Often the mean flickers less than the later one and is nearer to the content, for a part of the
style that was gained; in one run it was nearer to the style than either: training/README.md has figures. Wortsman et al.,
"Robust Fine-Tuning of Zero-Shot Models", 2022, do the same.
"""
import argparse
from pathlib import Path

import torch
from torch import Tensor

from . import loop


def mean(before: dict[str, Tensor], after: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """Both have the same names and shapes; share is the later's part. Of float32 and float16 as float32; counters are the later ones."""
    return {name: torch.lerp(before[name].float(), b.float(), share) if b.is_floating_point() else b for name, b in after.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.5, help="AFTER's part, 0 to 1")
    args = parser.parse_args()
    if not 0 <= args.share <= 1:
        parser.error(f"a mean lies between the two: --share {args.share} is not between 0 and 1")
    before, after = loop.weights_of(args.before), loop.weights_of(args.after)
    differing = sorted(name for name in before.keys() | after.keys()
                       if name not in before or name not in after or before[name].shape != after[name].shape)
    if differing:
        raise SystemExit(f"{args.before} and {args.after} are of different networks: {', '.join(differing[:3])}; no mean can be taken")
    loop.save(args.out, {"weights": mean(before, after, args.share)})


if __name__ == "__main__":
    main()
