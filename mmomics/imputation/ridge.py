"""Ridge regression of every feature on all features of the other modalities, with a penalty of its own.

Penalties by leave-one-out on the training rows (Golub, Heath & Wahba 1979, doi:10.1080/00401706.1979.10489751), by scikit-learn's
`RidgeCV`; the leave-one-out error is the standard deviation. A predictor modality that a row lacks stands at its mean.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mmomics.imputation._conditional import Answer, Conditional, side_by_side

PENALTIES = tuple(10.0**exponent for exponent in range(0, 6))


class Imputer(Conditional):
    """One multi-target model per modality, fitted when it is first asked for."""

    def regress(self, modality: str, rows: Tensor) -> Answer:
        from sklearn.linear_model import RidgeCV

        others = side_by_side({name: values[rows] for name, values in self.x.items()}, {n: f[rows] for n, f in self.seen.items()}, modality)
        model = RidgeCV(alphas=PENALTIES, alpha_per_target=True).fit(others.double().numpy(), self.x[modality][rows].double().numpy())

        def predict(x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
            return torch.from_numpy(model.predict(side_by_side(x, seen, modality).numpy())).float()

        return Answer(predict, torch.from_numpy(-model.best_score_).float())
