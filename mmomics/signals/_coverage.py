"""How much of a window was recorded and worn."""

from __future__ import annotations

import numpy as np

from mmomics.devices.record import Record
from mmomics.signals._stretches import runs

AROUND = 49  # steps among which the usual one is looked for
SLOWEST = 900.0  # s: what comes more rarely here than elsewhere in a record are spot checks


def coverage(record: Record, worn: np.ndarray | None, span: float, epoch: float) -> float:
    """Share of a window in which something was recorded.

    A sample stands for the time until the next one is due: one step, as it is around the sample where steps are irregular. Up to the next
    one that did come, everything counts if it came within `epoch`, or within one and a half steps, as clocks of devices jitter.

    Parameters
    ----------
    record : Record
        NaN = gap; channels of which any one counts.
    worn : array of bool (n_times,) or None
        Samples at which the device was worn; None = always.
    span : float
        Length of the window (s).
    epoch : float
        Gaps up to this (s) count as recorded; infinite: any sample will do.

    Returns
    -------
    float
        0..1.
    """
    if not len(record) or not span > 0:
        return 0.0
    return float(np.clip(recorded(record, worn, epoch) / span, 0.0, 1.0)) if np.isfinite(epoch) else float(_valid(record, worn).any())


def recorded(record: Record, worn: np.ndarray | None = None, epoch: float = 0.0) -> float:
    """Seconds in which something was recorded, as `coverage` counts them; by default every sample for its step, and no gap."""
    if not len(record):
        return 0.0
    valid = _valid(record, worn)
    if record.times is None:  # a week at 50 Hz has few gaps but thirty million steps
        step = 1 / record.rate
        longest = max(epoch, 1.5 * step) * (1 + 1e-9)
        gaps = runs(~valid)
        gaps = gaps[(gaps[:, 0] > 0) & (gaps[:, 1] < len(valid))]
        lengths = gaps[:, 1] - gaps[:, 0]
        return float((valid.sum() + lengths[(lengths + 1) * step <= longest].sum()) * step)
    due, there = _due(record.times), np.flatnonzero(valid)
    until = np.diff(record.times[there])
    return float(np.where(until <= epoch * (1 + 1e-9), until, due[there[:-1]]).sum() + due[there[-1:]].sum())


def _valid(record: Record, worn: np.ndarray | None) -> np.ndarray:
    valid: np.ndarray = ~np.isnan(record.signal).all(axis=1)
    return valid if worn is None else valid & worn


def _due(times: np.ndarray) -> np.ndarray:
    """Seconds that every row of an irregular record stands for: float64 (n_times,).

    To the next row, or, where that comes late, for the median of the steps around. Rows without a reading count as rows, so that what
    is missing from them can only take away.
    """
    from scipy.ndimage import median_filter

    steps = np.diff(times)
    if not len(steps):
        return np.ones(len(times))
    usual = median_filter(steps, min(AROUND, len(steps)), mode="reflect")
    usual = np.minimum(usual, max(SLOWEST, float(np.median(steps))))
    due = np.where(steps <= 1.5 * usual * (1 + 1e-9), steps, usual)
    return np.append(due, min(steps[-1], usual[-1]))
