"""Natural logarithm of 1 + x: for values whose library size is normalised, or small counts."""

import numpy as np

from mmomics.normalization.contract import Needs

NEEDS = Needs(low=0)


def normalize(values: np.ndarray) -> np.ndarray:
    """log(1 + x), 0 stays 0."""
    return np.log1p(values)
