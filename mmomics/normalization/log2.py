"""Base-2 logarithm: one more is twice as much."""

import numpy as np

from mmomics.normalization.contract import Needs

NEEDS = Needs(low=0, above=True, cure="put `detected` before it where 0 means not detected, or take `log1p`")


def normalize(values: np.ndarray) -> np.ndarray:
    """log2(x), x > 0."""
    return np.log2(values)
