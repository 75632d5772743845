"""Pairs of subjects: which can be compared, and which stand in the right order.

All pairs are held at once, (n_obs, n_obs): quick for the hundreds of rows of a test fold, and sums over pairs become products
of matrices, so that a thousand bootstrap resamples cost one.
"""

from __future__ import annotations

import numpy as np

ENOUGH = 2  # pairs: the order of a single pair is a coin, not an estimate


def ordered(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """1 where `high[i] > low[j]`, 1/2 where they tie, else 0: (n_high, n_low)."""
    return (high[:, None] > low[None, :]) + 0.5 * (high[:, None] == low[None, :])


def comparable(time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """True where subject i is known to have had the event before subject j: (n_obs, n_obs) bool.

    Of two equal times, an event comes before a censoring; two events cannot be compared.
    """
    earlier = time[:, None] < time[None, :]
    tied = (time[:, None] == time[None, :]) & ~event[None, :]
    return event[:, None] & (earlier | tied)


def share(right: np.ndarray, weight: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Weighted share (n_resamples,) of pairs in the right order; NaN with fewer than `ENOUGH` pairs of positive weight.

    Parameters
    ----------
    right : (n_obs, n_obs)
        1, 1/2 or 0 of each pair.
    weight : (n_obs, n_obs)
        Weight of each pair, 0 where it cannot be compared, as a subject with its own copies.
    counts : (n_resamples, n_obs)
        How often each subject is drawn; ones for the rows as they are.
    """
    drawn = (counts > 0).astype(float)
    n_pairs = ((drawn @ (weight > 0)) * drawn).sum(1)
    concordant, pairs = (((counts @ pair) * counts).sum(1) for pair in (right * weight, weight))
    return np.divide(concordant, pairs, out=np.full(len(counts), np.nan), where=n_pairs >= ENOUGH)
