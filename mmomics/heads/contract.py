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
    def predict(self, eta: Tensor, obs_index: pd.Index) -> pd.DataFrame:
        """Predictions in the outcome's units from a calibrated predictor (n_obs, n_out)."""

    def calibrate(self, eta: Tensor, y: Tensor, has: Tensor) -> None:
        """Learn the slope that makes out-of-fold predictors of the training rows best calibrated, and what depends on it.

        Temperature scaling for classes, shrinkage of the log hazard ratio in survival (van Houwelingen 2000,
        doi:10.1002/1097-0258(20001230)19:24<3401::AID-SIM554>3.0.CO;2-2), shrinkage to the mean in regression.
        """
        from scipy.optimize import minimize_scalar

        def objective(slope: float) -> float:
            return float(self.loss(eta * slope, y, has.to(eta.dtype)))

        self.state["slope"] = float(minimize_scalar(objective, bounds=(0.0, 4.0), method="bounded").x)

    def calibrated(self, eta: Tensor) -> Tensor:
        """The predictor after the calibration slope."""
        return eta * self.state.get("slope", 1.0)


def has_outcome(column: pd.Series) -> np.ndarray:
    """Rows whose outcome is known (n_obs,) bool."""
    return column.notna().to_numpy()


def weighted_mean(loss: Tensor, weight: Tensor) -> Tensor:
    """Mean of row losses (..., n_obs) under row weights; 0 where no row counts."""
    return (loss * weight).sum(-1) / weight.sum(-1).clamp_min(torch.finfo(loss.dtype).tiny)
