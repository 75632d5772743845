"""M-values of methylation shares (beta): even variance over the whole range."""

import numpy as np

from mmomics.normalization.contract import Needs

NEEDS = Needs(low=0, high=1)
OFFSET = 1e-3  # keeps the M-value of a beta of exactly 0 or 1 finite: within +-10


def normalize(values: np.ndarray) -> np.ndarray:
    """log2((beta + a) / (1 - beta + a)) with a = 0.001.

    References
    ----------
    Du et al. (2010). Comparison of Beta-value and M-value methods. https://doi.org/10.1186/1471-2105-11-587
    """
    return np.log2((values + OFFSET) / (1 - values + OFFSET))
