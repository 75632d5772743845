"""AdamW: Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101)."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim.adamw import adamw

BETAS = 0.9, 0.999


class AdamW:
    """torch's fused AdamW by its function: the first object of the class loads torch's compiler, as long as a whole fit of a small cohort.

    Parameters
    ----------
    parameters : iterable of Tensor
    learning_rate, weight_decay : float
    noise : float
        Added to the root of the mean squared gradient.
    """

    def __init__(self, parameters: Iterable[Tensor], learning_rate: float, weight_decay: float = 0.0, noise: float = 1e-8) -> None:
        self.parameters = list(parameters)
        self.learning_rate, self.weight_decay, self.noise = learning_rate, weight_decay, noise
        self.mean, self.square = ([torch.zeros_like(each) for each in self.parameters] for _ in range(2))
        self.steps = [torch.zeros((), device=each.device) for each in self.parameters]

    @torch.no_grad()
    def step(self) -> None:
        """One step of every parameter that has a gradient, which is forgotten."""
        states = zip(self.parameters, self.mean, self.square, self.steps, strict=True)
        rows = [(each, each.grad, mean, square, step) for each, mean, square, step in states if each.grad is not None]
        if not rows:
            return
        parameters, gradients, means, squares, steps = map(list, zip(*rows, strict=True))
        adamw(
            parameters, gradients, means, squares, [], steps, fused=True, amsgrad=False, maximize=False,
            beta1=BETAS[0], beta2=BETAS[1], lr=self.learning_rate, weight_decay=self.weight_decay, eps=self.noise,
        )  # fmt: skip
        for each in parameters:
            each.grad = None
