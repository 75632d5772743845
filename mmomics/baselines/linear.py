"""One penalised linear model over all features: elastic net or ridge, logistic / Cox / least squares as the outcome asks.

Zou & Hastie 2005, doi:10.1111/j.1467-9868.2005.00503.x; Simon et al. 2011, doi:10.18637/jss.v039.i05 for Cox. A missing assay
stands at its training mean.
"""

from __future__ import annotations

from torch import Tensor

from mmomics.baselines import contract
from mmomics.baselines.contract import TrainingRows, joined


class Baseline(contract.Baseline):
    """Strength and kind of the penalty chosen on the inner folds."""

    coef: Tensor  # (n_vars, n_out)
    intercept: Tensor  # (n_out,)

    def fit(self, rows: TrainingRows) -> Tensor:
        self.keep("coef", rows.joint.coef)
        self.keep("intercept", rows.joint.intercept)
        return rows.joint.oof

    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        return joined(x) @ self.coef + self.intercept
