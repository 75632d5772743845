"""Moments of every feature over its measured values, in float64, a few features at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

CHUNK = 2048  # features looked at together: what float64 copies of them take stays small


class Columns:
    """Some rows and features of a matrix, copied only a few features at a time.

    Parameters
    ----------
    values : array, float32 (n_obs, n_vars)
    rows : array of int (n_rows,), optional
        Default: all.
    places : array of int (n_kept,), optional
        Default: all features.
    """

    def __init__(self, values: np.ndarray, rows: np.ndarray | None = None, places: np.ndarray | None = None) -> None:
        self.values, self.rows = values, np.arange(len(values)) if rows is None else rows
        self.places = np.arange(values.shape[1]) if places is None else places
        self.shape = (len(self.rows), len(self.places))

    def part(self, places: np.ndarray) -> Columns:
        """Some of these features, by their positions among them."""
        return Columns(self.values, self.rows, self.places[places])

    def chunks(self, size: int = CHUNK) -> Iterator[tuple[slice, np.ndarray]]:
        """Positions among these features, and a copy of their values, float32 (n_rows, at most `size`)."""
        for start in range(0, len(self.places), size):
            own = slice(start, start + size)
            yield own, self.part(np.arange(self.shape[1])[own]).copy()

    def copy(self) -> np.ndarray:
        """All of it, float32 (n_rows, n_kept)."""
        return self.values[np.ix_(self.rows, self.places)].astype(np.float32, copy=False)


def moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number of measured values, their mean and standard deviation (n_vars,) of each column of x (n_rows, n_vars).

    The standard deviation is exactly 0 where the values are all the same (rounding would leave it above), and where there is none.
    """
    missing = np.isnan(x)
    if missing.any():
        n = len(x) - missing.sum(axis=0)
        filled = np.where(missing, 0, x)
        mean = filled.sum(axis=0, dtype=np.float64) / np.maximum(n, 1)
        deviation = filled - mean
        deviation[missing] = 0
        low, high = np.where(missing, np.inf, x).min(axis=0), np.where(missing, -np.inf, x).max(axis=0)
    else:
        n = np.full(x.shape[1], len(x))
        mean = x.sum(axis=0, dtype=np.float64) / max(len(x), 1)
        deviation = x - mean
        low, high = (x.min(axis=0), x.max(axis=0)) if len(x) else (mean, mean)
    sd = np.sqrt(np.einsum("ij,ij->j", deviation, deviation) / np.maximum(n, 1))
    return n, mean, np.where(low < high, sd, 0)


def spread(x: Columns) -> np.ndarray:
    """Standard deviation of each feature, float32 (n_kept,), 0 if constant."""
    sd = np.empty(x.shape[1], dtype=np.float32)
    for own, part in x.chunks():
        sd[own] = moments(part)[2]
    return sd
