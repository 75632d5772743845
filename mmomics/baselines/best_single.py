"""The best single modality: the ridge model with the smallest inner loss, chosen on the training rows of each fold."""

from __future__ import annotations

from torch import Tensor

from mmomics.baselines import contract
from mmomics.baselines.contract import TrainingRows
from mmomics.baselines.late_linear import spread


class Baseline(contract.Baseline):
    """Subjects without the chosen modality get zero, the even odds."""

    position: Tensor  # of the chosen modality
    coef: Tensor  # (n_vars, n_out)
    intercept: Tensor  # (n_out,)

    def fit(self, rows: TrainingRows) -> Tensor:
        fits = rows.ridges
        oof = {name: spread(found.oof, rows.seen[name]) for name, found in fits.items()}
        everyone = rows.y.new_ones(len(rows.y))
        chosen = min(fits, key=lambda name: float(rows.head.loss(oof[name], rows.y, everyone)))
        self.keep("position", rows.inner.new_tensor(list(fits).index(chosen)))
        self.keep("coef", fits[chosen].full[0])
        self.keep("intercept", fits[chosen].full[1])
        return oof[chosen]

    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        name = list(x)[int(self.position)]
        return (x[name] @ self.coef + self.intercept) * seen[name].unsqueeze(-1)
