"""Ridge regression of every feature on all features of the other modalities, with a penalty of its own.

Penalties by leave-one-out on the training rows (Golub, Heath & Wahba 1979, doi:10.1080/00401706.1979.10489751), by scikit-learn's
`RidgeCV`; the leave-one-out error is the standard deviation. A predictor modality that a row lacks stands at its mean.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from mmomics.imputation import contract
from mmomics.imputation.contract import without

PENALTIES = tuple(10.0**exponent for exponent in range(0, 6))


class Imputer(contract.Imputer):
    """One multi-target model per modality, fitted when it is first asked for."""

    def fit(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> None:
        self.x, self.seen = x, seen
        self.models: dict[str, Any] = {}

    def predict(self, modality: str, x: dict[str, Tensor], seen: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        model = self.models.get(modality) or self._model(modality)
        mean = torch.from_numpy(model.predict(_others(modality, x, seen).numpy())).float()
        sd = torch.from_numpy((-model.best_score_) ** 0.5).float()
        return mean, sd.expand_as(mean)

    def _model(self, modality: str) -> Any:
        from sklearn.linear_model import RidgeCV

        hidden = without(modality, self.seen)
        rows = self.seen[modality] & torch.stack(list(hidden.values())).any(0)
        others = _others(modality, {name: values[rows] for name, values in self.x.items()}, {n: flags[rows] for n, flags in hidden.items()})
        model = RidgeCV(alphas=PENALTIES, alpha_per_target=True).fit(others.double().numpy(), self.x[modality][rows].double().numpy())
        self.models[modality] = model
        return model


def _others(modality: str, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
    return torch.cat([values * seen[name].unsqueeze(-1) for name, values in x.items() if name != modality], dim=1)
