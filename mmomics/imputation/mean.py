"""The training mean of every feature: what any other imputer has to beat."""

from __future__ import annotations

import torch
from torch import Tensor

from mmomics.imputation import contract


class Imputer(contract.Imputer):
    """Mean and standard deviation over the training rows that have the modality."""

    def fit(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> None:
        self.mean = {name: values[seen[name]].mean(0) for name, values in x.items()}
        self.sd = {name: values[seen[name]].std(0) for name, values in x.items()}

    def predict(self, modality: str, x: dict[str, Tensor], seen: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        shape = x[modality].shape
        return self.mean[modality].expand(shape), torch.as_tensor(self.sd[modality]).expand(shape)
