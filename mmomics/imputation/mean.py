"""The training mean of every feature: what any other imputer has to beat."""

from __future__ import annotations

import torch
from torch import Tensor

from mmomics.imputation import contract
from mmomics.imputation._bounds import Bounds
from mmomics.imputation.contract import Pattern, Tensors


class Imputer(contract.Imputer):
    """Mean and standard deviation over the training rows that have the modality."""

    def fit(self, x: Tensors, seen: Tensors, inner: Tensor | None = None, measured: Tensors | None = None) -> None:
        self.x, self.seen, self.measured = x, seen, measured

    def predict(self, modality: str, x: Tensors, seen: Tensors) -> tuple[Tensor, Tensor]:
        mean, variance = contract.moments(modality, self.x, self.seen, self.measured)
        return self.bounds(modality).moments(mean.expand_as(x[modality]), variance.sqrt().expand_as(x[modality]))

    def bounds(self, modality: str) -> Bounds:
        return contract.bounds(modality, self.x, self.seen, self.measured)

    def out_of_fold(self, modality: str) -> Tensor:
        return contract.moments(modality, self.x, self.seen, self.measured)[0].expand_as(self.x[modality])

    def residuals(self, modality: str, pattern: Pattern) -> Tensor:
        return contract.about_the_mean(modality, self.x, self.seen, self.measured)

    def predictability(self, modality: str) -> Tensor:
        return torch.zeros(self.x[modality].shape[1])
