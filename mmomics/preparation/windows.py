"""Preprocessing of windows of a signal: one centre and one scale per channel, so that shapes stay shapes; no choice of features."""

from __future__ import annotations

import numpy as np

from mmomics.preparation.fitted import Fitted
from mmomics.preparation.moments import Columns

NORMAL = 1.349  # distance of the quartiles of a standard normal distribution


def fit(x: Columns, features: np.ndarray, shape: tuple[int, int], clip: float) -> Fitted | None:
    """Median and distance of the quartiles of each channel, over all times and training rows.

    Parameters
    ----------
    x : Columns (n_rows, n_channels * n_times)
        Training rows; NaN = gap, which comes out as 0, the centre.
    features : array of str (n_channels * n_times,)
    shape : (n_channels, n_times)
    clip : float

    Returns
    -------
    Fitted or None
        None if no channel varies. A channel that does not vary comes out as 0.
    """
    n_channels, n_times = shape
    center, scale = np.zeros(n_channels), np.full(n_channels, np.inf)
    for channel in range(n_channels):
        values = x.part(np.arange(channel * n_times, (channel + 1) * n_times)).copy()
        values = values[np.isfinite(values)]
        if len(values) and values.min() < values.max():
            low, center[channel], high = np.quantile(values, [0.25, 0.5, 0.75])
            # a signal that is flat most of the time, with rare peaks, has no distance of quartiles
            scale[channel] = (high - low) / NORMAL or values.std(dtype=np.float64)
    if np.isinf(scale).all():
        return None
    wide = np.repeat(np.stack([center, scale]), n_times, axis=1).astype(np.float32)
    return Fitted(features, wide[0], wide[1], clip, shape=(n_channels, n_times))
