"""The super learner over all families: a convex combination of models, learned on their out-of-fold predictions.

van der Laan, Polley & Hubbard 2007, doi:10.2202/1544-6115.1309; the average of those that are not clearly worse than the best, unless
the folds agree on more.
"""

from __future__ import annotations

from torch import Tensor

from mmomics.ensembles import contract
from mmomics.heads.contract import Head
from mmomics.nn import super_learner

EXPLAINABLE = False  # its members are


class Ensemble(contract.Ensemble):
    """Weights by `nn.super_learner`."""

    def weigh(self, head: Head, eta: Tensor, y: Tensor, inner: Tensor) -> Tensor:
        return super_learner.learn(head, eta, y, inner)
