"""Decision-level fusion of linear models: one ridge model per modality, averaged over the modalities that a subject has."""

from __future__ import annotations

import torch
from torch import Tensor

from mmomics.baselines import contract
from mmomics.baselines.contract import TrainingRows

LITTLE = 1e-4  # weight of a modality that says nothing


class Baseline(contract.Baseline):
    """The mean of the linear predictors; a subject with nothing measured gets zero, the even odds.

    A modality that says nothing out of fold is asked only about subjects who have no other: it would drag the mean.
    """

    trust: Tensor  # (n_modalities,)

    def fit(self, rows: TrainingRows) -> Tensor:
        oof = {}
        for name, found in rows.ridges.items():
            self.keep(f"coef_{name}", found.full[0])
            self.keep(f"intercept_{name}", found.full[1])
            oof[name] = spread(found.oof, rows.seen[name])
        self.keep("trust", torch.tensor([1.0 if found.telling else LITTLE for found in rows.ridges.values()]))
        return mean_over_seen(oof, rows.seen, self.trust)

    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        scores = {name: x[name] @ getattr(self, f"coef_{name}") + getattr(self, f"intercept_{name}") for name in x}
        return mean_over_seen(scores, seen, self.trust)


def spread(values: Tensor, seen: Tensor) -> Tensor:
    """Values of the rows that are seen, at their places among all rows, zero elsewhere."""
    out = values.new_zeros(len(seen), *values.shape[1:])
    out[seen] = values
    return out


def mean_over_seen(scores: dict[str, Tensor], seen: dict[str, Tensor], trust: Tensor) -> Tensor:
    """Mean of {modality: (n_obs, n_out)} over the modalities that a row has, with weights (n_modalities,); zero of a row without any."""
    weight = torch.stack([seen[name] for name in scores], dim=1) * trust  # (n_obs, n_modalities)
    stacked = torch.stack(list(scores.values()), dim=1)  # (n_obs, n_modalities, n_out)
    return (stacked * weight.unsqueeze(-1)).sum(1) / weight.sum(1, keepdim=True).clamp_min(LITTLE / 2)
