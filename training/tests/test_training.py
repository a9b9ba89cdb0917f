"""A few steps of each network on made pictures; a run that is stopped and resumed ends as one that was not."""
import csv
import os
import signal
import sys

import pytest
import torch

from training import loop, train_sanet, train_segnet


def segnet(people, scenes, vgg_folder, out, steps):
    return ["--people", people, "--scenes", scenes, "--out", out, "--batch", 2, "--steps", steps]


def sanet(people, scenes, vgg_folder, out, steps):
    return ["--contents", people, scenes, "--paintings", scenes, "--vgg", vgg_folder, "--out", out, "--side", 64,
            "--steps", steps]


def by_the_paper(*given):
    return [*sanet(*given), "--recipe", "paper", "--batch", 2]


@pytest.fixture(params=[(train_segnet, segnet), (train_sanet, sanet), (train_sanet, by_the_paper)], ids=["segnet", "sanet", "paper"])
def train(request, monkeypatch, people, scenes, vgg_folder, tmp_path):
    """train(name, steps, ...) runs the program in tmp_path/name and returns the checkpoint."""
    module, arguments = request.param

    def go(name, steps, *more):
        out = tmp_path / name
        command = ["train", *arguments(people, scenes, vgg_folder, out, steps), "--sheet-every", 2, *more]
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


def test_starts_from_given_weights(train, tmp_path):
    first = train("first", 1)
    again = train("again", 0, "--init", tmp_path / "first" / "last.pt")
    for name, value in first["average"].items():
        torch.testing.assert_close(again["weights"][name], value)
