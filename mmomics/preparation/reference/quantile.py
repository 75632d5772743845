"""Quantile normalisation: every sample gets the distribution that training samples have on average.

Bolstad et al. 2003, doi:10.1093/bioinformatics/19.2.185, with the reference frozen. Ties get the value of their mean rank. A sample with
missing values is stretched over the reference by the ranks of what was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mmomics.preparation.contract import Obs, Step


@dataclass(frozen=True)
class Quantile(Step):
    """The reference.

    Attributes
    ----------
    quantiles : array, float32 (n_vars,)
        Ascending, at even levels from 0 to 1; as many as there were features.
    """

    quantiles: np.ndarray

    @classmethod
    def fit(cls, x: np.ndarray, obs: Obs) -> Self:
        levels = np.linspace(0, 1, x.shape[1])
        total, n = np.zeros(x.shape[1]), 0
        for sample in x:
            measured = np.sort(sample[~np.isnan(sample)])
            if len(measured):
                total += np.interp(levels, np.linspace(0, 1, len(measured)), measured) if len(measured) > 1 else measured[0]
                n += 1
        return cls((total / max(n, 1)).astype(np.float32))

    def apply(self, x: np.ndarray, obs: Obs) -> np.ndarray:
        levels = np.linspace(0, 1, len(self.quantiles))
        for sample in x:
            measured = np.flatnonzero(~np.isnan(sample))
            if len(measured):
                order = measured[np.argsort(sample[measured])]
                sample[order] = np.interp(_levels(sample[order]), levels, self.quantiles)
        return x


def _levels(ordered: np.ndarray) -> np.ndarray:
    """Level of each of some ascending values (n,), from 0 to 1; equal values get that of their mean rank."""
    n = len(ordered)
    run = np.concatenate([[0], np.cumsum(ordered[1:] != ordered[:-1])])
    count = np.bincount(run)
    rank = np.cumsum(count) - (count + 1) / 2  # from 0
    return rank[run] / (n - 1) if n > 1 else np.array([0.5])


STEP = Quantile
