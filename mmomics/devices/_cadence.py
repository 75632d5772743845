"""Find the readings of a device in a file where they were interpolated to a finer grid.

Between two readings an interpolated line is straight, so where it bends is a reading. The others stand whole steps from these.
"""

from __future__ import annotations

import numpy as np

STRAIGHT = 0.6  # share of the changing values that go on as they came, above which they were interpolated
WHOLE = 1e-3  # a reading of a device that reports whole numbers is this close to one


def native(times: np.ndarray, values: np.ndarray, step: int) -> np.ndarray:
    """Positions of the readings.

    Where the line bends nowhere, or closer together than the device can read, interpolation cannot be told: every step-th value from
    the first is kept. Where every bend is a whole number, values in between that are not are taken for interpolation across a gap, and
    left out.

    Parameters
    ----------
    times : array, int64 (n_times,)
        Increasing.
    values : array (n_times,)
        NaN is a gap.
    step : int
        Native cadence, in the unit of `times`.

    Returns
    -------
    array, int64 (n_kept,)
    """
    there = np.flatnonzero(~np.isnan(values))
    t, v = times[there], values[there].astype(np.float64)
    if len(t) < 3:
        return there
    fine = float(np.median(np.diff(t)))
    if fine >= 0.9 * step:
        return there
    breaks = np.flatnonzero(np.diff(t) > 1.5 * fine)
    runs = list(zip(np.r_[0, breaks + 1], np.r_[breaks, len(t) - 1], strict=True))
    bends = _bends(t, v, fine)
    if len(bends) < 2 or np.mean(np.diff(t[bends]) < 0.9 * step) > 0.5:
        every = [_between(t[low], t[high], np.array([_next(t[0], t[low], step)]), step) for low, high in runs]
        return there[_nearest(t, np.concatenate(every), fine)]
    phases, counts = np.unique(np.round((t[bends] - t[0]) % step / fine), return_counts=True)
    common = t[0] + round(float(phases[counts.argmax()]) * fine)
    targets = []
    for low, high in runs:
        own = bends[(bends >= low) & (bends <= high)]
        targets.append(_between(t[low], t[high], t[own] if len(own) else np.array([_next(common, t[low], step)]), step))
    kept = _nearest(t, np.concatenate(targets), fine)
    if _whole(v[bends]).mean() > 0.99:
        kept = kept[_whole(v[kept]) | np.isin(kept, bends)]
    return there[kept]


def interpolated(seconds: np.ndarray, values: np.ndarray) -> float | None:
    """How often a device has really read where its values were interpolated to a finer grid (s); None where they were not.

    Parameters
    ----------
    seconds : array (n_times,)
        Increasing.
    values : array (n_times,)
        NaN is a gap.
    """
    there = ~np.isnan(values)
    t, v = seconds[there], values[there].astype(np.float64)
    if len(t) < 50:
        return None
    gap = np.diff(t) / float(np.median(np.diff(t)))
    slope = np.diff(v) / gap
    tolerance = 1e-5 * max(float(np.abs(v).max()), 1e-6)
    even = (gap[1:] <= 1.5) & (gap[:-1] <= 1.5) & (np.abs(slope[:-1]) > tolerance)
    straight = even & (np.abs(np.diff(slope)) <= tolerance)
    bends = _bends(t, v, float(np.median(np.diff(t))))
    if even.sum() < 20 or straight.sum() <= STRAIGHT * even.sum() or len(bends) < 3:
        return None
    step = float(np.median(np.diff(t[bends])))
    return step if step >= 1.5 * float(np.median(np.diff(t))) else None  # a device that reads as often as its file says


def _bends(t: np.ndarray, v: np.ndarray, fine: float) -> np.ndarray:
    """Positions where the line changes its slope by more than the rounding of float32, between neighbours without a gap."""
    gap = np.diff(t) / fine
    slope = np.diff(v) / gap
    tolerance = 1e-5 * max(float(np.abs(v).max()), 1e-6)
    return np.flatnonzero((np.abs(np.diff(slope)) > tolerance) & (gap[1:] <= 1.5) & (gap[:-1] <= 1.5)) + 1


def _between(first: int, last: int, anchors: np.ndarray, step: int) -> np.ndarray:
    """Times of readings from `first` to `last`: the anchors, and whole steps behind each and before the earliest."""
    slack = max(step // 20, 1)
    before = np.arange(anchors[0] - step, first - slack, -step)[::-1]
    ends = np.r_[anchors[1:] - step + slack, last + slack]
    behind = [np.arange(anchor, max(end, anchor + 1), step) for anchor, end in zip(anchors, ends, strict=True)]
    return np.concatenate([before, *behind]).astype(np.int64)


def _next(origin: int, moment: int, step: int) -> int:
    """The first time not before `moment` that is whole steps from `origin`."""
    return int(moment + (origin - moment) % step)


def _nearest(t: np.ndarray, targets: np.ndarray, fine: float) -> np.ndarray:
    """Positions of the samples at the targets, each once; a target further than half a step of the file from any has none."""
    right = np.searchsorted(t, targets).clip(1, len(t) - 1)
    places = np.where(targets - t[right - 1] <= t[right] - targets, right - 1, right)
    return np.unique(places[np.abs(t[places] - targets) <= 0.5 * fine])


def _whole(v: np.ndarray) -> np.ndarray:
    return np.abs(v - np.round(v)) < WHOLE
