"""Stretches of a fast signal between its gaps, read block by block so that a day of samples needs the memory of minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from mmomics.devices.record import Record

BLOCK = 600.0  # seconds looked at together
MARGIN = 30.0  # seconds on either side, where filters and adaptive thresholds settle


def runs(mask: np.ndarray) -> np.ndarray:
    """Runs of True: int (n_runs, 2), where each begins and ends."""
    padded = np.zeros(len(mask) + 2, dtype=np.int8)
    padded[1:-1] = mask
    return np.flatnonzero(np.diff(padded)).reshape(-1, 2)


def long_runs(mask: np.ndarray, n: int) -> np.ndarray:
    """The mask with only those runs of True that are at least `n` long: bool (n_times,)."""
    out = np.zeros(len(mask), dtype=bool)
    found = runs(mask)
    for first, last in found[found[:, 1] - found[:, 0] >= n]:
        out[first:last] = True
    return out


def flat(values: np.ndarray, n: int) -> np.ndarray:
    """Samples at which a channel shows the same reading for `n` steps and more (lead off, a saturated amplifier): bool (n_times,)."""
    if len(values) < 2:
        return np.zeros(len(values), dtype=bool)
    still = long_runs(values[1:] == values[:-1], n)
    return np.concatenate([still, [False]]) | np.concatenate([[False], still])


def moving(record: Record, seconds: float) -> np.ndarray:
    """Samples at which any channel was on, which does not show the same reading for `seconds` and more: bool (n_times,)."""
    on = np.zeros(len(record), dtype=bool)
    for values in record.signal.T:
        on |= np.isfinite(values) & ~flat(values, int(seconds * record.rate))
    return on


def regular(record: Record, longest_gap: float) -> Record:
    """The record on steady steps; one with irregular steps is interpolated, but never over more than `longest_gap` (s)."""
    if record.fs is not None or len(record) < 2:
        return record if record.fs is not None else replace(record, fs=record.rate, times=None)
    seconds, fs = record.seconds, record.rate
    # steps so uneven that the median says nothing would blow the record up
    n = min(int((seconds[-1] - seconds[0]) * fs + 1e-6) + 1, 100 * len(record))
    grid = seconds[0] + np.arange(n) / fs
    behind = np.clip(np.searchsorted(seconds, grid, side="right"), 1, len(seconds) - 1)
    near = seconds[behind] - seconds[behind - 1] <= longest_gap + 1.5 / fs
    signal = np.stack([np.where(near, np.interp(grid, seconds, column), np.nan) for column in record.signal.T], axis=1)
    return replace(record, signal=signal.astype(np.float32), fs=fs, times=None)


def stretches(values: np.ndarray, fs: float, longest_gap: float, shortest: float) -> list[slice]:
    """Where a channel was recorded without a gap longer than `longest_gap` (s), for at least `shortest` (s)."""
    there = ~long_runs(~np.isfinite(values), int(longest_gap * fs + 1e-6) + 1)
    return [slice(int(first), int(last)) for first, last in runs(there) if last - first >= shortest * fs]


def filled(values: np.ndarray) -> np.ndarray:
    """Float64 with what small gaps are left interpolated; needs one finite value."""
    out = values.astype(np.float64)
    bad = ~np.isfinite(out)
    if bad.any():
        out[bad] = np.interp(np.flatnonzero(bad), np.flatnonzero(~bad), out[~bad])
    return out


def blocks(stretch: slice, fs: float) -> Iterator[tuple[slice, slice]]:
    """Pieces of a stretch: what to look at (with margins), and what of it counts (without), both in samples of the record."""
    size, margin = max(int(BLOCK * fs), 1), int(MARGIN * fs)
    for first in range(stretch.start, stretch.stop, size):
        last = min(first + size, stretch.stop)
        yield slice(max(first - margin, stretch.start), min(last + margin, stretch.stop)), slice(first, last)


def events(values: np.ndarray, fs: float, where: list[slice], find: Callable[[np.ndarray, float], np.ndarray]) -> list[np.ndarray]:
    """What `find(signal, fs)` finds (samples), one array per stretch, in samples of the record."""
    out = []
    for stretch in where:
        found = []
        for look, count in blocks(stretch, fs):
            at = np.asarray(find(filled(values[look]), fs), dtype=np.int64) + look.start
            found.append(at[(at >= count.start) & (at < count.stop)])
        out.append(np.unique(np.concatenate(found)))
    return out
