"""The strongest links of every feature, from correlations or from a given network: indices and weights, never features squared.

A link carries the sign of the correlation, so that what goes down as another goes up supports it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from scipy.sparse import csr_array

CHUNK = 512  # features whose correlations with all others are held at a time
CLEAR = 2.0  # standard errors from which on a negative correlation turns the sign of a given link


def correlated(x: Tensor, seen: Tensor, n_neighbors: int) -> tuple[Tensor, Tensor]:
    """Places and weights (n_vars, n_neighbors) of the features that each correlates with most, as far as chance cannot explain it.

    A correlation counts that is larger than the largest expected of all pairs if none were real: the universal threshold.

    Parameters
    ----------
    x, seen : Tensor (n_obs, n_vars)
        Centred values, zeros where not seen; rows in which either of two features is missing do not count for them.
    n_neighbors : int
    """
    n_vars = x.shape[1]
    places = torch.zeros(n_vars, n_neighbors, dtype=torch.long, device=x.device)
    weights = torch.zeros(n_vars, n_neighbors, device=x.device)
    most, n_pairs = min(n_neighbors, n_vars), max(n_vars * (n_vars - 1) // 2, 2)
    for start in range(0, n_vars, CHUNK):
        rows = torch.arange(start, min(start + CHUNK, n_vars), device=x.device)
        r, n = _correlation(x, seen, rows)
        strength = torch.where(r.abs() > torch.sqrt(2 * math.log(n_pairs) / n.clamp_min(1)), r.abs(), 0.0)
        strength[torch.arange(len(rows)), rows] = 0.0
        top = strength.topk(most, dim=1)
        places[rows, :most], weights[rows, :most] = top.indices, top.values * r.gather(1, top.indices).sign()
    return places, _shares(weights)


def given(links: csr_array, x: Tensor, seen: Tensor, n_neighbors: int) -> tuple[Tensor, Tensor]:
    """The strongest links of each feature in a symmetric network (n_vars, n_vars); of equal ones those of the larger correlation."""
    n_vars = x.shape[1]
    places, weights = torch.zeros(n_vars, n_neighbors, dtype=torch.long), torch.zeros(n_vars, n_neighbors)
    for start in range(0, n_vars, CHUNK):
        rows = torch.arange(start, min(start + CHUNK, n_vars))
        weight = torch.from_numpy(links[start : start + CHUNK].toarray())
        r, n = (part.cpu() for part in _correlation(x, seen, rows.to(x.device)))
        top = (weight + 1e-3 * r.abs() * (weight > 0)).topk(min(n_neighbors, n_vars), dim=1).indices
        sign = torch.where(r < -CLEAR / n.clamp_min(1).sqrt(), -1.0, 1.0)
        places[rows, : top.shape[1]], weights[rows, : top.shape[1]] = top, weight.gather(1, top) * sign.gather(1, top)
    return places.to(x.device), _shares(weights).to(x.device)


def spread(values: Tensor, seen: Tensor) -> Tensor:
    """One over the standard deviation (n_members, n_vars) of centred values (n_members, n_obs, n_vars) where seen; 0 if there is none."""
    variance = (values.square() * seen).sum(1) / seen.sum(1).clamp_min(1)
    return torch.where(variance > 1e-8, variance.clamp_min(1e-8).rsqrt(), 0.0)


def _correlation(x: Tensor, seen: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Correlation of some features with all (n_rows, n_vars), and over how many subjects."""
    flags = seen.to(x.dtype)
    n = flags[:, rows].T @ flags
    squares = x.square()
    variance = (squares[:, rows].T @ flags) * (flags[:, rows].T @ squares)  # over the subjects that have both
    return (x[:, rows].T @ x) / variance.clamp_min(1e-12).sqrt(), n


def _shares(weights: Tensor) -> Tensor:
    return weights / weights.abs().sum(1, keepdim=True).clamp_min(1e-12)
