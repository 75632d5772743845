"""The best single modality: the ridge model with the smallest inner loss, chosen on the training rows of each fold."""

from __future__ import annotations

import torch
from torch import Tensor

from mmomics.baselines import contract
from mmomics.baselines.contract import TrainingRows
from mmomics.baselines.late_linear import spread
from mmomics.heads.contract import where_seen


class Baseline(contract.Baseline):
    """Subjects without the chosen modality are predicted as the average."""

    position: Tensor  # of the chosen modality
    coef: Tensor  # (n_vars, n_out)
    intercept: Tensor  # (n_out,)

    def fit(self, rows: TrainingRows) -> Tensor:
        fits = rows.ridges
        average, everyone = rows.head.average(rows.y), torch.ones(len(rows.y))
        oof = {name: spread(found.oof, rows.seen[name], average) for name, found in fits.items()}
        chosen = min(fits, key=lambda name: float(rows.head.loss(oof[name], rows.y, everyone)))
        self.keep("position", rows.inner.new_tensor(list(fits).index(chosen)))
        self.keep("coef", fits[chosen].full[0])
        self.keep("intercept", fits[chosen].full[1])
        return where_seen(oof[chosen], {chosen: rows.seen[chosen]})

    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        name = list(x)[int(self.position)]
        return where_seen(x[name] @ self.coef + self.intercept, {name: seen[name]})
