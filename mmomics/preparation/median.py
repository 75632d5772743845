"""Quantiles of every feature over its measured values."""

from __future__ import annotations

import numpy as np


def quantiles(x: np.ndarray, levels: list[float]) -> np.ndarray:
    """Quantiles (n_levels, n_vars) of each column of x (n_rows, n_vars), by linear interpolation; 0 where nothing is measured."""
    ordered = np.sort(x, axis=0)  # NaN last
    last = np.maximum(len(x) - np.isnan(ordered).sum(axis=0), 1) - 1
    place = np.array(levels)[:, None] * last  # (n_levels, n_vars)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, last)
    low, high = np.take_along_axis(ordered, below, axis=0), np.take_along_axis(ordered, above, axis=0)
    return np.nan_to_num(low + (high.astype(np.float64) - low) * (place - below))


def median(x: np.ndarray) -> np.ndarray:
    """Median (n_vars,) of each column of x (n_rows, n_vars) over its measured values; 0 where there is none."""
    return quantiles(x, [0.5])[0]
