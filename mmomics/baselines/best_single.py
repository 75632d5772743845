"""The best single modality: the ridge model with the smallest inner loss, chosen on the training rows of each fold.

The best of many looks better than it is on the rows that chose it, so the predictor of an inner fold, which calibration and ensembles
learn from, is that of the modality which the other inner folds choose (Varma & Simon 2006, doi:10.1186/1471-2105-7-91).
"""

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
        fits, seen = rows.ridges, list(rows.seen.values())
        average = rows.head.average(rows.y)
        oof = torch.stack([spread(found.oof, flags, average) for found, flags in zip(fits.values(), seen, strict=True)])
        chosen = int(self._losses(rows, oof, torch.ones(1, len(rows.y))).argmin())
        best = list(fits.values())[chosen].full
        self.keep("position", rows.inner.new_tensor(chosen))
        self.keep("coef", best[0])
        self.keep("intercept", best[1])
        folds = rows.inner.unique()
        others = (rows.inner != folds[:, None]).float()
        choice = self._losses(rows, oof, others).argmin(0) if len(folds) > 1 else torch.tensor([chosen])
        own = choice[torch.searchsorted(folds, rows.inner)]
        everyone = torch.arange(len(own))
        return where_seen(oof[own, everyone], {"chosen": torch.stack(seen)[own, everyone]})

    @staticmethod
    def _losses(rows: TrainingRows, oof: Tensor, weight: Tensor) -> Tensor:
        """Loss (n_modalities, n_problems) of predictors (n_modalities, n_obs, n_out) with row weights (n_problems, n_obs).

        What none of the rows has says as much as the average, and is not for choice.
        """
        lost = torch.stack([rows.head.loss(one.expand(len(weight), *one.shape), rows.y, weight) for one in oof])
        n_seen = torch.stack(list(rows.seen.values())).float() @ weight.T
        return lost.masked_fill(n_seen == 0, torch.inf)

    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        name = list(x)[int(self.position)]
        return where_seen(x[name] @ self.coef + self.intercept, {name: seen[name]})
