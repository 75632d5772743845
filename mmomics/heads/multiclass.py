"""Three or more classes: one logit per class."""

from __future__ import annotations

from typing import Any

import pandas as pd
import torch
from torch import Tensor

from mmomics import keys
from mmomics.heads.contract import Head, has_outcome, weighted_mean


class Multiclass(Head):
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
        return weighted_mean(-(torch.log_softmax(eta, dim=-1) * y).sum(-1), weight)

    def predict(self, eta: Tensor, obs_index: pd.Index) -> pd.DataFrame:
        p = torch.softmax(eta.double(), dim=-1).numpy()
        return pd.DataFrame(p, index=obs_index, columns=[f"p_{name}" for name in self.outcome["classes"]])


HEAD = Multiclass
