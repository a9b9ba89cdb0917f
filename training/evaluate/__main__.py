"""Measure the exported graphs and write the tables.

    python -m training.evaluate --people-eval DIR --style-eval DIR --vgg DIR [--models models] [--out docs/results]

Writes lite.md and lite.json, and the figures that fit in one line into models/manifest.json. Rows of other programs' networks
are marked *recorded*: they were measured once by the same measures.
"""
import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from .. import pictures
from ..export import write
from . import graphs, masks, motion, paintings

SIZES = ((128, 160), (144, 192), (192, 256))  # of a 4:3 picture; others get the same area
PERSON = (0.5, 0.3)  # α1, α2 of the person where faces are measured, under SegNet's mask; the background is painted fully

MASKS_HEAD = """| masks, threshold 0.5: IoU / boundary F | heads | full | varied | crowd | empty: false area | flicker, 1/1000 | lag | CPU ms |
|---|---|---|---|---|---|---|---|---|"""
MASKS_RECORDED = """| MediaPipe selfie, 256x256 *(recorded)* | 0.941 / 0.660 | 0.827 / 0.783 | 0.846 / 0.689 | 0.544 / 0.472 | 9.9 % | 1.48 | +0.002 | 4-6 |
| MediaPipe selfie, landscape 144x256 *(recorded)* | 0.939 / 0.647 | 0.832 / 0.772 | 0.823 / 0.657 | 0.485 / 0.434 | 14.4 % | – | – | – |"""
PAINTINGS_HEAD = """| paintings, 48 pairs at 256x256 | style | content relu4_1 | relu5_1 | patches | steady, of 255 | border, of 255 | faces kept / change | α = 0 SSIM | change at α 0.25 / 0.5 / 0.75 | flicker, 1/1000 | CPU ms at 192x256 |
|---|---|---|---|---|---|---|---|---|---|---|---|"""
PAINTINGS_RECORDED = """| MicroAST, its published weights *(recorded)* | 0.567 | 0.559 | 0.571 | 8.20 | 9.70 | – | 0.925 / 38 | – | – | – | 64-70 |
| the photograph unchanged *(recorded)* | 5.68 | 0 | 0 | – | – | 0 | 1 / 0 | 1 | 0 | – | – |"""


def measure_masks(models: Path, people: Path, size: tuple[int, int], over_time: bool) -> dict:
    segment = graphs.SegNet(models, size)
    result = {"sets": masks.scores(segment, people)}
    if over_time:
        result["flicker"] = motion.mask_flicker(segment, sorted((people / "heads").glob("*.jpg"))[:10])
        result["lag"] = motion.mask_lag(segment, sorted((people / "varied").glob("*.jpg"))[:8], sorted((people / "empty").glob("*.jpg"))[:4])
    noise = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
    result["cpu_ms"] = graphs.milliseconds(lambda: segment(noise))
    return result


def measure_paintings(models: Path, people: Path, data: Path, vgg: Path) -> dict:
    net, segment = graphs.SANet(models), graphs.SegNet(models, SIZES[0])
    content_files = pictures.listed(data / "contents")
    contents = [np.asarray(pictures.square(f, 256)) for f in content_files]
    styles = [np.asarray(pictures.square(f, 256)) for f in pictures.listed(data / "styles")]
    encoded, heads = [net.encode(s) for s in styles], sorted((people / "heads").glob("*.jpg"))

    def paint(picture, style: int, alpha=1.0):
        return net.paint(picture, encoded[style % len(encoded)], alpha)

    def paint_person(picture, style: int):
        mask = cv2.resize(segment(picture), (picture.shape[1] // 4, picture.shape[0] // 4), interpolation=cv2.INTER_AREA)
        return paint(picture, style, np.stack([mask * a + (1 - mask) for a in PERSON]))

    frames = [np.asarray(Image.open(f).convert("RGB").resize((256, 192), Image.LANCZOS)) for f in heads[:10]]
    speed = np.random.default_rng(1).integers(0, 256, (192, 256, 3), np.uint8)
    return {"losses": paintings.losses(paintings.Vgg(vgg), contents, styles, paint),
            "steady": paintings.steadiness(content_files, len(styles), paint),
            "border": paintings.border(contents, styles, paint),
            "alpha": paintings.alpha(contents, len(styles), paint),
            "faces": paintings.faces(heads, len(styles), paint_person),
            "flicker": motion.painting_flicker(paint, frames),
            "cpu_ms": graphs.milliseconds(lambda: paint(speed, 0))}


def masks_row(name: str, r: dict) -> str:
    def pair(group: str) -> str:
        s = r["sets"].get(group)
        return f"{s['iou']:.3f} / {s['boundary_f']:.3f}" if s else "–"
    empty = r["sets"].get("empty")
    cells = [name, *map(pair, ("heads", "full", "varied", "crowd")), f"{empty['false_area']:.1%}" if empty else "–",
             r.get("flicker", "–"), f"{r['lag']['lag']:+.3f}" if "lag" in r else "–", r["cpu_ms"]]
    return f"| {' | '.join(map(str, cells))} |"


def paintings_row(name: str, r: dict) -> str:
    losses, a = r["losses"], r["alpha"]
    cells = [name, losses["style"], losses["content_relu4_1"], losses["content_relu5_1"], losses["patches"], r["steady"], r["border"],
             f"{r['faces']['kept']} / {r['faces']['change']}", a["ssim_0"],
             f"{a['change_0.25']} / {a['change_0.5']} / {a['change_0.75']}", r["flicker"], r["cpu_ms"]]
    return f"| {' | '.join(map(str, cells))} |"


def enter(manifest: Path, result: dict) -> None:
    """The main figures into the manifest's entries."""
    book = json.loads(manifest.read_text())
    for entry in book["models"]:
        if entry["name"] != "lite":
            continue
        if entry["graph"] == "segnet" and "masks" in result:
            sets = next(iter(result["masks"].values()))["sets"]
            entry["evaluation"] = {f"iou_{k}": v["iou"] for k, v in sets.items()}
        elif entry["graph"].startswith("sanet") and "paintings" in result:
            r = result["paintings"]
            entry["evaluation"] = {"style": r["losses"]["style"], "content_relu4_1": r["losses"]["content_relu4_1"],
                                   "steady": r["steady"], "ssim_alpha_0": r["alpha"]["ssim_0"], "faces_kept": r["faces"]["kept"]}
    write(manifest, (json.dumps(book, indent=2) + "\n").encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people-eval", type=Path, required=True, help="folder of heads, full, varied, crowd, empty")
    parser.add_argument("--style-eval", type=Path, required=True, help="folder of contents, styles")
    parser.add_argument("--vgg", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--out", type=Path, default=Path("docs/results"))
    parser.add_argument("--only", choices=("masks", "paintings"))
    args = parser.parse_args()

    figures = args.out / "lite.json"
    result = json.loads(figures.read_text()) if args.only and figures.exists() else {}
    if args.only != "paintings":
        result["masks"] = {f"{h}x{w}": measure_masks(args.models, args.people_eval, (h, w), (h, w) == SIZES[0]) for h, w in SIZES}
    if args.only != "masks":
        result["paintings"] = measure_paintings(args.models, args.people_eval, args.style_eval, args.vgg)
    lines = ["# The lite networks, measured", "",
             "Made by `python -m training.evaluate`; what the figures mean stands in `training/evaluate`.", ""]
    if "masks" in result:
        lines += [MASKS_HEAD, MASKS_RECORDED, *(masks_row(f"SegNet `lite` at {size}", r) for size, r in result["masks"].items()), ""]
    if "paintings" in result:
        lines += [PAINTINGS_HEAD, PAINTINGS_RECORDED, paintings_row("SANet `lite`", result["paintings"]), ""]
    print("\n".join(lines))
    args.out.mkdir(parents=True, exist_ok=True)
    write(figures, (json.dumps(result, indent=1) + "\n").encode())
    write(args.out / "lite.md", "\n".join(lines).encode())
    enter(args.models / "manifest.json", result)


if __name__ == "__main__":
    main()
