"""The plain average of all models: what a learned combination has to beat."""

from __future__ import annotations

from torch import Tensor

from mmomics.ensembles import contract
from mmomics.heads.contract import Head

EXPLAINABLE = False  # its members are


class Ensemble(contract.Ensemble):
    """Equal weights."""

    def weigh(self, head: Head, eta: Tensor, y: Tensor, inner: Tensor) -> Tensor:
        return eta.new_full((eta.shape[1],), 1 / eta.shape[1])
