"""How much of a window was recorded and worn."""

from __future__ import annotations

import numpy as np

from mmomics.devices.record import Record


def coverage(record: Record, worn: np.ndarray | None, span: float, epoch: float) -> float:
    """Share of a window in which something was recorded.

    Parameters
    ----------
    record : Record
        NaN = gap; channels of which any one counts.
    worn : array of bool (n_times,) or None
        Samples at which the device was worn; None = always.
    span : float
        Length of the window (s).
    epoch : float
        The window is divided into epochs of this length (s), at least one step of the record; one valid sample makes one count.

    Returns
    -------
    float
        0..1.
    """
    if not len(record) or span <= 0:
        return 0.0
    valid = ~np.isnan(record.signal).all(axis=1)
    if worn is not None:
        valid &= worn
    length = max(epoch, 1 / record.rate)
    n_epochs = max(1, round(span / length))
    seconds = record.seconds
    covered = np.unique(((seconds[valid] - seconds[0]) / length + 1e-9).astype(np.int64))
    return float(min(1.0, len(covered) / n_epochs))
