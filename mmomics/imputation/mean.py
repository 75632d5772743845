"""The training mean of every feature: what any other imputer has to beat."""

from __future__ import annotations

import torch
from torch import Tensor

from mmomics.imputation import contract


class Imputer(contract.Imputer):
    """Mean and standard deviation over the training rows that have the modality."""

    def fit(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> None:
        self.x, self.seen = x, seen

    def predict(self, modality: str, x: dict[str, Tensor], seen: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        mean, variance = contract.moments(modality, self.x, self.seen)
        return mean.expand_as(x[modality]), variance.sqrt().expand_as(x[modality])

    def predictability(self, modality: str) -> Tensor:
        return torch.zeros(self.x[modality].shape[1])
