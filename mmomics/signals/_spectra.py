"""Power within a band of a spectrum."""

from __future__ import annotations

import numpy as np
from scipy.integrate import cumulative_trapezoid


def power(frequencies: np.ndarray, density: np.ndarray, low: float, high: float) -> float:
    """Area under a spectrum between two frequencies (Hz), to the very edges, so that bands side by side add up."""
    area = np.interp([low, high], frequencies, cumulative_trapezoid(density, frequencies, initial=0))
    return float(area[1] - area[0])
