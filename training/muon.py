"""Muon, and Adam for what has no two sides.

What a few pictures tell a convolution is, as a matrix of outputs by inputs and kernel, mostly of a few strong directions, and a step
along it learns the others slowly. Muon (Jordan et al., 2024) keeps the directions of the gradient's running mean and makes all of them
nearly equally long, by a polynomial in which singular values go near 1 (Newton and Schulz). Its step is made as large as Adam's usually is
(Liu et al., "Muon is Scalable for LLM Training", 2025), so that one rate is both's. PyTorch's own, from version 2.9, takes matrices alone.
"""
import torch
from torch import Tensor

NARROW = 16                         # fewer outputs, or inputs times kernel, are no matrix: what makes colours, biases
MOMENTUM = 0.95
ROOT_MEAN_SQUARE = 0.2              # of Adam's steps, in rates
QUINTIC = (3.4445, -4.7750, 2.0315)  # Jordan's, of x, x³ and x⁵: five times over, 0.003 .. 1 go to 0.7 .. 1.2


def orthogonal(matrix: Tensor, times: int = 5) -> Tensor:
    """The same directions, each of a length near 1; (n,m)."""
    x = matrix / (matrix.norm() + 1e-7)
    wide = x if x.shape[0] <= x.shape[1] else x.T
    a, b, c = QUINTIC
    for _ in range(times):
        square = wide @ wide.T
        wide = a * wide + (b * square + c * square @ square) @ wide
    return wide if x.shape[0] <= x.shape[1] else wide.T


class Muon(torch.optim.Optimizer):
    """Groups as PyTorch's optimisers have them; betas are Adam's, matrices have MOMENTUM."""

    def __init__(self, groups: list[dict], lr: float, betas: tuple[float, float], weight_decay: float):
        super().__init__(groups, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                    p.sub_(self._direction(p, *group["betas"]), alpha=group["lr"])

    def _direction(self, p: Tensor, first: float, second: float) -> Tensor:
        """Of the step, in rates; the means that it comes from take in the gradient."""
        state = self.state[p]
        matrix = p.ndim > 1 and min(p.shape[0], p[0].numel()) >= NARROW
        if not state:
            state["mean"] = torch.zeros_like(p)
            if not matrix:
                state["square"], state["steps"] = torch.zeros_like(p), 0
        if matrix:
            mean = state["mean"].lerp_(p.grad, 1 - MOMENTUM)
            ahead = p.grad.lerp(mean, MOMENTUM).flatten(1)  # Nesterov's
            return (orthogonal(ahead) * (ROOT_MEAN_SQUARE * max(ahead.shape) ** 0.5)).view_as(p)
        state["steps"] += 1
        mean = state["mean"].lerp_(p.grad, 1 - first)
        square = state["square"].lerp_(p.grad.square(), 1 - second)
        return mean / (1 - first ** state["steps"]) / ((square / (1 - second ** state["steps"])).sqrt() + 1e-8)
