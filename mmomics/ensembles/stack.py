"""The super learner over all families: a convex combination of models, learned on their out-of-fold predictions.

van der Laan, Polley & Hubbard 2007, doi:10.2202/1544-6115.1309; drawn to the plain average unless the folds agree that it is not best.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mmomics.ensembles import contract
from mmomics.heads.contract import Head
from mmomics.nn import super_learner

EXPLAINABLE = False  # its members are


class Ensemble(contract.Ensemble):
    """Weights by `nn.super_learner`."""

    def weigh(self, head: Head, eta: Tensor, y: Tensor, inner: Tensor) -> Tensor:
        return super_learner.learn(head, eta, torch.ones(eta.shape[:2], dtype=torch.bool), y, inner)
