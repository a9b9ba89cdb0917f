"""Measure the exported graphs, and the peers' where they are to be had, and write the tables.

    python -m training.evaluate --people-eval DIR --style-eval DIR --vgg DIR [--peers DIR] [--program bin/stylecam] [--models models] [--out docs/results]

Writes lite.md and lite.json, and the figures that fit in one line into models/manifest.json. Where a peer is not to be had
(`--peers`), or weights by the paper's recipe (`--paper`), the row shows what the same measures once found and is marked *recorded*.
"""
import argparse
import json
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from .. import loop, manifest, paper, pictures
from . import graphs, masks, motion, paintings, peers, program

SIZES = {"lite": ((144, 192), (288, 384)), "full": ((144, 192), (288, 384))}  # of a 4:3 picture, as the program runs them; others get the same area
PERSON = (0.5, 0.3)  # α1, α2 of the person where faces are measured, under SegNet's mask; the background is painted fully

MASKS_HEAD = """| masks, threshold 0.5: IoU / boundary F | heads | full | varied | crowd | empty: false area | flicker, 1/1000 | lag | CPU ms |
|---|---|---|---|---|---|---|---|---|"""
MASKS_RECORDED = {
    "MediaPipe selfie, 256x256": "0.941 / 0.660 | 0.827 / 0.783 | 0.846 / 0.689 | 0.544 / 0.472 | 9.9 % | 1.48 | +0.002 | 4-6",
    "MediaPipe selfie, landscape 144x256": "0.939 / 0.647 | 0.832 / 0.772 | 0.823 / 0.657 | 0.485 / 0.434 | 14.4 % | – | – | –",
    peers.MATTING: "0.953 / 0.690 | 0.902 / 0.887 | 0.890 / 0.765 | 0.739 / 0.659 | 1.2 % | – | – | –"}
PROGRAM_HEAD = """| the program's masks (`mask --sequence`: SegNet `full` at 144x192, with `--quality best` at 288x384), refined over time | flicker, 1/1000 | lag |
|---|---|---|"""
BRIGHTNESS_HEAD = """| IoU of heads, by the brightness of face and hair | darkest third | middle | lightest third |
|---|---|---|---|"""
PAINTINGS_HEAD = """| paintings, 48 pairs at 256x256 | style | content relu4_1 | relu5_1 | patches | steady, of 255 | lattice, of 255 | border, of 255 | faces kept / change | α = 0 SSIM | change at α 0.25 / 0.5 / 0.75 | flicker, 1/1000: stills / clips | CPU ms at 192x256 |
|---|---|---|---|---|---|---|---|---|---|---|---|---|"""
PAINTINGS_RECORDED = {
    "MicroAST, its published weights": "0.567 | 0.559 | 0.571 | 8.20 | 9.70 | – | – | 0.925 / 38 | – | – | – | 64-70",
    "SANet by its paper's recipe, 501 steps": "4.368 | 0.681 | 0.581 | 24.32 | 12.49 | 0.36 | 0.0 | 0.925 / 33.3 | – | – | 30.64 / 76.32 | –"}


def over_time(segment_all, people: Path) -> dict:
    """segment_all(frames of one film) -> their masks in 0..1."""
    return {"flicker": motion.mask_flicker(segment_all, sorted((people / "heads").glob("*.jpg"))[:10]),
            "lag": motion.mask_lag(segment_all, sorted((people / "varied").glob("*.jpg"))[:8], sorted((people / "empty").glob("*.jpg"))[:4])}


def measure_paintings(net, segment, people: Path, data: Path, vgg: Path) -> dict:
    """Of one network: net.encode(picture) -> style, net.paint(picture, style, alpha) -> RGB. Where segment is None it paints
    fully alone, and faces are measured on the whole frame so painted."""
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
    clips = [[np.asarray(Image.open(f).convert("RGB").resize((256, 256), Image.LANCZOS)) for f in pictures.listed(folder)]
             for folder in sorted((people / "clips").glob("*"))]
    result = {"losses": paintings.losses(paintings.Vgg(vgg), contents, styles, paint),
              "steady": paintings.steadiness(content_files, len(styles), paint),
              "lattice": paintings.lattice(contents, len(styles), paint),
              "border": paintings.border(contents, styles, paint),
              "faces": paintings.faces(heads, len(styles), paint_person if segment else paint),
              "flicker": motion.painting_flicker(paint, frames)}
    if clips:
        result["clips"] = motion.clip_flicker(paint, clips)
    if segment:
        result["alpha"] = paintings.alpha(contents, len(styles), paint)
    return result


def masks_row(name: str, r: dict) -> str:
    def pair(group: str) -> str:
        s = r["sets"].get(group)
        return f"{s['iou']:.3f} / {s['boundary_f']:.3f}" if s else "–"
    empty = r["sets"].get("empty")
    cells = [name, *map(pair, ("heads", "full", "varied", "crowd")), f"{empty['false_area']:.1%}" if empty else "–",
             r.get("flicker", "–"), f"{r['lag']['lag']:+.3f}" if "lag" in r else "–", r.get("cpu_ms", "–")]
    return f"| {' | '.join(map(str, cells))} |"


def paintings_row(name: str, r: dict) -> str:
    losses, a = r["losses"], r.get("alpha")
    cells = [name, losses["style"], losses["content_relu4_1"], losses["content_relu5_1"], losses["patches"], r["steady"], r["lattice"],
             r["border"], f"{r['faces']['kept']} / {r['faces']['change']}", a["ssim_0"] if a else "–",
             f"{a['change_0.25']} / {a['change_0.5']} / {a['change_0.75']}" if a else "–",
             f"{r['flicker']} / {r.get('clips', '–')}", r["cpu_ms"]]
    return f"| {' | '.join(map(str, cells))} |"


def brightness_row(name: str, r: dict) -> str:
    return f"| {' | '.join([name, *(f'{x:.3f}' for x in r['by_brightness'])])} |"


def program_row(name: str, r: dict) -> str:
    return f"| {name} | {r['flicker']} | {r['lag']['lag']:+.3f} |"


def table(head: str, measured: dict[str, dict], recorded: dict[str, str], row) -> list[str]:
    """What is compared with first, measured or recorded, then ours."""
    lines = [row(name, measured[name]) if name in measured else f"| {name} *(recorded)* | {cells} |" for name, cells in recorded.items()]
    return [head, *lines, *(row(name, r) for name, r in measured.items() if name not in recorded), ""]


def enter(models: Path, result: dict) -> None:
    """The main figures into the manifest's entries."""
    entries = manifest.read(models)
    for entry in entries:
        if entry["name"] not in SIZES:
            continue
        cut = result.get("masks", {}).get(segnet_name(entry["name"], SIZES[entry["name"]][0]))
        painted = result.get("paintings", {}).get(f"SANet `{entry['name']}`")
        if entry["graph"] == "segnet" and cut:
            entry["evaluation"] = {f"iou_{k}": v["iou"] for k, v in cut["sets"].items()}
        elif entry["graph"].startswith("sanet") and painted:
            entry["evaluation"] = {"style": painted["losses"]["style"], "content_relu4_1": painted["losses"]["content_relu4_1"],
                                   "steady": painted["steady"], "ssim_alpha_0": painted["alpha"]["ssim_0"], "faces_kept": painted["faces"]["kept"]}
    manifest.enter(models, entries)


def segnet_name(model: str, size: tuple[int, int]) -> str:
    return f"SegNet `{model}` at {size[0]}x{size[1]}"


def segnets(models: Path) -> tuple[dict[str, graphs.SegNet], dict[str, graphs.Mirrored]]:
    """Ours at their sizes; and as stills have them, at the largest."""
    films, stills = {}, {}
    for model, sizes in SIZES.items():
        if (models / f"segnet-{model}.onnx").exists():
            films |= {segnet_name(model, size): graphs.SegNet(models, size, model) for size in sizes}
            name = segnet_name(model, sizes[-1])
            stills[f"{name}, stills"] = graphs.Mirrored(films[name])
    return films, stills


def all_masks(args) -> dict[str, dict]:
    films, stills = segnets(args.models)
    nets = {**peers.masks(args.peers), **films, **stills}
    result = {name: {"sets": masks.scores(net, args.people_eval)} for name, net in nets.items()}
    for name in {"MediaPipe selfie, 256x256", *films, *stills} & nets.keys():
        if name not in stills:
            result[name] |= over_time(nets[name].film, args.people_eval)
        result[name]["by_brightness"] = masks.by_brightness(nets[name], args.people_eval / "heads")
    frame = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
    timed = {name: lambda net=net: net(frame) for name, net in nets.items() if name != peers.MATTING}  # which is run by PyTorch
    for name, ms in graphs.milliseconds(timed).items():
        result[name]["cpu_ms"] = ms
    return result


def less(frame: np.ndarray, margin: int) -> np.ndarray:
    """A frame without its border of so many pixels: painted within that margin, it takes as much as the whole frame does without one."""
    return frame[margin:frame.shape[0] - margin, margin:frame.shape[1] - margin]


def all_paintings(args) -> dict[str, dict]:
    segment = graphs.SegNet(args.models, SIZES["lite"][0])
    with tempfile.TemporaryDirectory() as work:
        nets = {name: (net, None) for name, net in peers.painters(args.peers, Path(work)).items()}
        if args.paper:
            nets[f"SANet by its paper's recipe, {loop.steps_of(args.paper):,} steps"] = (
                peers.PerStyle(paper.load(args.vgg, args.paper), Path(work) / "paper"), None)
        if (args.models / "sanet-full-paint.onnx").exists():
            nets["SANet `full`"] = graphs.SANet(args.models, "full"), segment
        nets |= {name: (graphs.SANet(args.models, sharpness=sharpness), segment) for name, sharpness in graphs.TRANSFERS.items()}
        result = {name: measure_paintings(net, segment, args.people_eval, args.style_eval, args.vgg)
                  for name, (net, segment) in nets.items()}
        frame = np.random.default_rng(1).integers(0, 256, (192, 256, 3), np.uint8)
        styles = {name: net.encode(np.zeros((256, 256, 3), np.uint8)) for name, (net, _) in nets.items()}
        runs = {name: lambda net=net, style=styles[name]: net.paint(less(frame, net.margin), style) for name, (net, _) in nets.items()}
        for name, ms in graphs.milliseconds(runs).items():
            result[name]["cpu_ms"] = ms
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people-eval", type=Path, required=True, help="folder of heads, full, varied, crowd, empty")
    parser.add_argument("--style-eval", type=Path, required=True, help="folder of contents, styles")
    parser.add_argument("--vgg", type=Path, required=True)
    parser.add_argument("--peers", type=Path, help="folder of others' networks: see training/evaluate/peers.py")
    parser.add_argument("--paper", type=Path, help="a checkpoint of train_sanet --recipe paper, to measure beside the others")
    parser.add_argument("--program", type=Path, help="bin/stylecam, to measure its masks over time too")
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--out", type=Path, default=Path("docs/results"))
    parser.add_argument("--only", choices=("masks", "paintings"))
    args = parser.parse_args()

    figures = args.out / "lite.json"
    result = json.loads(figures.read_text()) if args.only and figures.exists() else {}
    if args.only != "paintings":
        result["masks"] = all_masks(args)
    if args.only != "masks":
        result["paintings"] = all_paintings(args)
    if args.program:
        result["program"] = {f"`{s}`": over_time(program.Masks(args.program, s), args.people_eval) for s in program.SETTINGS}
    lines = ["# The networks, measured", "",
             "Made by `python -m training.evaluate`; what the figures mean stands in `training/evaluate`. CPU times are of one thread, taken in turns\nwithin one run for each table: compare them as ratios.", ""]
    if "masks" in result:
        lines += table(MASKS_HEAD, result["masks"], MASKS_RECORDED, masks_row)
        lines += table(BRIGHTNESS_HEAD, {n: r for n, r in result["masks"].items() if "by_brightness" in r}, {}, brightness_row)
    if "program" in result:
        lines += table(PROGRAM_HEAD, result["program"], {}, program_row)
    if "paintings" in result:
        lines += table(PAINTINGS_HEAD, result["paintings"], PAINTINGS_RECORDED, paintings_row)
    print("\n".join(lines))
    args.out.mkdir(parents=True, exist_ok=True)
    manifest.write(figures, (json.dumps(result, indent=1) + "\n").encode())
    manifest.write(args.out / "lite.md", "\n".join(lines).encode())
    enter(args.models, result)


if __name__ == "__main__":
    main()
