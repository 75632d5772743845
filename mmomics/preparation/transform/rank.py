"""Normal scores: each value becomes the normal quantile of its rank among the training rows, so that no tail is heavy.

Ranks as of Blom (1958): level (rank - 3/8) / (n + 1/4). Values between two of training are interpolated, values beyond them get the
score of the outermost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import ndtr, ndtri

from mmomics.preparation.contract import Obs, Step

KNOTS = 101  # at most: a bundle holds no more than this of a feature's training values


@dataclass(frozen=True)
class Rank(Step):
    """The distribution of every feature.

    Attributes
    ----------
    count : array, float32 (n_vars,)
        Measured values.
    knots : array, float32 (n_knots, n_vars)
        Ascending values: all that were measured, and the largest repeated, or some spread evenly over their normal scores.
    """

    count: np.ndarray
    knots: np.ndarray

    @classmethod
    def fit(cls, x: np.ndarray, obs: Obs) -> Self:
        ordered = np.sort(x, axis=0)
        count = len(x) - np.isnan(ordered).sum(axis=0)
        knots = np.zeros((min(len(x), KNOTS), x.shape[1]), dtype=np.float32)
        for place in np.flatnonzero(count):
            n = count[place]
            rank = _levels(n, len(knots)) * (n + 0.25) + 0.375
            knots[:, place] = np.interp(rank, np.arange(1, n + 1), ordered[:n, place])
        return cls(count.astype(np.float32), knots)

    def apply(self, x: np.ndarray, obs: Obs) -> np.ndarray:
        for place, n in enumerate(self.count):
            levels, knots, column = _levels(n, len(self.knots)), self.knots[:, place], x[:, place]
            # the mean of looking from below and from above: equal values get their mean rank
            below = np.interp(column, knots, levels)
            above = np.interp(-column, -knots[::-1], levels[::-1])
            x[:, place] = ndtri((below + above) / 2)
        return x

    def undo(self, x: np.ndarray) -> np.ndarray:
        level = ndtr(x)
        columns = [np.interp(level[:, j], _levels(n, len(self.knots)), self.knots[:, j]) for j, n in enumerate(self.count)]
        return np.column_stack(columns).astype(np.float32)


def _levels(n: float, n_knots: int) -> np.ndarray:
    """Levels (n_knots,) of the knots of a feature with n values."""
    if n <= n_knots:
        return (np.minimum(np.arange(1, n_knots + 1), max(n, 1)) - 0.375) / (n + 0.25)
    end = ndtri(0.625 / (n + 0.25))
    return ndtr(np.linspace(end, -end, n_knots))


STEP = Rank
