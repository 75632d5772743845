"""Decision-level fusion of linear models: one ridge model per modality, and the trusted mean over the modalities that a subject has."""

from __future__ import annotations

import torch
from torch import Tensor

from mmomics.baselines import contract
from mmomics.baselines.contract import TrainingRows
from mmomics.heads.contract import where_seen
from mmomics.nn import trust


class Baseline(contract.Baseline):
    """The mean of the linear predictors, see `nn.trust`; a subject with nothing measured is predicted as the average."""

    log_trust: Tensor  # (n_modalities,)

    def fit(self, rows: TrainingRows) -> Tensor:
        for name, found in rows.ridges.items():
            self.keep(f"coef_{name}", found.full[0])
            self.keep(f"intercept_{name}", found.full[1])
        oof = torch.stack([spread(found.oof, rows.seen[name]) for name, found in rows.ridges.items()], dim=1)
        log_trust, mean = trust.begin(rows.head, rows.ridges, oof, side_by_side(rows.seen), rows.y, rows.inner)
        self.keep("log_trust", log_trust)
        return where_seen(mean, rows.seen)

    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        scores = [x[name] @ getattr(self, f"coef_{name}") + getattr(self, f"intercept_{name}") for name in x]
        mean = trust.mean(torch.stack(scores, dim=1), side_by_side({name: seen[name] for name in x}), self.log_trust)
        return where_seen(mean, seen)


def side_by_side(seen: dict[str, Tensor]) -> Tensor:
    """What is seen of each row (n_obs, n_modalities)."""
    return torch.stack(list(seen.values()), dim=1)


def spread(values: Tensor, seen: Tensor, elsewhere: Tensor | float = 0.0) -> Tensor:
    """Values (n_seen, n_out) of the rows that are seen, at their places among all rows, and others (n_out,) elsewhere."""
    out = torch.zeros(len(seen), values.shape[1]) + elsewhere
    out[seen] = values
    return out
