"""Counts of epochs of different lengths, as phones and watches export steps: told per minute."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from mmomics.devices.record import Record

MINUTE = 60.0
LONGEST = 900.0, 3.0  # seconds, and median epochs, that a count is of at most: what is further from the next was not recorded
UNEVEN = 0.05  # share of the epochs that are no multiple of the median one
IN_A_ROW = 10  # so many gaps of one length are longer epochs
FAR, OFTEN = 10, 0.25  # gaps of so many median epochs and one length are longer epochs, if so many; fewer stand between bursts
KNOWN = 0.5  # share of a minute that epochs must cover


def even(record: Record) -> Record:
    """The record itself where its epochs are of one length, with or without gaps; else its counts minute by minute.

    A count is spread evenly over the time to the next one: 50 steps within 20 seconds are another pace than 50 within a quarter of an hour.
    """
    seconds = record.seconds
    if record.fs is not None or len(seconds) < 3:
        return record
    if not _uneven(np.diff(seconds) * record.rate):
        return record
    begin = pd.Timedelta(0)  # since its minute began
    if record.start is not None:
        begin = pd.Timedelta(seconds=record.start.second, microseconds=record.start.microsecond)
    at = seconds + begin.total_seconds()
    length = np.minimum(np.diff(at, append=at[-1] + 1 / record.rate), max(LONGEST[0], LONGEST[1] / record.rate))
    grid = np.arange(0, at[-1] + length[-1] + MINUTE, MINUTE)
    signal = np.column_stack([_minutes(at, length, channel, grid) for channel in record.signal.T.astype(np.float64)])
    moved = None if record.start is None else record.start - begin
    notes = record.annotations.assign(onset=record.annotations["onset"] + begin.total_seconds())
    return replace(record, signal=signal.astype(np.float32), fs=1 / MINUTE, times=None, start=moved, annotations=notes)


def _uneven(steps: np.ndarray) -> bool:
    """Whether epochs, in median ones, are of several lengths: many are no multiple of it, or one multiple stands many times in a row."""
    whole = np.rint(steps)
    if (np.abs(steps - whole) > 0.1).mean() > UNEVEN:
        return True
    _, n = np.unique(whole[whole >= FAR], return_counts=True)
    if len(n) and n.max() > OFTEN * len(whole):
        return True
    first = np.append(0, np.flatnonzero(np.diff(whole)) + 1)
    return bool(((np.diff(first, append=len(whole)) >= IN_A_ROW) & (whole[first] > 1)).any())


def _minutes(at: np.ndarray, length: np.ndarray, counts: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Counts per minute (len(grid) - 1,) of the time that epochs cover; NaN where they cover too little of a minute."""
    known = np.isfinite(counts)
    at, length, counts = at[known], length[known], counts[known]
    if not len(at):
        return np.full(len(grid) - 1, np.nan)
    edges = np.column_stack([at, at + length]).ravel()
    total, covered = (np.diff(np.interp(grid, edges, np.repeat(np.append(0, np.cumsum(part)), 2)[1:-1])) for part in (counts, length))
    return np.divide(total * MINUTE, covered, out=np.full(len(total), np.nan), where=covered >= KNOWN * MINUTE)
