"""A number: squared error on the outcome standardised over the training rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mmomics import keys
from mmomics.heads._conformal import bound
from mmomics.heads.contract import Head, has_outcome, weighted_mean


class Regression(Head):
    """Half the squared error in units of the training standard deviation."""

    n_out = 1
    bend = 0.0  # no correlation asks for a slope without end

    @classmethod
    def fit(cls, outcome: dict[str, Any], obs: pd.DataFrame) -> Regression:
        y = obs[keys.LABEL].astype(float)
        return cls(outcome, {"center": float(y.mean()), "scale": float(y.std(ddof=0)) or 1.0})

    def target(self, obs: pd.DataFrame) -> tuple[Tensor, Tensor]:
        labels = obs[keys.LABEL].astype(float)
        y = ((labels - self.state["center"]) / self.state["scale"]).fillna(0.0).to_numpy(dtype="float32")
        return torch.from_numpy(y)[:, None], torch.from_numpy(has_outcome(labels))

    def loss(self, eta: Tensor, y: Tensor, weight: Tensor) -> Tensor:
        return weighted_mean(0.5 * (eta[..., 0] - y[..., 0]) ** 2, weight)

    def common(self, eta: Tensor) -> Tensor:
        """In the outcome's units."""
        return self.state["center"] + self.state["scale"] * eta

    def own(self, eta: Tensor) -> Tensor:
        return (eta - self.state["center"]) / self.state["scale"]

    def misfit(self, eta: Tensor, y: Tensor) -> Tensor:
        """The residual without its sign, in standard deviations."""
        return (self.calibrated(eta)[:, 0] - y[:, 0]).abs().double()

    def predict(self, eta: Tensor, obs_index: pd.Index, members: Tensor | None = None) -> pd.DataFrame:
        value = eta[..., 0].double().numpy()
        scores = self.state["scores"]
        each = self.left_out(eta, members)[..., 0].double().numpy()
        ends = {"value": value, "lower": np.minimum(-bound(-each, scores), value), "upper": np.maximum(bound(each, scores), value)}
        return pd.DataFrame({name: self.state["center"] + self.state["scale"] * end for name, end in ends.items()}, index=obs_index)


HEAD = Regression
