"""Stacked kernel ridge regressions, linear and bent, of each modality and of all: what generative imputers start from, and no more."""

from __future__ import annotations

from torch import Tensor

from mmomics.imputation import contract
from mmomics.imputation._bounds import Bounds
from mmomics.imputation._foretell import Foretelling
from mmomics.imputation.contract import Pattern, Tensors, without


class Imputer(contract.Imputer):
    """See `Foretelling`; the error out of fold is the standard deviation."""

    def fit(self, x: Tensors, seen: Tensors, inner: Tensor | None = None, measured: Tensors | None = None) -> None:
        self.foretelling = Foretelling(x, seen, inner, list(x), measured)

    def predict(self, modality: str, x: Tensors, seen: Tensors) -> tuple[Tensor, Tensor]:
        mean, error = self.foretelling.predict(modality, x, without(modality, seen))
        return self.bounds(modality).moments(mean, error.sqrt())

    def bounds(self, modality: str) -> Bounds:
        own = self.foretelling
        return contract.bounds(modality, own.x, own.seen, own.measured)

    def taught(self, modality: str, pattern: Pattern) -> Pattern:
        return self.foretelling.taught(modality, pattern)

    def out_of_fold(self, modality: str) -> Tensor:
        return self.foretelling.out_of_fold(modality)[0]

    def residuals(self, modality: str, pattern: Pattern) -> Tensor:
        return self.foretelling.residuals(modality, pattern)

    def predictability(self, modality: str) -> Tensor:
        own = self.foretelling
        _, variance = contract.moments(modality, own.x, own.seen, own.measured)
        error = own.out_of_fold(modality)[1][own.seen[modality]].mean(0)
        return contract.foretold(error, variance, own.seen[modality].sum())
