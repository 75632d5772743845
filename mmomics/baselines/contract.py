"""What a baseline promises: fitted on the training rows of a fold, with out-of-fold predictors for calibration.

A baseline's file holds a class `Baseline` and, if it has settings, `Params`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from mmomics.heads.contract import Head
from mmomics.nn.cross_fit import CrossFit, alone, beside, intercept, linear


@dataclass
class Params:
    """Settings of a baseline; one with settings declares its own subclass with literal defaults."""


@dataclass
class TrainingRows:
    """The rows of one fold that have an outcome.

    Attributes
    ----------
    x, seen : dict of str to Tensor
        Features (n_obs, n_vars), zeros where not seen, and whether they were measured (n_obs,).
    y : Tensor (n_obs, n_target)
    inner : Tensor (n_obs,) int
        Inner fold of each row.
    head : Head
    seed : int
    known : mapping of str to CrossFit
        Linear models of these rows that are fitted already, by modality, and by `beside` of several.
    weight : Tensor (n_obs,) or None
        What each row weighs, where classes are weighed; calibration brings the probabilities back.
    windows : set of str
        The modalities that are windows of a signal.
    """

    x: dict[str, Tensor]
    seen: dict[str, Tensor]
    y: Tensor
    inner: Tensor
    head: Head
    seed: int
    known: Mapping[str, CrossFit] = field(default_factory=dict)
    weight: Tensor | None = None
    windows: Set[str] = frozenset()

    @cached_property
    def ridges(self) -> dict[str, CrossFit]:
        """The linear model of each modality, on the rows that have it."""
        return {name: self.known.get(name) or self._alone(name) for name in self.x}

    def _alone(self, name: str) -> CrossFit:
        own = self.seen[name]
        return alone(self.head, self.x[name][own], self.y[own], self.inner[own], name in self.windows)

    @cached_property
    def featured(self) -> dict[str, Tensor]:
        """The modalities that stand in features: all but windows of a signal."""
        return {name: x for name, x in self.x.items() if name not in self.windows}

    @cached_property
    def joint(self) -> CrossFit:
        """The better of ridge and elastic net on all `featured` modalities side by side; what is not seen stands at its mean."""
        if not self.featured:
            return intercept(self.head, 0, self.y, self.inner)
        return self.known.get(beside(self.featured)) or linear(self.head, joined(self.featured), self.y, self.inner)


class Baseline(nn.Module, ABC):
    """A fitted model whose buffers are all that is saved of it."""

    def __init__(self, params: Any, task: str) -> None:
        super().__init__()
        self.params, self.task = params, task

    @abstractmethod
    def fit(self, rows: TrainingRows) -> Tensor:
        """Fit on the rows; return their linear predictors (n_obs, n_out) from fits that did not see them, NaN (`NOTHING`) without any."""

    @abstractmethod
    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        """Linear predictor (n_obs, n_out) of any rows."""

    def keep(self, name: str, value: Tensor) -> None:
        """Save a tensor in the model under a name."""
        self.register_buffer(name, value.detach().clone().contiguous())


def joined(x: dict[str, Tensor]) -> Tensor:
    """All modalities side by side (n_obs, sum of n_vars); what is not seen stands at the training mean, zero."""
    return torch.cat(list(x.values()), dim=1)
