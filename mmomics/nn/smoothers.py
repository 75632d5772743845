"""Kernel ridge regression of many targets at once: one factorisation for every penalty, out-of-fold predictions without a refit.

In observation space (Saunders, Gammerman & Vovk 1998), so that cost does not grow with the number of predictors. What a fit without a
fold's rows would say of them follows from the full fit: ``y - (I - H)^-1 (y - f)`` on these rows. Penalties out of fold, or by generalised
cross-validation (Golub, Heath & Wahba 1979, doi:10.1080/00401706.1979.10489751).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mmomics.nn.spectral import eigh

PENALTIES = tuple(10.0 ** (step / 2) for step in range(-8, 5))  # times n_obs, of a kernel whose mean diagonal is one
FEW = 150  # rows up to which every penalty is tried out of fold; with more, generalised cross-validation chooses as well for less
WEIGHING_STEPS = 300
SAME = 1e-6  # share of the similarity below which what differs between rows is rounding
ALIKE = 3.0  # of the evidence of all targets together, beside a target's own
CAUTION, CAUTIOUS_ROWS = 0.1, 20  # what the prior counts beside the evidence: a share of it, and so many rows


@dataclass
class Smoother:
    """A fit, each target with the penalty that serves it best out of fold.

    Attributes
    ----------
    oof : Tensor (n_obs, n_targets)
        Training rows as foretold without their own fold.
    coef : Tensor (n_obs, n_targets)
        Weight of every training row.
    middle : Tensor (n_obs,)
        Mean similarity of every training row to all of them.
    mean : Tensor (n_targets,)
    """

    oof: Tensor
    coef: Tensor
    middle: Tensor
    mean: Tensor

    def __call__(self, kernel: Tensor) -> Tensor:
        """Predictions (n_new, n_targets) from the similarity (n_new, n_obs) of new rows to the training rows."""
        return (kernel - self.middle) @ self.coef + self.mean


def smooth(kernel: Tensor, y: Tensor, fold: Tensor) -> Smoother:
    """Fit targets y (n_obs, n_targets) on a kernel (n_obs, n_obs); `fold` (n_obs,) numbers the part that each row is left out with.

    Rows that are all alike in the kernel foretell the mean.
    """
    n_obs = len(y)
    middle = kernel.mean(0)
    centred = kernel - middle - middle.unsqueeze(1) + middle.mean()
    mean = y.mean(0)
    if centred.diagonal().mean() <= SAME * kernel.diagonal().mean():
        return Smoother(_means_without(y, fold), torch.zeros_like(y), middle, mean)
    unit = float(centred.diagonal().mean()) * n_obs
    spread, axes = eigh(centred)  # rounding is far below the smallest penalty
    spread = spread.clamp_min(0.0)
    along = axes.T @ (y - mean)
    parts = [torch.nonzero(fold == k)[:, 0] for k in fold.unique()]
    penalty = torch.tensor(PENALTIES, dtype=y.dtype) * unit

    def out_of_fold(places: Tensor, targets: Tensor) -> Tensor:
        """Targets (n_places, n_obs, n_chosen) with some penalties, each row foretold without its fold."""
        kept = (spread / (spread + penalty[places].unsqueeze(1))).unsqueeze(1)  # (n_places, 1, n_axes)
        off = y[:, targets] - mean[targets] - (axes * kept) @ along[:, targets]
        found = y[:, targets].repeat(len(places), 1, 1)
        for rows in parts:
            hat = (axes[rows] * kept) @ axes[rows].T + 1.0 / n_obs
            found[:, rows] -= torch.linalg.solve(torch.eye(len(rows), dtype=y.dtype) - hat, off[:, rows])
        return found

    everything = torch.arange(y.shape[1])
    if n_obs <= FEW:
        each = out_of_fold(torch.arange(len(penalty)), everything)
        chosen = (each - y).square().mean(1).argmin(0)
        oof = each.gather(0, chosen.expand(1, *y.shape))[0]
    else:
        chosen, oof = _generalised(spread, along, penalty), torch.empty_like(y)
        for place in chosen.unique():
            oof[:, chosen == place] = out_of_fold(place[None], everything[chosen == place])[0]
    return Smoother(oof, axes @ (along / (spread.unsqueeze(1) + penalty[chosen])), middle, mean)


def _means_without(y: Tensor, fold: Tensor) -> Tensor:
    """For each row the mean (n_obs, n_targets) of the rows of the other folds: what rows that are all alike foretell."""
    own = (fold.unsqueeze(1) == fold).to(y.dtype)
    return (y.sum(0) - own @ y) / (len(y) - own.sum(1, keepdim=True)).clamp_min(1.0)


def _generalised(spread: Tensor, along: Tensor, penalty: Tensor) -> Tensor:
    """Position of the penalty with the least generalised cross-validation error for each target (n_targets,), at next to no cost."""
    left = penalty.unsqueeze(1) / (spread + penalty.unsqueeze(1))  # (n_penalties, n_obs): what a fit leaves along each axis
    freedom = (left.sum(1) - 1).clamp_min(1e-3)  # the axis of the mean is always fitted
    return ((left.square() @ along.square()) / freedom.unsqueeze(1).square()).argmin(0)


def weigh(guesses: Tensor, y: Tensor, prior: Tensor) -> Tensor:
    """Weights (n_guesses, n_targets), none below zero, with which guesses foretell targets best: stacking (Breiman 1996,
    doi:10.1007/BF00117832).

    Parameters
    ----------
    guesses : Tensor (n_guesses, n_obs, n_targets)
        Out-of-fold, centred.
    y : Tensor (n_obs, n_targets)
        Centred.
    prior : Tensor (n_guesses,)
        Weights that few rows do not leave. Each target's weights are also drawn to those that serve all targets together.
    """
    n_obs = y.shape[0]
    gram = torch.einsum("anq,bnq->qab", guesses, guesses) / n_obs
    match = torch.einsum("anq,nq->qa", guesses, y) / n_obs
    held = (CAUTION + CAUTIOUS_ROWS / n_obs) * gram.mean(0).diagonal().mean().clamp_min(1e-12)
    eye = torch.eye(len(prior), dtype=y.dtype)
    pooled_gram, pooled_match = gram.mean(0, keepdim=True) + held * eye, match.mean(0, keepdim=True) + held * prior
    pooled = _not_negative(pooled_gram, pooled_match)
    own = _not_negative(gram + held * eye + ALIKE * pooled_gram, match + held * prior + ALIKE * (pooled_gram @ pooled[0]))
    return own.T


def _not_negative(gram: Tensor, match: Tensor) -> Tensor:
    """Least squares under w >= 0 for many problems: gram (n, k, k), match (n, k) -> (n, k), by projected gradient steps."""
    step = 1.0 / gram.diagonal(dim1=1, dim2=2).sum(1, keepdim=True)
    weight = torch.full_like(match, 1.0 / match.shape[1])
    for _ in range(WEIGHING_STEPS):
        weight = (weight - step * ((gram @ weight.unsqueeze(-1))[..., 0] - match)).clamp_min(0.0)
    return weight
