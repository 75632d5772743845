"""Ranks within a sample: only the order of its features counts, whatever the platform or the depth."""

import numpy as np
from scipy import stats

from mmomics.normalization.contract import Needs

NEEDS = Needs()


def normalize(values: np.ndarray) -> np.ndarray:
    """(rank - 1/2) / n in 0..1, n = what was measured in the sample; equal values share their mean rank."""
    ranks = stats.rankdata(values, axis=1, nan_policy="omit")
    n = np.maximum((~np.isnan(values)).sum(axis=1, keepdims=True), 1)
    out: np.ndarray = (ranks - 0.5) / n
    return out
