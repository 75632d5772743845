"""A number: squared error on the outcome standardised over the training rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mmomics import keys
from mmomics.heads.contract import Head, has_outcome, weighted_mean

COVERAGE = 0.9  # of the prediction interval


class Regression(Head):
    """Half the squared error in units of the training standard deviation."""

    n_out = 1

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

    def calibrate(self, eta: Tensor, y: Tensor, has: Tensor) -> None:
        """Also the half-width of the 90 % interval: a quantile of the out-of-fold residuals.

        In the manner of split conformal prediction (Lei et al. 2018, doi:10.1080/01621459.2017.1307116), but around the final fit, so
        without its guarantee; evaluation shows how it covers.
        """
        super().calibrate(eta, y, has)
        residuals = (self.calibrated(eta)[has, 0] - y[has, 0]).abs().double().numpy()
        level = min(1.0, np.ceil(COVERAGE * (len(residuals) + 1)) / len(residuals))
        self.state["half_width"] = float(np.quantile(residuals, level, method="inverted_cdf"))

    def predict(self, eta: Tensor, obs_index: pd.Index) -> pd.DataFrame:
        value = self.state["center"] + self.state["scale"] * eta[..., 0].double().numpy()
        half = self.state["scale"] * self.state["half_width"]
        return pd.DataFrame({"value": value, "lower": value - half, "upper": value + half}, index=obs_index)


HEAD = Regression
