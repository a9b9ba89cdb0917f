"""A few steps of each network on made pictures; a run that is stopped and resumed ends as one that was not."""
import argparse
import csv
import os
import signal
import sys

import numpy as np
import pytest
import torch

from training import efficientnet, loop, paper, pictures, train_sanet, train_segnet
from training.loop import weights_of
from training.sanet import SANet
from training.segnet import SegNet


def segnet(people, scenes, folders, out, steps):
    return ["--people", people, "--scenes", scenes, "--encoder", folders["encoder"], "--out", out, "--batch", 2, "--steps", steps]


def sanet(people, scenes, folders, out, steps):
    return ["--contents", people, scenes, "--paintings", scenes, "--vgg", folders["vgg"], "--out", out, "--side", 64,
            "--steps", steps]


def by_the_paper(*given):
    return [*sanet(*given), "--recipe", "paper", "--batch", 2]


def sanet_full(people, scenes, folders, out, steps):
    lite = out.parent / "lite.pt"
    torch.manual_seed(3)
    torch.save({"weights": SANet().state_dict()}, lite)
    return [*sanet(people, scenes, folders, out, steps), "--size", "full", "--grow", lite]


@pytest.fixture(params=[(train_segnet, segnet), (train_sanet, sanet), (train_sanet, sanet_full), (train_sanet, by_the_paper)],
                ids=["segnet", "sanet", "sanet-full", "paper"])
def train(request, monkeypatch, people, scenes, vgg_folder, encoder_folder, tmp_path):
    """train(name, steps, ...) runs the program in tmp_path/name and returns the checkpoint."""
    module, arguments = request.param

    def go(name, steps, *more):
        out = tmp_path / name
        command = ["train", *arguments(people, scenes, {"vgg": vgg_folder, "encoder": encoder_folder}, out, steps), "--sheet-every", 2, *more]
        monkeypatch.setattr(sys, "argv", list(map(str, command)))
        module.main()
        return torch.load(out / "last.pt", weights_only=True)
    return go


def stop_after(monkeypatch, last: int) -> None:
    """Send this process SIGTERM at the end of a step."""
    add = loop.Log.add

    def add_and_stop(self, step, values):
        add(self, step, values)
        if step == last:
            os.kill(os.getpid(), signal.SIGTERM)
    monkeypatch.setattr(loop.Log, "add", add_and_stop)


def test_resumed_run_ends_like_an_unbroken_one(train, tmp_path, monkeypatch):
    monkeypatch.setattr(loop.Log, "EVERY", 1)
    whole = train("whole", 4)
    with monkeypatch.context() as patch:
        stop_after(patch, 2)
        assert train("parts", 4)["step"] == 2
    parts = train("parts", 4)
    assert parts["step"] == whole["step"] == 4
    for kind in ("weights", "average"):
        for name, value in whole[kind].items():
            torch.testing.assert_close(parts[kind][name], value, msg=f"{kind} {name}")
    rows = list(csv.reader((tmp_path / "parts" / "losses.csv").read_text().splitlines()))
    assert [row[0] for row in rows] == ["step", "1", "2", "3", "4"]
    assert (tmp_path / "parts" / "sheet-000004.jpg").exists()


def test_another_optimiser_does_not_go_on(monkeypatch, people, scenes, vgg_folder, tmp_path):
    def go(steps):
        command = ["train", *by_the_paper(people, scenes, {"vgg": vgg_folder}, tmp_path / "run", steps)]
        monkeypatch.setattr(sys, "argv", list(map(str, command)))
        train_sanet.main()
    go(1)
    monkeypatch.setattr(paper.PaperTask, "optimiser", torch.optim.Adam)
    with pytest.raises(SystemExit, match="not trained by Adam "):
        go(2)
    assert loop.steps_of(tmp_path / "run" / "last.pt") == 1


def test_starts_from_given_weights(train, tmp_path):
    first = train("first", 1)
    again = train("again", 0, "--init", tmp_path / "first" / "last.pt")
    for name, value in first["average"].items():
        torch.testing.assert_close(again["weights"][name], value)


def test_full_keeps_what_styles_are_made_by(monkeypatch, people, scenes, vgg_folder, tmp_path, capsys):
    def run(*more):
        given = sanet(people, scenes, {"vgg": vgg_folder}, tmp_path / "run", 2)
        monkeypatch.setattr(sys, "argv", list(map(str, ["train", *given, *more])))
        train_sanet.main()
    lite = sanet_full(people, scenes, {"vgg": vgg_folder}, tmp_path / "run", 2)[-1]
    for wrong, why in ((["--size", "full"], "full grows out of lite"), (["--grow", lite], "only full grows"),
                       (["--size", "full", "--grow", lite, "--recipe", "paper"], "no sizes")):
        with pytest.raises(SystemExit):
            run(*wrong)
        assert why in capsys.readouterr().err
    run("--size", "full", "--grow", lite)
    lite, full = (weights_of(tmp_path / file) for file in ("lite.pt", "run/last.pt"))
    for name in ("low_tokens.keys.weight", "high_tokens.values.weight", "tone.hidden.weight", "tone.usual"):
        torch.testing.assert_close(full[name], lite[name], rtol=0, atol=0)
    assert not torch.equal(full["content.stem.weight"], lite["content.stem.weight"]), "the rest learns"


def test_styles_stay_if_they_are_to(monkeypatch, people, scenes, vgg_folder, tmp_path, capsys):
    def run(*more):
        given = sanet(people, scenes, {"vgg": vgg_folder}, tmp_path / "run", 1)
        monkeypatch.setattr(sys, "argv", list(map(str, ["train", *given, "--keep-styles", *more])))
        train_sanet.main()
    init = tmp_path / "init.pt"
    torch.manual_seed(3)
    torch.save({"weights": SANet().state_dict()}, init)
    with pytest.raises(SystemExit):
        run()  # untrained keys, values and tone would be kept
    assert "--keep-styles is for" in capsys.readouterr().err
    run("--init", init)
    before, after = SANet(), SANet()
    before.load_state_dict(weights_of(init))
    after.load_state_dict(weights_of(tmp_path / "run" / "last.pt"))
    after.vgg.load_state_dict(before.vgg.state_dict())  # which comes from its own file
    assert after.takes_styles_of(before)
    assert not torch.equal(after.low.mix[0].weight, before.low.mix[0].weight), "the rest learns"


def test_some_pictures_stand_still(scenes):
    crops = train_sanet.Crops(pictures.squares(pictures.listed(scenes), train_sanet.SIDE), 64)
    _, at = crops.draw(np.random.default_rng(1), 200)
    still = (at[:, 0] == at[:, 1]).all(1)
    assert still.mean() == pytest.approx(train_sanet.STILL, abs=0.1)


def test_cuts_are_compared_where_they_show_the_same():
    make = torch.Generator().manual_seed(1)
    a, b = (torch.rand(2, 3, 8, 8, generator=make) for _ in "ab")
    here_and_moved = np.array([[[2, 3], [2, 3]], [[2, 3], [2, 4]]])
    expected = ((a[0] - b[0]).abs().mean() + (a[1, ..., 1:] - b[1, ..., :-1]).abs().mean()) / 2
    torch.testing.assert_close(train_sanet.overlap_difference(a, b, here_and_moved), expected)


def test_the_encoder_s_first_stages_stay_the_published_ones(monkeypatch, people, scenes, encoder_folder, tmp_path):
    def run(*more):
        command = ["train", "--people", people, "--scenes", scenes, "--out", tmp_path / "run", "--batch", 2, "--steps", 1, *more]
        monkeypatch.setattr(sys, "argv", list(map(str, command)))
        train_segnet.main()
    with pytest.raises(SystemExit):
        run()  # they would be random for good
    run("--encoder", encoder_folder)
    weights = torch.load(tmp_path / "run" / "last.pt", weights_only=True)["weights"]
    published = torch.load(encoder_folder / efficientnet.LITE0.file, weights_only=True)
    torch.testing.assert_close(weights["encoder.stem.1.weight"], published["_conv_stem.weight"])
    torch.testing.assert_close(weights["encoder.stages.1.1.expand.0.weight"], published["_blocks.2._expand_conv.weight"])
    torch.testing.assert_close(weights["encoder.stages.1.1.project.1.running_var"], published["_blocks.2._bn2.running_var"])
    last = weights["encoder.stages.5.3.project.0.weight"]
    assert not torch.equal(last, published["_blocks.14._project_conv.weight"]), "learns"
    assert (last - published["_blocks.14._project_conv.weight"]).abs().max() < 0.01, "from there"


def test_norms_are_kept(monkeypatch, people, scenes, encoder_folder, tmp_path):
    """Means and spreads stay as they are, scales and shifts learn."""
    def go(out, *more):
        command = segnet(people, scenes, {"encoder": encoder_folder}, tmp_path / out, 1)
        monkeypatch.setattr(sys, "argv", ["train", *map(str, command), *map(str, more)])
        train_segnet.main()
        return weights_of(tmp_path / out / "last.pt")
    with pytest.raises(SystemExit):
        go("first", "--keep-norms")  # there are none
    before = go("first")
    after = go("second", "--init", tmp_path / "first" / "last.pt", "--rate", 0.01, "--keep-norms")
    kept = [name for name in before if name.endswith(("running_mean", "running_var"))]
    assert kept and all(torch.equal(after[name], before[name]) for name in kept)
    name = "decoder.0.mix.0.pointwise.1.weight"
    assert not torch.equal(after[name], before[name])


def test_unknown_pixels_pull_nowhere(people, scenes, encoder_folder, tmp_path, monkeypatch):
    """Whatever the mask says where it does not hold, the losses of mask and outline are the same."""
    settings = argparse.Namespace(device="cpu", scenes=scenes, scenes_named="*", people=[people], teacher=None, size="lite",
                                  encoder=encoder_folder, encoder_rate=1.0, batch=4, keep_norms=False)
    task = train_segnet.SegNetTask(settings)
    draw = task.people.draw

    def losses(unknown_is: int) -> float:
        def half_known(size, rng):
            picture, again, mask = draw(size, rng)
            mask[:, :size[1] // 2] = unknown_is, 255, 0
            return picture, again, mask
        monkeypatch.setattr(task.people, "draw", half_known)
        task.net.eval()
        return task.losses(np.random.default_rng(1), 0.0)[0].item()
    # the outline's weight reaches three pixels over the border between known and unknown
    assert abs(losses(0) - losses(255)) < 0.05 * losses(0)


def test_a_teacher_is_asked_of_large_pictures_both_ways(people, scenes, encoder_folder, tmp_path, monkeypatch):
    torch.save({"weights": SegNet("full").state_dict()}, tmp_path / "full.pt")
    settings = argparse.Namespace(device="cpu", scenes=scenes, scenes_named="*", people=[people], teacher=tmp_path / "full.pt", size="lite",
                                  encoder=encoder_folder, encoder_rate=1.0, batch=4, keep_norms=False)
    task, seen = train_segnet.SegNetTask(settings), []
    task.net.eval()

    def losses(size, sees) -> float:
        task.teacher = lambda x: seen.append(x) or torch.full_like(x[:, :1], sees)
        monkeypatch.setitem(train_segnet.SHAPES, "lite", (size,))
        return task.losses(np.random.default_rng(1), 0.0)[0].item()
    assert losses((144, 192), 9) == losses((144, 192), -9) and not seen
    assert losses((240, 320), 9) != losses((240, 320), -9)
    assert torch.equal(seen[0], seen[1].flip(3)) and not torch.equal(*seen[:2])


def test_a_painter_teaches_a_part_of_the_batches_that_much_more(monkeypatch, people, scenes, vgg_folder, tmp_path):
    settings = argparse.Namespace(device="cpu", contents=[people, scenes], paintings=scenes, vgg=vgg_folder, out=tmp_path, size="lite", grow=None,
                                  keep_styles=False, teacher=None, batch=2, side=64, style_weight=1.0)
    task = train_sanet.SANetTask(settings)
    task.teacher, task.shown_by_teacher = True, lambda clean, chosen: torch.zeros_like(clean)

    @torch.no_grad()
    def losses(part: float) -> list[float]:
        monkeypatch.setattr(train_sanet, "TAUGHT", part)
        torch.manual_seed(1)
        return [task.losses(np.random.default_rng(seed), 0.0)[0].item() for seed in range(4)]
    more = [(some - none) / (every - none) for none, some, every in zip(losses(0), losses(0.5), losses(1))]
    assert {round(m, 2) for m in more} == {0, 2}


def test_the_mean_of_both_ways_has_no_sides():
    torch.manual_seed(1)
    x, sides = torch.rand(1, 3, 4, 6), torch.linspace(-1, 1, 6)

    def net(x):
        return x[:, :1] + sides
    assert torch.allclose(train_segnet.both_ways(net, x).flip(3), train_segnet.both_ways(net, x.flip(3)))


def test_a_lattice_is_told_from_strokes():
    """A weave that changes sign half-way is seen whole, noise as strong hardly."""
    rng = np.random.default_rng(1)
    weave = torch.zeros(1, 3, 128, 128)
    weave[..., ::4] = 0.2
    weave[..., 64:] *= -1
    noise = torch.from_numpy(rng.permutation(weave.flatten().numpy()).reshape(weave.shape))
    assert train_sanet.lattice(weave) > 4 * train_sanet.lattice(noise) > 0


def test_patches_are_compared_wherever_they_stand():
    """The same patches elsewhere are near; the same colours in another order, and other colours, are far."""
    make = torch.Generator().manual_seed(1)
    smooth = torch.nn.functional.avg_pool2d(torch.rand(1, 3, 264, 264, generator=make), 9, 1, 0)
    shuffled = smooth.flatten(2)[..., torch.randperm(smooth[0, 0].numel(), generator=make)].reshape(smooth.shape)

    def distance(x):
        torch.manual_seed(2)
        return train_sanet.patch_distance(x, smooth).item()
    moved = distance(smooth.roll((40, 70), (2, 3)).flip(3))
    assert distance(shuffled) > 2 * moved and distance(1 - smooth * 0.5) > 2 * moved


def test_harsher_styles_are_finer_and_stronger(scenes):
    """Of the same seed the same; over some, more and stronger edges than the painting they were made of has."""
    painting = np.asarray(pictures.square(sorted(scenes.iterdir())[0], train_sanet.SIDE))

    def edges(picture):
        return np.abs(np.diff(picture.astype(int), axis=1)).mean()
    made = [train_sanet.harsher(painting, np.random.default_rng(seed)) for seed in range(8)]
    assert all(m.shape == painting.shape and m.dtype == np.uint8 for m in made)
    np.testing.assert_array_equal(made[3], train_sanet.harsher(painting, np.random.default_rng(3)))
    assert np.mean([edges(m) for m in made]) > 1.2 * edges(painting)
