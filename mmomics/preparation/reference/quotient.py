"""Probabilistic quotient: take the dilution of each sample off, seen against the median training sample.

Dieterle et al. 2006, doi:10.1021/ac051632c. Values stand on a logarithmic scale here, where the quotient to the reference is a
difference and the most probable one, its median over the features, is taken off; on values that are no logarithms, this removes a
shift in place of a factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mmomics.preparation.contract import Obs, Step
from mmomics.preparation.median import median


@dataclass(frozen=True)
class Quotient(Step):
    """The reference.

    Attributes
    ----------
    reference : array, float32 (n_vars,)
        Median of every feature over the training samples.
    """

    reference: np.ndarray

    @classmethod
    def fit(cls, x: np.ndarray, obs: Obs) -> Self:
        return cls(median(x).astype(np.float32))

    def apply(self, x: np.ndarray, obs: Obs) -> np.ndarray:
        for sample in x:
            measured = ~np.isnan(sample)
            if measured.any():
                sample -= np.median(sample[measured] - self.reference[measured])
        return x


STEP = Quotient
