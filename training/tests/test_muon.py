"""Muon: directions of one length, and what that is good for."""
import pytest
import torch
from torch import nn

from training import muon


@pytest.mark.parametrize("shape", [(16, 40), (40, 16), (24, 24)])
def test_directions_stay_and_become_equally_long(shape):
    torch.manual_seed(1)
    left, _, right = torch.linalg.svd(torch.randn(shape), full_matrices=False)
    lengths = torch.logspace(0, -2, min(shape))
    made = muon.orthogonal(left * lengths @ right * 7)
    inside = left.T @ made @ right.T
    assert 0.6 < inside.diagonal().min() and inside.diagonal().max() < 1.3
    assert (inside - inside.diagonal().diag()).abs().max() < 1e-3


def left_to_learn(optimiser, steps: int = 300) -> float:
    """Of a convolution that is to become another, on pictures whose directions, none of them a channel's own, are fainter and fainter,
    the last a hundredth of the first."""
    torch.manual_seed(2)
    aim, learned = nn.Conv2d(16, 32, 3), nn.Conv2d(16, 32, 3)
    spread = torch.linalg.qr(torch.randn(16, 16)).Q * torch.logspace(0, -2, 16)
    optimiser = optimiser(learned.parameters(), lr=0.01, betas=(0.9, 0.99), weight_decay=0.0)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = 0.01 * (1 - step / steps)
        x = torch.einsum("ij,njhw->nihw", spread, torch.randn(2, 16, 8, 8))
        loss = (learned(x) - aim(x).detach()).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return (learned.weight - aim.weight).square().mean().sqrt().item()


def test_faint_directions_are_learned_too():
    assert left_to_learn(muon.Muon) < 0.8 * left_to_learn(torch.optim.AdamW)


def test_what_is_no_matrix_learns_as_by_adam():
    torch.manual_seed(3)
    a, gradient = torch.randn(16), torch.randn(5, 16)
    b = a.clone()
    pair = [nn.Parameter(a), nn.Parameter(b)]
    given = {"lr": 0.1, "betas": (0.9, 0.99), "weight_decay": 0.01}
    optimisers = [muon.Muon([pair[0]], **given), torch.optim.AdamW([pair[1]], **given)]
    for g in gradient:
        for p, optimiser in zip(pair, optimisers):
            p.grad = g.clone()
            optimiser.step()
    torch.testing.assert_close(pair[0], pair[1])


def test_a_matrix_follows_its_gradient_s_mean_a_step_ahead():
    torch.manual_seed(5)
    p, gradients = nn.Parameter(torch.zeros(32, 16, 3, 3)), torch.randn(2, 32, 16, 3, 3)
    optimiser, mean = muon.Muon([p], lr=1.0, betas=(0.9, 0.99), weight_decay=0.0), torch.zeros_like(p)
    for gradient in gradients:
        before, p.grad = p.detach().clone(), gradient.clone()
        optimiser.step()
        mean = 0.95 * mean + 0.05 * gradient
        ahead = muon.orthogonal((0.05 * gradient + 0.95 * mean).flatten(1)).view_as(p)
        torch.testing.assert_close(before - p.detach(), ahead * 0.2 * 144 ** 0.5)


@pytest.mark.parametrize("shape", [(64, 16, 3, 3), (64, 16, 1, 1)])
def test_steps_are_as_large_as_adam_s(shape):
    torch.manual_seed(4)
    p = nn.Parameter(torch.zeros(shape))
    p.grad = torch.randn_like(p)
    muon.Muon([p], lr=1.0, betas=(0.9, 0.99), weight_decay=0.0).step()
    assert p.square().mean().sqrt().item() == pytest.approx(muon.ROOT_MEAN_SQUARE, rel=0.2)
