"""Pairs of subjects: which can be compared, and which stand in the right order.

Pairs are counted and never made, by sorting and running sums over all bootstrap resamples at once: memory is that of the counts, and
time n log n, or n log^2 n where a pair must be in order in two ways.
"""

from __future__ import annotations

import numpy as np

ENOUGH = 2  # pairs: the order of a single pair is a coin, not an estimate


def lower(high: np.ndarray, low: np.ndarray, counts: np.ndarray, least: np.ndarray | None = None) -> np.ndarray:
    """How many rows are lower than each of some others (n_high, n_resamples); those that tie are half a row.

    Parameters
    ----------
    high, low : (n_high,), (n_low,)
        Values.
    counts : (n_low, n_resamples)
        As how many rows each counts. Resamples stand side by side here, so that a row is moved in one piece.
    least : (n_high,), optional
        Rows below this do not count, at most `high`. Default: all do.
    """
    order = np.argsort(low, kind="stable")
    before = np.zeros((len(low) + 1, counts.shape[1]))
    np.cumsum(counts[order], axis=0, out=before[1:])
    low = low[order]
    found = before[np.searchsorted(low, high)]
    found += before[np.searchsorted(low, high, side="right")]
    found /= 2
    if least is not None:
        found -= before[np.searchsorted(low, least)]
    return found


def begins(values: np.ndarray) -> np.ndarray:
    """Where each run of equal values begins (n,) bool."""
    return np.concatenate([np.ones(min(len(values), 1), dtype=bool), values[1:] != values[:-1]])


def sequence(time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Who leaves after whom (n_obs,) int: a subject with the event had it before those, and only those, of a higher number.

    Of two equal times, an event comes before a censoring; two events cannot be compared.
    """
    times = np.unique(time, return_inverse=True)[1]
    return np.unique(2 * times + ~event, return_inverse=True)[1]


def n_later(after: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """How many rows have a higher number of `after` than each row (n_resamples, n_obs)."""
    up_to = np.cumsum(totals(after, counts), axis=1)
    return (up_to[:, -1:] - up_to)[:, after]


def totals(group: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Sum of the counts (n_resamples, n_obs) in each group 0, 1, ... of rows: (n_resamples, n_groups)."""
    order = np.argsort(group, kind="stable")
    return np.add.reduceat(counts[:, order], np.flatnonzero(begins(group[order])), axis=1)


def comparable(time: np.ndarray, event: np.ndarray) -> int:
    """Pairs of which one is known to have had the event before the other; time (n_obs,), event (n_obs,) bool."""
    return int(n_later(sequence(time, event), np.ones((1, len(time))))[0, event].sum()) if len(time) else 0


def share(risk: np.ndarray, time: np.ndarray, event: np.ndarray, weight: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Weighted share (n_resamples,) of comparable pairs whose first to have the event has the higher risk; ties are half right.

    NaN with fewer than `ENOUGH` pairs of positive weight. Two numbers of `sequence` differ in a highest binary digit, above which they
    agree. So each pair is counted once, at that digit: among the rows that agree above it, those with a 1 are later than those with a 0.

    Parameters
    ----------
    risk, time : (n_obs,)
    event : (n_obs,) bool
    weight : (n_obs,)
        Of the pairs of which the row had the event first.
    counts : (n_resamples, n_obs)
        How often each subject is drawn; ones for the rows as they are. A subject and its own copies are no pair.
    """
    after, weight = sequence(time, event), weight * event
    drawn = (counts > 0).astype(float)
    n_pairs = (n_later(after, drawn) * drawn)[:, weight > 0].sum(1)
    weighted = counts * weight
    pairs = (n_later(after, counts) * weighted).sum(1)
    # by block and risk in one number
    rank = np.unique(risk, return_inverse=True)[1]
    counts, concordant = np.ascontiguousarray(counts.T), np.zeros(len(counts))
    for digit in range(int(after.max(initial=0)).bit_length()):
        is_late = (after >> digit) & 1 == 1
        late, soon = np.flatnonzero(is_late), np.flatnonzero(~is_late & (weight > 0))
        block = (after >> (digit + 1)) * len(rank)
        right = lower((block + rank)[soon], (block + rank)[late], counts[late], least=block[soon])
        concordant += weight[soon] @ (right * counts[soon])
    return np.divide(concordant, pairs, out=np.full(len(pairs), np.nan), where=n_pairs >= ENOUGH)
