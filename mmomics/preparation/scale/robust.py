"""Median and distance of the quartiles of the training rows, which outliers do not move.

The distance is divided by 1.349, so that it is the standard deviation of a normal distribution; where the quartiles are the same, as in
counts that are mostly 0, the standard deviation stands in.
"""

import numpy as np

from mmomics.preparation.median import quantiles
from mmomics.preparation.moments import moments

NORMAL = 1.3489795003921634  # distance of the quartiles of the standard normal distribution


def measure(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre and scale (n_vars,) of x (n_rows, n_vars) over its measured values."""
    low, middle, high = quantiles(x, [0.25, 0.5, 0.75])
    return middle, np.where(high > low, (high - low) / NORMAL, moments(x)[2])
