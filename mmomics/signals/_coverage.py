"""How much of a window was recorded and worn."""

from __future__ import annotations

import numpy as np

from mmomics.devices.record import Record
from mmomics.signals._stretches import runs


def coverage(record: Record, worn: np.ndarray | None, span: float, epoch: float) -> float:
    """Share of a window in which something was recorded.

    A sample stands for the time until the next one is due, one step of the record. Up to the next one that did come, everything counts
    if it came within `epoch`, or within one and a half steps, as clocks of devices jitter.

    Parameters
    ----------
    record : Record
        NaN = gap; channels of which any one counts.
    worn : array of bool (n_times,) or None
        Samples at which the device was worn; None = always.
    span : float
        Length of the window (s).
    epoch : float
        Gaps up to this (s) count as recorded.

    Returns
    -------
    float
        0..1.
    """
    if not len(record) or not span > 0:
        return 0.0
    valid = ~np.isnan(record.signal).all(axis=1)
    if worn is not None:
        valid &= worn
    step = 1 / record.rate
    longest = max(epoch, 1.5 * step) * (1 + 1e-9)
    if record.times is None:  # a week at 50 Hz has few gaps but thirty million steps
        gaps = runs(~valid)
        gaps = gaps[(gaps[:, 0] > 0) & (gaps[:, 1] < len(valid))]
        lengths = gaps[:, 1] - gaps[:, 0]
        recorded = (valid.sum() + lengths[(lengths + 1) * step <= longest].sum()) * step
    else:
        steps = np.diff(record.times[valid])
        recorded = np.where(steps <= longest, steps, step).sum() + step * valid.any()
    return float(np.clip(recorded / span, 0.0, 1.0))
