"""Inverse hyperbolic cosine: evens out the variance of counts of a common depth, a root for few and a logarithm for many."""

import numpy as np

from mmomics.normalization.contract import Needs

NEEDS = Needs(low=0)
OVERDISPERSION = 0.05  # variance = mean + 0.05 mean^2, usual between replicates


def normalize(values: np.ndarray) -> np.ndarray:
    """acosh(2 a x + 1) / sqrt(a) with the overdispersion a = 0.05: the derivative is 1 / sqrt(x + a x^2).

    References
    ----------
    Ahlmann-Eltze & Huber (2023). Comparison of transformations for single-cell RNA-seq data. https://doi.org/10.1038/s41592-023-01814-1
    """
    out: np.ndarray = np.arccosh(2 * OVERDISPERSION * values + 1) / np.sqrt(OVERDISPERSION)
    return out
