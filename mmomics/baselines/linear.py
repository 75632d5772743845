"""One penalised linear model over all features: elastic net or ridge, logistic / Cox / least squares as the outcome asks.

Zou & Hastie 2005, doi:10.1111/j.1467-9868.2005.00503.x; Simon et al. 2011, doi:10.18637/jss.v039.i05 for Cox. A missing assay
stands at its training mean. Samples of raw signals, which have no common phase, have no weight.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mmomics.baselines import contract
from mmomics.baselines.contract import TrainingRows, joined
from mmomics.baselines.late_linear import spread


class Baseline(contract.Baseline):
    """Strength and kind of the penalty chosen on the inner folds."""

    coef: Tensor  # (n_vars, n_out)
    intercept: Tensor  # (n_out,)

    def fit(self, rows: TrainingRows) -> Tensor:
        found = rows.joint
        weighed = torch.cat([torch.full((x.shape[1],), name in rows.featured) for name, x in rows.x.items()])
        self.keep("coef", spread(found.coef, weighed))
        self.keep("intercept", found.intercept)
        return found.oof

    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        return joined(x) @ self.coef + self.intercept
