"""What an imputer promises: learned on training rows, it draws a modality that a subject lacks from those it has.

An imputer's file holds a class `Imputer` and, if it has settings, `Params`. Values are standardised as the fold's preparation
left them, so zero is the training mean of a feature.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor


class Imputer(ABC):
    """Fit on training rows, then predict any modality of any rows."""

    @abstractmethod
    def fit(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> None:
        """Learn from training rows: x {modality: (n_obs, n_vars)}, seen {modality: (n_obs,) bool}."""

    @abstractmethod
    def predict(self, modality: str, x: dict[str, Tensor], seen: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation (n_obs, n_vars) of one modality given what is seen of the others; its own values are not used."""

    def draw(self, modality: str, x: dict[str, Tensor], seen: dict[str, Tensor], n: int, seed: int) -> Tensor:
        """Random draws (n, n_obs, n_vars); Gaussian around the mean unless an imputer knows better."""
        mean, sd = self.predict(modality, x, seen)
        generator = torch.Generator().manual_seed(seed)
        return mean + sd * torch.randn(n, *mean.shape, generator=generator)


def without(modality: str, seen: dict[str, Tensor]) -> dict[str, Tensor]:
    """What is seen when one modality is hidden."""
    return {name: flags & (name != modality) for name, flags in seen.items()}
