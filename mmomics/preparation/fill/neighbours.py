"""The mean of the five most similar training rows that have the value.

Troyanskaya et al. 2001, doi:10.1093/bioinformatics/17.6.520, by scikit-learn's `KNNImputer` on standardised values. The rows to look among
are kept, and so part of a bundle: standardised values of up to 256 training rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mmomics.preparation.contract import Obs, Step
from mmomics.preparation.moments import moments

ANCHORS = 256  # rows to look among, at most
NEIGHBOURS = 5
FAR = 1e6  # standard deviations: keeps squares finite


@dataclass(frozen=True)
class Neighbours(Step):
    """The rows to look among.

    Attributes
    ----------
    center, scale : array, float32 (n_vars,)
    anchors : array, float32 (n_anchors, n_vars)
        Standardised; NaN = missing.
    """

    center: np.ndarray
    scale: np.ndarray
    anchors: np.ndarray

    @classmethod
    def fit(cls, x: np.ndarray, obs: Obs) -> Self:
        _, center, scale = moments(x)
        center, scale = center.astype(np.float32), np.where(scale > 0, scale, 1).astype(np.float32)
        spaced = np.linspace(0, len(x) - 1, min(len(x), ANCHORS)).round().astype(int)
        return cls(center, scale, (x[spaced] - center) / scale)

    def apply(self, x: np.ndarray, obs: Obs) -> np.ndarray:
        from sklearn.impute import KNNImputer

        missing = np.isnan(x)
        rows = missing.any(axis=1)
        if not rows.any():
            return x
        imputer = KNNImputer(n_neighbors=NEIGHBOURS, keep_empty_features=True).fit(self.anchors)
        near = np.clip((x[rows] - self.center) / self.scale, -FAR, FAR)
        filled = imputer.transform(near)  # a feature that no anchor has: 0, the mean
        x[rows] = np.where(missing[rows], filled * self.scale + self.center, x[rows])
        return x


STEP = Neighbours
