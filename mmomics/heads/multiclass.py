"""Three or more classes: one logit per class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mmomics import keys
from mmomics.heads._classes import Classes
from mmomics.heads.contract import has_outcome, weighted_mean


class Multiclass(Classes):
    """Categorical likelihood over `outcome["classes"]`; the target is one-hot."""

    def __init__(self, outcome: dict[str, Any], state: dict[str, Any]) -> None:
        super().__init__(outcome, state)
        self.n_out = len(outcome["classes"])

    @classmethod
    def fit(cls, outcome: dict[str, Any], obs: pd.DataFrame) -> Multiclass:
        return cls(outcome, {})

    def target(self, obs: pd.DataFrame) -> tuple[Tensor, Tensor]:
        labels = obs[keys.LABEL]
        y = pd.get_dummies(pd.Categorical(labels, categories=list(self.outcome["classes"]))).to_numpy(dtype="float32")
        return torch.from_numpy(y), torch.from_numpy(has_outcome(labels))

    def loss(self, eta: Tensor, y: Tensor, weight: Tensor) -> Tensor:
        # over the first axis all rows are done side by side; over the last, five numbers at a time
        log_p = torch.log_softmax(eta.movedim(-1, 0), dim=0).movedim(0, -1)
        return weighted_mean(-(log_p * y).sum(-1), weight)

    def softened(self, eta: Tensor) -> Tensor:
        return torch.softmax(eta, dim=-1)

    def true(self, y: Tensor) -> np.ndarray:
        return np.asarray(y.numpy() > 0)


HEAD = Multiclass
