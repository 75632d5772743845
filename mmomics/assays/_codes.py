"""Codes that stand for what is missing: 999 among ages, -9 among laboratory values. They are possible numbers, so nothing refuses them."""

from __future__ import annotations

import numpy as np

CODES = (-9, -99, -999, -9999, -99999, -88, -888, -77, -777, 99, 999, 9999, 99999, 888, 8888, 777, 7777)
LEAST = 5  # other values, to tell a code by


def code(values: np.ndarray) -> tuple[float, int] | None:
    """A code among the values of one feature, and how often it stands there.

    It is the lowest or the highest value, and further from the others than these are from one another; or it is the only one below 0; or,
    where others are no whole numbers, it comes again and again and stands half as far off.

    Parameters
    ----------
    values : array (n_samples,)
        NaN = missing.
    """
    there = values[np.isfinite(values)]
    if not len(there):
        return None
    for end in (float(there.min()), float(there.max())):
        others = there[there != end]
        if end not in CODES or len(others) < LEAST:
            continue
        low, high = float(others.min()), float(others.max())
        gap, n = (low - end if end < low else end - high), len(there) - len(others)
        again = n > 1 and (others != np.rint(others)).mean() > 0.5 and 2 * gap > high - low
        if gap > high - low or (end < 0 <= low) or again:
            return end, n
    return None


def suspected(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Which features may hold one, by their lowest and highest values: places."""
    return np.flatnonzero(np.isin(low, CODES) | np.isin(high, CODES))
