"""The strongest links of every feature, from correlations or from a given network: indices and weights, never features squared.

A link carries the sign of the correlation, so that what goes down as another goes up supports it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

if TYPE_CHECKING:
    from scipy.sparse import csr_array

CHUNK, PAIRS = 512, 1 << 14  # features whose correlations with all others, and links whose correlations, are looked at at a time
MANY = 4096  # features up to which all pairs are looked at
N_LANDMARKS = 2048  # of more: features spread evenly
N_ASKED, N_AROUND = 4, 128  # landmarks closest to a feature, and features closest to a landmark
CLEAR = 2.0  # standard errors from which on a negative correlation turns the sign of a given link


def correlated(x: Tensor, seen: Tensor, n_neighbors: int) -> tuple[Tensor, Tensor]:
    """Places and weights (n_vars, n_neighbors) of the features that each correlates with most, as far as chance cannot explain it.

    A correlation counts that is larger than the largest expected of all pairs if none were real: the universal threshold. All pairs are
    looked at up to `MANY` features; of more, those near the same landmarks, which is linear in features and misses some of the links.

    Parameters
    ----------
    x, seen : Tensor (n_obs, n_vars)
        Centred values, zeros where not seen; rows in which either of two features is missing do not count for them.
    n_neighbors : int
    """
    n_vars = x.shape[1]
    pairwise, least = Pairwise(x, seen), 2 * math.log(max(n_vars * (n_vars - 1) // 2, 2))
    everything = torch.arange(n_vars, device=x.device)
    if n_vars > MANY:
        return _by_landmarks(pairwise, least, n_neighbors)
    parts = [pairwise.strongest(rows, everything, least, n_neighbors) for rows in everything.split(CHUNK)]
    places, weights = (torch.cat(part) for part in zip(*parts, strict=True))
    return places, _shares(weights)


def given(links: csr_array, x: Tensor, seen: Tensor, n_neighbors: int) -> tuple[Tensor, Tensor]:
    """The strongest links of each feature in a symmetric network (n_vars, n_vars); of equal ones those of the larger correlation."""
    n_vars, edges, pairwise = x.shape[1], links.tocoo(), Pairwise(x, seen)
    ends = [torch.from_numpy(part.astype("int64")) for part in (edges.row, edges.col)]
    of_edges = [pairwise.of_pairs(*some) for some in zip(*(end.to(x.device).split(PAIRS) for end in ends), strict=True)]
    r, n = (torch.cat(part).cpu() for part in zip(*of_edges, strict=True)) if len(ends[0]) else (torch.zeros(0), torch.zeros(0))
    weight = torch.from_numpy(edges.data).to(r.dtype)
    order = (-(weight + 1e-3 * r.abs())).argsort(stable=True)
    order = order[ends[0][order].argsort(stable=True)]  # by feature, its strongest first
    one, other = (end[order] for end in ends)
    n_links = one.bincount(minlength=n_vars)
    rank = torch.arange(len(one)) - (n_links.cumsum(0) - n_links)[one]
    kept = rank < n_neighbors
    sign = torch.where(r < -CLEAR / n.clamp_min(1).sqrt(), -1.0, 1.0)
    places, weights = torch.zeros(n_vars, n_neighbors, dtype=torch.long), torch.zeros(n_vars, n_neighbors)
    places[one[kept], rank[kept]], weights[one[kept], rank[kept]] = other[kept], (weight * sign)[order][kept]
    return places.to(x.device), _shares(weights).to(x.device)


def spread(values: Tensor, seen: Tensor) -> Tensor:
    """One over the standard deviation (n_members, n_vars) of centred values (n_members, n_obs, n_vars) where seen; 0 if there is none."""
    variance = (values.square() * seen).sum(1) / seen.sum(1).clamp_min(1)
    return torch.where(variance > 1e-8, variance.clamp_min(1e-8).rsqrt(), 0.0)


class Pairwise:
    """Correlations over the subjects that have both features; what modalities share, whose features are seen together, is counted once."""

    def __init__(self, x: Tensor, seen: Tensor) -> None:
        self.profiles = x.T.contiguous()  # (n_vars, n_obs): rows are picked many times faster than columns
        patterns, self.pattern = seen.unique_consecutive(dim=1, return_inverse=True)  # (n_obs, n_patterns), (n_vars,)
        flags = patterns.to(x.dtype)
        self.n, self.squares = flags.T @ flags, x.square().T @ flags

    def correlation(self, rows: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
        """Correlation of some features with others (n_rows, n_columns), and over how many subjects."""
        mine, theirs = self.pattern[rows], self.pattern[columns]
        variance = self.squares[rows].index_select(1, theirs) * self.squares[columns].T.contiguous()[mine]
        return (self.profiles[rows] @ self.profiles[columns].T) / variance.clamp_min_(1e-12).sqrt_(), self.n[:, theirs][mine]

    def of_pairs(self, one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
        """Correlation of each feature with its partner (n_pairs,), and over how many subjects."""
        mine, theirs = self.pattern[one], self.pattern[other]
        variance = self.squares[one, theirs] * self.squares[other, mine]
        return (self.profiles[one] * self.profiles[other]).sum(1) / variance.clamp_min(1e-12).sqrt(), self.n[mine, theirs]

    def strongest(self, rows: Tensor, columns: Tensor, least: float, n_neighbors: int) -> tuple[Tensor, Tensor]:
        """Places and correlations (n_rows, n_neighbors) whose square times n is above `least`; zeros where there is none."""
        r, n = self.correlation(rows, columns)
        strength = torch.where(r.abs() > torch.sqrt(least / n.clamp_min(1)), r.abs(), 0.0)
        strength[rows.unsqueeze(1) == columns] = 0.0
        top = strength.topk(min(n_neighbors, len(columns)), dim=1)
        spare = (0, n_neighbors - top.indices.shape[1])
        weights = top.values * r.gather(1, top.indices).sign()
        return F.pad(columns[top.indices], spare), F.pad(weights, spare)


def _by_landmarks(pairwise: Pairwise, least: float, n_neighbors: int) -> tuple[Tensor, Tensor]:
    """As `correlated`, of each feature and those that its closest landmarks are closest to."""
    n_vars = len(pairwise.profiles)
    everything = torch.arange(n_vars, device=pairwise.profiles.device)
    landmarks = everything[torch.linspace(0, n_vars - 1, N_LANDMARKS).long()]
    close = torch.cat([pairwise.correlation(rows, landmarks)[0].abs() for rows in everything.split(CHUNK)])  # (n_vars, n_landmarks)
    around = close.topk(N_AROUND, dim=0).indices.T
    asked = close.topk(N_ASKED, dim=1).indices.flatten()
    order = asked.argsort(stable=True)
    asking = (order // N_ASKED).split(asked.bincount(minlength=N_LANDMARKS).tolist())
    parts = [pairwise.strongest(rows, columns, least, n_neighbors) for rows, columns in zip(asking, around, strict=True)]
    back = order.argsort()
    places, weights = (torch.cat(part)[back].unflatten(0, (n_vars, N_ASKED)).flatten(1) for part in zip(*parts, strict=True))
    places, weights = _merged(places, weights, n_neighbors)
    return places, _shares(weights)


def _merged(places: Tensor, weights: Tensor, n_neighbors: int) -> tuple[Tensor, Tensor]:
    """The strongest (n_vars, n_neighbors) of links of which some are named more than once."""
    places, order = places.sort(dim=1)
    weights = weights.gather(1, order)
    weights[:, 1:][places[:, 1:] == places[:, :-1]] = 0.0
    top = weights.abs().topk(n_neighbors, dim=1).indices
    return places.gather(1, top), weights.gather(1, top)


def _shares(weights: Tensor) -> Tensor:
    return weights / weights.abs().sum(1, keepdim=True).clamp_min(1e-12)
