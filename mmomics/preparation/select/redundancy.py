"""The features that vary most, without near copies: one that correlates above 0.95 with another that is chosen already is skipped."""

from __future__ import annotations

import numpy as np

from mmomics.preparation.contract import Obs
from mmomics.preparation.moments import Columns, moments

LIMIT = 0.95  # of the absolute correlation; a missing value counts as the mean
BLOCK = 256  # features whose correlations are computed together


def choose(x: Columns, sd: np.ndarray, obs: Obs, n: int) -> np.ndarray:
    """Positions of at most n features, ascending; see `variance` for the parameters."""
    order = np.argsort(-sd, kind="stable")
    order = order[sd[order] > 0]
    chosen: list[int] = []
    units = np.empty((x.shape[0], min(n, len(order))), dtype=np.float32)  # of those chosen, each of length 1
    for start in range(0, len(order), BLOCK):
        block = order[start : start + BLOCK]
        own = _units(x.part(block).copy())
        free = np.abs(units[:, : len(chosen)].T @ own).max(axis=0, initial=0) <= LIMIT
        among = np.abs(own.T @ own) > LIMIT
        for place in range(len(block)):
            if free[place]:
                units[:, len(chosen)] = own[:, place]
                chosen.append(int(block[place]))
                free &= ~among[place]
                if len(chosen) == n:
                    return np.sort(chosen)
    return np.sort(np.array(chosen, dtype=int))


def _units(x: np.ndarray) -> np.ndarray:
    """Columns of x (n_rows, n_vars), centred and of length 1."""
    centred = np.nan_to_num(x - moments(x)[1], nan=0.0)
    return (centred / np.maximum(np.linalg.norm(centred, axis=0), np.finfo(np.float32).tiny)).astype(np.float32)
