"""DNA methylation."""

import numpy as np

from mmomics.assays.contract import READY, Scale

OFFSET = 1e-3  # keeps the M-value of a beta of exactly 0 or 1 finite: within +-10


def m_value(beta: np.ndarray) -> np.ndarray:
    """M-value, log2((beta + a) / (1 - beta + a)) with a = 0.001: even variance over the range, unlike beta.

    References
    ----------
    Du et al. (2010). Comparison of Beta-value and M-value methods. https://doi.org/10.1186/1471-2105-11-587
    """
    return np.log2((beta + OFFSET) / (1 - beta + OFFSET))


DEFAULT = "beta"
SCALES = {"beta": Scale(low=0, high=1, normalise=m_value), "m_value": READY, "scaled": READY}
