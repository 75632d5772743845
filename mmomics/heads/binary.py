"""Two classes: one logit, the log odds of the positive class."""

from __future__ import annotations

from typing import Any

import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F

from mmomics import keys
from mmomics.heads.contract import Head, has_outcome, weighted_mean


class Binary(Head):
    """Bernoulli likelihood; `outcome["classes"]` is [negative, positive]."""

    n_out = 1

    @classmethod
    def fit(cls, outcome: dict[str, Any], obs: pd.DataFrame) -> Binary:
        return cls(outcome, {})

    def target(self, obs: pd.DataFrame) -> tuple[Tensor, Tensor]:
        labels = obs[keys.LABEL]
        y = (labels == self.outcome["classes"][1]).to_numpy(dtype="float32")
        return torch.from_numpy(y)[:, None], torch.from_numpy(has_outcome(labels))

    def loss(self, eta: Tensor, y: Tensor, weight: Tensor) -> Tensor:
        return weighted_mean(F.binary_cross_entropy_with_logits(eta[..., 0], y[..., 0].expand_as(eta[..., 0]), reduction="none"), weight)

    def predict(self, eta: Tensor, obs_index: pd.Index) -> pd.DataFrame:
        negative, positive = self.outcome["classes"]
        p = torch.sigmoid(eta[..., 0]).double().numpy()
        return pd.DataFrame({f"p_{negative}": 1 - p, f"p_{positive}": p}, index=obs_index)


HEAD = Binary
