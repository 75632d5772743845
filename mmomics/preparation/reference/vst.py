"""Variance-stabilising transformation of counts, its reference and its dispersions learned from training samples.

That of DESeq2 (Anders & Huber 2010, doi:10.1186/gb-2010-11-10-r106; Love et al. 2014, doi:10.1186/s13059-014-0550-8), frozen: size factors
are medians of ratios to the geometric means of training samples, and dispersions follow the trend a0 + a1 / mean over features. For
counts as they are (`normalize: []`); what comes out is about log2 of high counts, and of even variance for low ones. Dispersions of single
features are estimated by moments, not by likelihood: quick enough to be learned anew in every fold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mmomics.preparation.contract import Obs, Step

FEWEST = 20  # features without a zero that make size factors; of fewer, all that have a count are taken
SMALLEST = 1e-8  # dispersion
ROUNDS = 20
COUNTS = True  # of nothing else: the settings are checked


@dataclass(frozen=True)
class VarianceStabilised(Step):
    """What training samples say.

    Attributes
    ----------
    reference : array, float32 (n_vars,)
        Mean logarithm of every feature; minus infinity where it takes no part in size factors.
    asymptotic : float
        Dispersion of high counts, a0.
    extra_poisson : float
        a1: by how much more low counts scatter, in units of 1 / mean.
    """

    reference: np.ndarray
    asymptotic: float
    extra_poisson: float

    @classmethod
    def fit(cls, x: np.ndarray, obs: Obs) -> Self:
        x = np.maximum(x, 0)
        reference = _reference(x)
        size = _sizes(x, reference)
        return cls(reference.astype(np.float32), *_trend(x, size))

    def apply(self, x: np.ndarray, obs: Obs) -> np.ndarray:
        q = np.maximum(x, 0) / _sizes(x, self.reference)[:, None]
        a0, a1 = max(self.asymptotic, SMALLEST), self.extra_poisson
        inside = 1 + a1 + 2 * a0 * q + 2 * np.sqrt(a0 * q * (1 + a1 + a0 * q))
        x[:] = np.log2(inside / (4 * a0))
        return x


def _reference(x: np.ndarray) -> np.ndarray:
    """Mean logarithm (n_vars,) over samples of the features that make size factors."""
    known = ~np.isnan(x)
    with np.errstate(divide="ignore"):
        logs = np.where(known & (x > 0), np.log(np.where(x > 0, x, 1.0)), 0.0)
    n = known.sum(0)
    positive = (known & (x > 0)).sum(0)
    able = (positive == n) & (n > 0)
    if able.sum() < FEWEST:
        able = positive > 0
    return np.where(able, logs.sum(0) / np.maximum(n, 1), -np.inf)


def _sizes(x: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Size factor (n_rows,) of each sample by itself; 1 where nothing can be compared."""
    sizes = np.ones(len(x))
    for row, sample in enumerate(x):
        shared = np.isfinite(reference) & (sample > 0)
        if shared.any():
            sizes[row] = np.exp(np.median(np.log(sample[shared].astype(float)) - reference[shared]))
    return sizes


def _trend(x: np.ndarray, size: np.ndarray) -> tuple[float, float]:
    """a0 and a1 of the dispersions over features: a gamma regression with an identity link, as in DESeq2."""
    q = x / size[:, None]
    known = ~np.isnan(q)
    n = known.sum(0)
    mean = np.where(known, q, 0.0).sum(0) / np.maximum(n, 1)
    variance = (np.where(known, q - mean, 0.0) ** 2).sum(0) / np.maximum(n - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        dispersion = (variance - (1 / size).mean() * mean) / mean**2
    use = (n > 2) & (mean > 0) & (dispersion > 100 * SMALLEST)
    if use.sum() < FEWEST:
        return (float(dispersion[use].mean()) if use.any() else SMALLEST), 0.0
    dispersion, mean = dispersion[use], mean[use]
    coef = np.array([0.1, 1.0])
    for _ in range(ROUNDS):
        fitted = coef[0] + coef[1] / mean
        near = (dispersion / fitted > 1e-4) & (dispersion / fitted < 15)
        design = np.column_stack([np.ones(near.sum()), 1 / mean[near]]) / fitted[near, None]
        found = np.linalg.lstsq(design, dispersion[near] / fitted[near], rcond=None)[0].clip(SMALLEST)
        if np.abs(np.log(found / coef)).sum() < 1e-6:
            break
        coef = found
    return float(coef[0]), float(coef[1])


STEP = VarianceStabilised
