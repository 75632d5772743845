"""Mean and standard deviation of the training rows."""

import numpy as np

from mmomics.preparation.moments import moments


def measure(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre and scale (n_vars,) of x (n_rows, n_vars) over its measured values."""
    _, mean, sd = moments(x)
    return mean, sd
