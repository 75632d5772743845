"""Two classes: one logit, the log odds of the positive class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F

from mmomics import keys
from mmomics.heads._classes import Classes
from mmomics.heads.contract import has_outcome, weighted_mean


class Binary(Classes):
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

    def softened(self, eta: Tensor) -> Tensor:
        p = torch.sigmoid(eta)
        return torch.cat([1 - p, p], dim=-1)

    def true(self, y: Tensor) -> np.ndarray:
        return np.asarray(y[:, :1].numpy() == np.array([[0.0, 1.0]]))


HEAD = Binary
