"""What an outcome promises: its target, its loss on a linear predictor, and predictions in the outcome's own units.

A head is made from the training rows of one fold, so what it learns (classes, scale) it learns there. All losses work on
any number of leading dimensions, so one call serves folds, seeds, members and penalties at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mmomics.heads import _conformal

SLOPES = (0.0, 4.0)  # of calibration, to choose from
ROUNDS, AT_ONCE = 4, 33  # to within 1e-4


class Head(ABC):
    """One outcome: from a linear predictor `eta` (..., n_obs, n_out) to losses and predictions."""

    n_out: int
    has_intercept: bool = True  # False where a constant added to the predictor changes nothing

    def __init__(self, outcome: dict[str, Any], state: dict[str, Any]) -> None:
        self.outcome = outcome  # task, unit, classes
        self.state = state  # plain numbers and lists, saved in the bundle

    def copy(self) -> Head:
        """A head with the same state, to be calibrated by itself."""
        return type(self)(self.outcome, dict(self.state))

    @classmethod
    @abstractmethod
    def fit(cls, outcome: dict[str, Any], obs: pd.DataFrame) -> Head:
        """Learn what the head needs from the training rows."""

    @abstractmethod
    def target(self, obs: pd.DataFrame) -> tuple[Tensor, Tensor]:
        """Targets (n_obs, n_target) and which rows have an outcome (n_obs,) bool; rows without are zero."""

    @abstractmethod
    def loss(self, eta: Tensor, y: Tensor, weight: Tensor) -> Tensor:
        """Mean loss (...,) of `eta` (..., n_obs, n_out) over the rows, each with a `weight` (..., n_obs) >= 0."""

    @abstractmethod
    def predict(self, eta: Tensor, obs_index: pd.Index, members: Tensor | None = None) -> pd.DataFrame:
        """Predictions in the outcome's units, with a region that covers the outcome with the chance `_conformal.COVERAGE`.

        Parameters
        ----------
        eta : Tensor (n_obs, n_out)
            Calibrated predictor.
        members : Tensor (n_members, n_obs, n_out), optional
            Calibrated predictors of the ensemble whose mean `eta` is; members leave the inner folds out in turn.
        """

    def calibrate(self, eta: Tensor, y: Tensor, has: Tensor, fold: Tensor | None = None, method: str = "slope") -> None:
        """Learn the slope that makes out-of-fold predictors of the training rows best calibrated, and what depends on it.

        Parameters
        ----------
        eta, y : Tensor (n_obs, n_out), (n_obs, n_target)
            Out-of-fold predictors and targets.
        has : Tensor (n_obs,) bool
            Rows to learn from.
        fold : Tensor (n_obs,) int, optional
            Inner fold that a row's predictor left out, -1 where there is none. Default: not known, or not the final model's.
        method : {"slope", "isotonic"}
            `isotonic` bends probabilities of classes after the slope; other outcomes have the slope alone.

        Temperature scaling for classes, shrinkage of the log hazard ratio in survival (van Houwelingen 2000,
        doi:10.1002/1097-0258(20001230)19:24<3401::AID-SIM554>3.0.CO;2-2), shrinkage to the mean in regression.
        """
        low, high = SLOPES
        eta, y, weight = eta.double(), y.double(), has.double()  # near its least the loss differs by less than single precision holds
        for _ in range(ROUNDS):  # the loss is convex in the slope
            slopes = torch.linspace(low, high, AT_ONCE, dtype=eta.dtype)
            least = int(self.loss(eta * slopes[:, None, None], y, weight).argmin())
            low, high = float(slopes[max(least - 1, 0)]), float(slopes[min(least + 1, AT_ONCE - 1)])
        self.state["slope"] = (low + high) / 2

    def scored(self, scores: Tensor, has: Tensor, fold: Tensor | None) -> None:
        """Keep how ill the outcomes of the rows learned from fit their out-of-fold predictors (n_rows,), by inner fold."""
        n_folds = 1 if fold is None else int(fold.max()) + 1
        own = has.new_zeros(len(scores), dtype=torch.long) if fold is None else fold[has]
        self.state["scores"] = _conformal.by_fold(scores.double().numpy(), own.numpy(), n_folds)

    def left_out(self, eta: Tensor, members: Tensor | None) -> Tensor:
        """The predictor that each inner fold's scores are held against (n_folds, n_obs, n_out), see `predict`."""
        n_folds = len(self.state["scores"])
        if n_folds == 1 or members is None:
            return eta.expand(n_folds, *eta.shape)
        return _conformal.of_folds(members, n_folds)

    def common(self, eta: Tensor) -> Tensor:
        """A predictor of this head's as it means the same to heads made from other rows."""
        return eta

    def own(self, eta: Tensor) -> Tensor:
        """The inverse of `common`."""
        return eta

    def calibrated(self, eta: Tensor) -> Tensor:
        """The predictor after the calibration slope."""
        return eta * self.state.get("slope", 1.0)


def has_outcome(column: pd.Series) -> np.ndarray:
    """Rows whose outcome is known (n_obs,) bool."""
    return column.notna().to_numpy()


def weighted_mean(loss: Tensor, weight: Tensor) -> Tensor:
    """Mean of row losses (..., n_obs) under row weights; 0 where no row counts."""
    return (loss * weight).sum(-1) / weight.sum(-1).clamp_min(torch.finfo(loss.dtype).tiny)
