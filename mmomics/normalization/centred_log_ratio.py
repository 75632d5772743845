"""Centred log ratio: each part of a composition against the geometric mean of its sample."""

import numpy as np

from mmomics.normalization.contract import Needs

NEEDS = Needs(low=0)


def normalize(values: np.ndarray) -> np.ndarray:
    """log(x / geometric mean of the sample); a zero counts as half the sample's smallest part.

    A sample of zeros has no ratios and becomes missing.

    References
    ----------
    Aitchison (1982). The statistical analysis of compositional data. https://doi.org/10.1111/j.2517-6161.1982.tb01195.x
    """
    smallest = np.min(values, axis=1, keepdims=True, initial=np.inf, where=values > 0)
    half = np.where(np.isinf(smallest), np.nan, smallest / 2)
    logs = np.log(np.where(values == 0, half, values))
    n = np.maximum((~np.isnan(logs)).sum(axis=1, keepdims=True), 1)
    out: np.ndarray = logs - np.nansum(logs, axis=1, keepdims=True) / n
    return out
