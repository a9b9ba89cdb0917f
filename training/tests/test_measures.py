"""The measures tell what they say they do: known answers, and no better score for a worse picture."""
import functools
import itertools
import json
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from training import export, train_sanet
from training.evaluate import __main__ as evaluate
from training.evaluate import graphs, masks, motion, paintings, peers, program
from training.grow import grown
from training.paper import PaperSANet
from training.sanet import SANet
from training.segnet import SegNet


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def photo(rng):
    coarse = Image.fromarray(rng.integers(0, 256, (16, 16, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((256, 256), Image.BICUBIC))


def square(top: int) -> np.ndarray:
    mask = np.zeros((100, 100), bool)
    mask[top:top + 40, 30:70] = True
    return mask


def test_masks_are_scored_by_area_and_outline():
    assert masks.iou(square(20), square(20)) == masks.boundary_f(square(20), square(20)) == 1
    assert masks.iou(square(20), square(30)) == pytest.approx(30 / 50)
    assert masks.boundary_f(square(20), square(30)) < 0.7
    nobody = np.zeros((100, 100), bool)
    assert masks.iou(nobody, nobody) == 1 and masks.iou(square(20), nobody) == 0


def test_dark_and_light_portraits_are_told_apart(tmp_path):
    """A stand-in that finds nothing that is dark."""
    for i, brightness in enumerate((20, 30, 120, 130, 220, 230)):
        picture = np.full((100, 100, 3), 255, np.uint8)
        picture[square(20)] = brightness
        Image.fromarray(picture).save(tmp_path / f"{i}.jpg", quality=100)
        Image.fromarray(square(20).astype(np.uint8) * 255).save(tmp_path / f"{i}.png")
    thirds = masks.by_brightness(lambda photo: np.float32((photo[..., 0] > 80) & (photo[..., 0] < 245)), tmp_path)
    assert thirds[0] < 0.1 and min(thirds[1:]) > 0.9


def test_lattice_sees_what_repeats_and_not_what_does_not(photo, rng):
    dots = np.float32(photo)
    dots[::4, ::4] = np.clip(dots[::4, ::4] + 32, 0, 255)
    noise = np.clip(photo + rng.normal(0, 32 / 4, photo.shape), 0, 255)
    flat, dotted, noisy = (paintings.lattice([photo], 1, lambda *_, p=p: p.astype(np.uint8)) for p in (np.float32(photo), dots, noise))
    assert dotted > 2 > 4 * max(flat, noisy)

    def loss(picture):
        return float(train_sanet.lattice(torch.from_numpy(np.float32(picture) / 255).permute(2, 0, 1)[None]))
    assert loss(dots) > 4 * max(loss(photo), loss(noise))


def test_steadiness_and_flicker_of_a_painter_that_changes_nothing(photo, tmp_path):
    Image.fromarray(photo).save(tmp_path / "a.png")
    plain = paintings.steadiness([tmp_path / "a.png"], 1, lambda picture, *_: picture)
    turns = itertools.cycle((0, 255))
    flashing = paintings.steadiness([tmp_path / "a.png"], 1, lambda picture, *_: picture ^ np.uint8(next(turns)))
    assert 1 < plain < 4 < flashing  # camera noise alone; and a painter that inverts every other picture
    assert motion.painting_flicker(lambda *_: photo, [photo]) == 0


def test_clips_are_compared_along_their_motion(photo):
    """A picture that slides by: unchanged paintings are steady, those whose strokes stay on the glass are not."""
    clip = [np.ascontiguousarray(photo[:200, 3 * t:3 * t + 200]) for t in range(5)]
    glass = np.random.default_rng(1).integers(-40, 41, (200, 200, 1))
    plain = motion.clip_flicker(lambda frame, _: frame, [clip])
    stuck = motion.clip_flicker(lambda frame, _: (frame + glass).clip(0, 255).astype(np.uint8), [clip])
    assert 10 * plain < stuck


def test_patches_and_similarity(photo):
    darker = (photo * 0.7).astype(np.uint8)
    assert paintings.patch_distance(photo, photo) < 3 < 10 < paintings.patch_distance(photo, darker)  # patches are drawn: never 0
    assert paintings.ssim(photo, photo) == pytest.approx(1) and paintings.ssim(photo, 255 - photo) < 0.5


def test_masks_of_the_program_come_from_its_command_line(photo, tmp_path):
    """A stand-in that hands every frame back as its mask, the frames of a film in one call."""
    fake = tmp_path / "stylecam"
    fake.write_text('#!/bin/sh\n[ "$1 $2 $8 $9" = "mask --sequence --smoothing quick" ] && cp -r "${10}" "${11}"\n')
    fake.chmod(0o755)
    frames = [photo[..., :1].repeat(3, 2), photo[..., 1:2].repeat(3, 2)]
    drawn = program.Masks(fake, "--smoothing quick")(frames)
    assert [np.abs(mask[..., 0] * 255 - frame[..., 0]).max() < 1 for mask, frame in zip(drawn, frames)] == [True, True]


def test_peers_that_are_not_there_are_left_out(tmp_path):
    assert peers.masks(None) == peers.masks(tmp_path) == peers.painters(tmp_path, tmp_path) == {}


def test_a_mirrored_look_sees_both_sides_alike():
    def one_sided(picture):
        return np.where(np.arange(picture.shape[1]) < picture.shape[1] // 2, np.float32(picture[..., 0]), 0)
    photo = np.random.default_rng(3).integers(0, 256, (6, 8, 3), np.uint8)
    assert np.array_equal(graphs.Mirrored(one_sided)(photo), photo[..., 0] / np.float32(2))


def test_evaluation_writes_its_tables(people, scenes, vgg_folder, tmp_path, monkeypatch, capsys):
    models, out = tmp_path / "models", tmp_path / "results"
    torch.manual_seed(1)
    lite = SANet()
    for file, net in (("segnet.pt", SegNet()), ("full.pt", SegNet("full")), ("sanet.pt", lite), ("sanet-full.pt", grown(lite))):
        torch.save({"weights": net.state_dict()}, tmp_path / file)
    monkeypatch.setattr(sys, "argv", ["export", "--segnet", str(tmp_path / "segnet.pt"), "--segnet-full", str(tmp_path / "full.pt"),
                                      "--sanet", str(tmp_path / "sanet.pt"), "--sanet-full", str(tmp_path / "sanet-full.pt"), "--models", str(models)])
    models.mkdir()
    export.main()
    sets = tmp_path / "people-eval"
    for name in ("heads", "varied", "empty"):
        (sets / name).mkdir(parents=True)
        for file in people.glob("neg_*" if name == "empty" else "one_*"):
            if file.suffix == ".png" or name == "empty":
                photo = file.with_suffix(".jpg")
                (sets / name / photo.name).write_bytes(photo.read_bytes())
                mask = Image.new("L", (160, 160)) if name == "empty" else Image.open(file)
                mask.save((sets / name / photo.name).with_suffix(".png"))
    for name in ("contents", "styles"):
        (tmp_path / "style-eval" / name).mkdir(parents=True)
        for file in sorted(scenes.iterdir())[:2]:
            (tmp_path / "style-eval" / name / file.name).write_bytes(file.read_bytes())
    torch.save({"average": PaperSANet(vgg_folder).state_dict(), "step": 7}, tmp_path / "paper.pt")
    monkeypatch.setattr(evaluate, "SIZES", {"lite": ((64, 80),), "full": ((80, 96),)})
    monkeypatch.setattr(motion, "MOVING", 5)
    monkeypatch.setattr(motion, "RESTING", 8)
    monkeypatch.setattr(motion, "still", functools.partial(motion.still, frames=2))
    monkeypatch.setattr(sys, "argv", ["evaluate", "--people-eval", str(sets), "--style-eval", str(tmp_path / "style-eval"),
                                      "--vgg", str(vgg_folder), "--models", str(models), "--out", str(out), "--paper", str(tmp_path / "paper.pt")])
    evaluate.main()

    result = json.loads((out / "lite.json").read_text())
    for name in ("SegNet `lite` at 64x80", "SegNet `full` at 80x96"):
        film, still = result["masks"][name], result["masks"][f"{name}, stills"]
        assert 0 <= film["sets"]["heads"]["iou"] <= 1 and 0 <= still["sets"]["heads"]["iou"] <= 1
        assert "flicker" in film and "flicker" not in still and "by_brightness" in still
    for name in ("SANet `lite`", "SANet `full`"):
        assert result["paintings"][name]["alpha"]["ssim_0"] > 0.99
    assert result["paintings"]["SANet by its paper's recipe, 7 steps"]["losses"]["pairs"] == 4
    text = (out / "lite.md").read_text()
    assert text in capsys.readouterr().out and "MicroAST, its published weights *(recorded)*" in text
    entries = json.loads((models / "manifest.json").read_text())["models"]
    assert all(entry["evaluation"] for entry in entries)
