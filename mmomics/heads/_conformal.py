"""Prediction regions of stated coverage from the out-of-fold predictors of the training rows: cross-validation+ (CV+).

Every training row gets a score: how ill its outcome fits the predictor that did not learn from it. A new row is held against each
training row through the predictor that left that row's inner fold out (Barber et al. 2021, doi:10.1214/20-AOS1965, section 3; for
classes Romano, Sesia & Candes 2020, arXiv:2006.02544), at the rank ceil(COVERAGE * (n + 1)). The linear path of a fusion model departs
from that: training rows have the score of the fit that left them out, new rows the mean of the inner fits in every network.

What holds: for exchangeable rows CV+ covers at least 2 * COVERAGE - 1 (less a term that falls with n), in practice about COVERAGE. That
asks that held-out rows serve for scores alone. Here they choose a few numbers too (epoch, penalties; a row is scored after a calibration
that did not learn from its inner fold, but the one that is kept learned from all of them), a search picks the settings of the smallest
loss on the same rows, and a baseline or an ensemble of models has one final predictor in place of one per inner fold, for which COVERAGE
holds as far as leaving a fold out changes little. So the guarantee is approximate, and the coverage on test rows, which nothing was
chosen on, is measured in `evaluate`.
"""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from mmomics.keys import COVERAGE

MOST = 2000  # scores kept, about, of all inner folds together: so many steps of their distribution are enough
CHUNK = 512  # rows whose ranks are taken together

Scores = list[list[float]]  # of each inner fold, in ascending order


def by_fold(scores: np.ndarray, fold: np.ndarray, n_folds: int) -> Scores:
    """Scores (n_rows,) of each inner fold (n_rows,), sorted; of many rows evenly spaced order statistics, rounded up: never too bold.

    A fold keeps as large a share of its scores as any other, so that it counts as its size.
    """
    kept = []
    share = min(1.0, MOST / max(len(scores), 1))
    for number in range(n_folds):
        own = np.sort(scores[fold == number].astype(float))
        n_kept = math.ceil(share * len(own))
        kept.append(own[np.ceil(np.arange(1, n_kept + 1) * len(own) / max(n_kept, 1)).astype(int) - 1].tolist())
    return kept


def of_folds(eta: Tensor, n_folds: int) -> Tensor:
    """The predictor that left each inner fold out (n_folds, n_obs, n_out), of an ensemble (n_members, n_obs, n_out).

    Members leave the inner folds out in turn.
    """
    import torch

    return torch.stack([eta[fold::n_folds].mean(0) for fold in range(n_folds)])


def bound(offset: np.ndarray, scores: Scores) -> np.ndarray:
    """What `offset + score` of a new row does not exceed with the chance COVERAGE (n_obs,).

    Parameters
    ----------
    offset : (n_folds, n_obs)
        By the predictor that left each fold out.
    scores : list of list of float
        Of the training rows of each fold.

    Returns
    -------
    (n_obs,)
        The value of rank ceil(COVERAGE * (n + 1)) among the n sums; the largest where fewer than COVERAGE / (1 - COVERAGE) scores define
        no such rank.
    """
    flat = np.concatenate([np.asarray(own) for own in scores])
    fold = np.repeat(np.arange(len(scores)), [len(own) for own in scores])
    rank = min(math.ceil(COVERAGE * (len(flat) + 1)), len(flat)) - 1
    found = np.empty(offset.shape[1])
    for start in range(0, len(found), CHUNK):
        sums = offset[fold, start : start + CHUNK] + flat[:, None]
        found[start : start + CHUNK] = np.partition(sums, rank, axis=0)[rank]
    return found
