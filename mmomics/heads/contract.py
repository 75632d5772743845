"""What an outcome promises: its target, its loss on a linear predictor, and predictions in the outcome's own units.

A head is made from the training rows of one fold, so what it learns (classes, scale) it learns there. All losses work on
any number of leading dimensions, so one call serves folds, seeds, members and penalties at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.optimize import minimize
from torch import Tensor

from mmomics.heads import _conformal

NOTHING = float("nan")  # the predictor of a subject of whom nothing was measured that the model looks at

TINY = 1e-12  # spread of a predictor that says the same of all
LEAST = 1e-4  # standard deviation of a calibrated predictor, so that a ranking is kept


class Head(ABC):
    """One outcome: from a linear predictor `eta` (..., n_obs, n_out) to losses and predictions."""

    n_out: int
    has_intercept: bool = True  # False where a constant added to the predictor changes nothing
    bend: float = 0.25  # how much the row weighs that has no slope (see `_line`): the most that a row of classes tells of one

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
        """Mean loss (...,) of `eta` (..., n_obs, n_out) over the rows, each with a `weight` (..., n_obs) >= 0.

        Of what was learned from a fold it knows what `y` says alone: folds that train together share the head of one of them.
        """

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

    def calibrate(
        self, eta: Tensor, y: Tensor, has: Tensor, fold: Tensor | None = None, method: str = "slope", *, by_member: bool = False
    ) -> None:  # fmt: skip
        """Learn what makes out-of-fold predictors of the training rows best calibrated, and how ill outcomes fit them then.

        The latter, which prediction regions are made from, is seen on each inner fold after a calibration on the others.

        Parameters
        ----------
        eta, y : Tensor (n_obs, n_out), (n_obs, n_target)
            Out-of-fold predictors and targets. `NOTHING` where nothing is known of a row that the model looks at.
        has : Tensor (n_obs,) bool
            Rows to learn from.
        fold : Tensor (n_obs,) int, optional
            Inner fold that a row's predictor left out, -1 where there is none. Default: not known.
        method : {"slope", "isotonic"}
            `isotonic` bends probabilities of classes after the line; other outcomes have the line alone.
        by_member : bool
            Whether new rows are predicted by an ensemble whose members leave these inner folds, numbered from 0, out in turn.
        """
        self.learn(eta, y, has, method)
        left_out = torch.zeros(len(y), dtype=torch.long) if fold is None else fold
        scores = self.misfit(eta[has], y[has])
        for number in left_out[has].unique():
            others, own = has & (left_out != number), has & (left_out == number)
            if self.n_telling(y[others]):
                head = self.copy()
                head.learn(eta, y, others, method)
                scores[own[has]] = head.misfit(eta[own], y[own])
        grouped = left_out if by_member else torch.zeros_like(left_out)
        self.state["scores"] = _conformal.by_fold(scores.numpy(), grouped[has].numpy(), int(grouped.max()) + 1)

    @abstractmethod
    def misfit(self, eta: Tensor, y: Tensor) -> Tensor:
        """How ill outcomes (n_obs, n_target) fit predictors (n_obs, n_out), which are calibrated for it: (n_obs,) float64."""

    def learn(self, eta: Tensor, y: Tensor, has: Tensor, method: str) -> None:
        """Learn slope and intercept, and what depends on them; given as in `calibrate`.

        Also the constant that is predicted of subjects without a predictor of their own: the average of the training rows.
        Logistic calibration of two classes (Platt 1999), temperature and one bias per class of several (Alexandari, Kundaje & Shrikumar
        2020, arXiv:1901.06852), shrinkage of the log hazard ratio in survival (van Houwelingen 2000,
        doi:10.1002/1097-0258(20001230)19:24<3401::AID-SIM554>3.0.CO;2-2), the least-squares line in regression.
        """
        known = has & ~eta.isnan().any(-1)
        self.state["nothing"] = self.average(y[has]).tolist()
        self.state["slope"], self.state["intercept"] = self._line(eta[known], y[known]) if known.any() else (0.0, self.state["nothing"])

    def average(self, y: Tensor) -> Tensor:
        """The predictor (n_out,) that fits targets (n_obs, n_target) best, of all that are the same for everybody."""
        return y.new_tensor(self._line(y.new_zeros(len(y), self.n_out), y)[1])

    def _line(self, eta: Tensor, y: Tensor) -> tuple[float, list[float]]:
        """Slope and intercept (n_out,) of the least loss, which is convex in them; an intercept of nought where it changes nothing.

        Of classes and survival one row more is taken to be there, which would have the slope nought. Without it a few rows that are in
        order by chance, or many that are apart, would have none that is large enough, and their probabilities would be 0 and 1.
        """
        # near its least the loss differs by less than single precision holds
        eta, y, weight = eta.double(), y.double(), torch.ones(len(eta), dtype=torch.float64)
        spread = float(eta.std(correction=0)) if len(eta) else 0.0
        n_free = self.n_out if self.has_intercept else 0
        n_rows = max(self.n_telling(y), 1)

        def lost(point: np.ndarray) -> tuple[float, np.ndarray]:
            free = torch.tensor(point, requires_grad=True)
            moved = free[0] / max(spread, TINY) * eta + (free[1:] if n_free else 0.0)
            loss = self.loss(moved, y, weight) + self.bend / 2 / n_rows * free[0] ** 2
            return loss.item(), torch.autograd.grad(loss, free)[0].numpy()

        # those of most of the rows, if they are known, are near
        start = np.array([spread * self.state.get("slope", 1.0), *self.state.get("intercept", [0.0] * n_free)[:n_free]])
        bounds = [(LEAST, None) if spread > TINY else (0.0, 0.0), *[(None, None)] * n_free]
        found = minimize(lost, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 500}).x
        return float(found[0] / max(spread, TINY)), found[1:].tolist() or [0.0] * self.n_out

    def n_telling(self, y: Tensor) -> int:
        """How many of the rows (n_obs, n_target) tell anything: what the loss is a mean over."""
        return len(y)

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
        """The predictor after slope and intercept of calibration; where there is `NOTHING`, that of the average subject."""
        moved = eta * self.state.get("slope", 1.0) + eta.new_tensor(self.state.get("intercept", 0.0))
        return moved.where(~eta.isnan(), eta.new_tensor(self.state.get("nothing", 0.0)))


def where_seen(eta: Tensor, seen: Mapping[str, Tensor]) -> Tensor:
    """The predictor (..., n_obs, n_out), `NOTHING` of rows of which no modality {name: (n_obs,)} is seen."""
    return eta.masked_fill(~torch.stack(list(seen.values())).any(0).unsqueeze(-1), NOTHING)


def has_outcome(column: pd.Series) -> np.ndarray:
    """Rows whose outcome is known (n_obs,) bool."""
    return column.notna().to_numpy()


def weighted_mean(loss: Tensor, weight: Tensor) -> Tensor:
    """Mean of row losses (..., n_obs) under row weights; 0 where no row counts."""
    return (loss * weight).sum(-1) / weight.sum(-1).clamp_min(torch.finfo(loss.dtype).tiny)
