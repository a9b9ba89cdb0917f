"""The mean of two networks."""
import sys

import pytest
import torch

from training import mean
from training.loop import weights_of


@pytest.fixture
def run(monkeypatch, tmp_path):
    def go(before, after, *more):
        torch.save({"weights": before}, tmp_path / "before.pt")
        torch.save({"average": after, "weights": {}}, tmp_path / "after.pt")
        monkeypatch.setattr(sys, "argv", ["mean", str(tmp_path / "before.pt"), str(tmp_path / "after.pt"), "--out", str(tmp_path / "mean.pt"), *more])
        mean.main()
        return weights_of(tmp_path / "mean.pt")
    return go


def test_lies_between_and_leaves_what_is_the_same(run):
    same = torch.randn(9, generator=torch.Generator().manual_seed(1)).half()
    got = run({"a": torch.tensor([1.0, 2.0]).half(), "same": same, "n": torch.tensor(3)},
              {"a": torch.tensor([2.0, 6.0]), "same": same.float(), "n": torch.tensor(4)})
    assert got["a"].tolist() == [1.5, 4.0] and got["a"].dtype == torch.float32 and got["n"].item() == 4
    assert torch.equal(got["same"], same.float()), "so that what styles are made by stays"


def test_as_much_of_the_later_as_asked_for(run):
    got = run({"a": torch.tensor([1.0, 2.0])}, {"a": torch.tensor([2.0, 7.0])}, "--share", "0.2")
    torch.testing.assert_close(got["a"], torch.tensor([1.2, 3.0]))


@pytest.mark.parametrize("share", ["-0.1", "1.5"])
def test_beyond_the_two_is_no_mean(run, share, tmp_path, capsys):
    with pytest.raises(SystemExit):
        run({"a": torch.zeros(2)}, {"a": torch.ones(2)}, f"--share={share}")
    assert f"--share {share} is not between 0 and 1" in capsys.readouterr().err
    assert not (tmp_path / "mean.pt").exists()


@pytest.mark.parametrize("other", [{"a": torch.zeros(3)}, {"a": torch.zeros(2), "b": torch.zeros(1)}])
def test_different_networks_have_none(run, other, tmp_path):
    with pytest.raises(SystemExit, match="different networks"):
        run({"a": torch.zeros(2)}, other)
    assert not (tmp_path / "mean.pt").exists()
