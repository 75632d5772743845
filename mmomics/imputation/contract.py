"""What an imputer promises: learned on training rows, it draws a modality that a subject lacks from those it has.

An imputer's file holds a class `Imputer` and, if it has settings, `Params`. Values are standardised as the fold's preparation
left them, so zero is the training mean of a feature.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from mmomics.errors import UserError


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

    def predictability(self, modality: str) -> Tensor | None:
        """Share of each feature's variance (n_vars,), 0 to 1, that is foretold on training rows kept apart; None if it is not known."""
        return None


def without(modality: str, seen: dict[str, Tensor]) -> dict[str, Tensor]:
    """What is seen when one modality is hidden."""
    return {name: flags & (name != modality) for name, flags in seen.items()}


def others_seen(modality: str, seen: dict[str, Tensor]) -> Tensor:
    """Rows that have another modality to predict this one from (n_obs,) bool."""
    return torch.stack(list(without(modality, seen).values())).any(0)


def moments(modality: str, x: dict[str, Tensor], seen: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Mean and variance (n_vars,) of a modality over the training rows that have it.

    Raises
    ------
    UserError
        If no row has it: it cannot be imputed.
    """
    if modality not in seen or not seen[modality].any():
        raise UserError(f"modality '{modality}'", "no training subject has it, so it cannot be imputed", "add subjects who have it")
    values = x[modality][seen[modality]]
    return values.mean(0), values.var(0, correction=min(1, len(values) - 1))
