"""The features that go most with the outcome of the training rows, one by one.

Features enter by their ranks, so no outlier decides: classes are compared as by Kruskal and Wallis, numbers as by Spearman, and times to an
event by the martingale residuals of the null model, whose covariance with a feature is the score of Cox's model at 0 (Therneau et al.
1990, doi:10.1093/biomet/77.1.147). Features with missing values are made comparable by the likelihood ratio, -n log(1 - r²).

The choice is made on all training rows of a fold, so its test rows stay untouched. The inner folds, by which models stop and are
calibrated, then see features that were chosen with their help: expect them to be too hopeful, the more so the fewer the rows.
"""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.preparation.contract import Obs
from mmomics.preparation.moments import Columns, moments
from mmomics.preparation.select import variance

log = logging.getLogger(__name__)


def choose(x: Columns, sd: np.ndarray, obs: Obs, n: int) -> np.ndarray:
    """Positions of at most n features, ascending; see `variance` for the parameters."""
    target, known = targets(obs)
    if known.sum() < 3 or not np.ptp(target[known], axis=0).any():
        log.warning("the outcome is the same in all %d training rows that have it: features are chosen by their variance", known.sum())
        return variance.choose(x, sd, obs, n)
    score = np.empty(x.shape[1])
    for own, part in x.chunks():
        score[own] = scores(part[known], target[known])
    score = np.where(sd > 0, score, -np.inf)
    most = np.argsort(-score, kind="stable")[:n]
    return np.sort(most[np.isfinite(score[most])])


def targets(obs: Obs) -> tuple[np.ndarray, np.ndarray]:
    """What features are held against, (n_rows, n_target), and in which rows it is known (n_rows,) bool."""
    table = obs.table
    if obs.task == "survival":
        known = (table[keys.TIME].notna() & table[keys.EVENT].notna()).to_numpy()
        residual = np.zeros(len(table))
        residual[known] = martingale(table[keys.TIME].to_numpy(float)[known], table[keys.EVENT].to_numpy(float)[known])
        return residual[:, None], known
    if keys.LABEL not in table:
        return np.zeros((len(table), 1)), np.zeros(len(table), dtype=bool)
    cells = table[keys.LABEL]
    if obs.task == "regression":
        return cells.astype(float).rank().fillna(0).to_numpy()[:, None], cells.notna().to_numpy()
    return pd.get_dummies(cells).to_numpy(float), cells.notna().to_numpy()


def martingale(time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Event less the Nelson-Aalen cumulative hazard at its time, (n_rows,)."""
    moments_of_events, place = np.unique(time, return_inverse=True)
    events = np.bincount(place, weights=event, minlength=len(moments_of_events))
    leaving = np.bincount(place, minlength=len(moments_of_events))
    at_risk = len(time) - np.concatenate([[0], np.cumsum(leaving)[:-1]])
    return event - np.cumsum(events / at_risk)[place]


def scores(x: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Likelihood ratio (n_vars,) of the ranks of x (n_rows, n_vars) on `target` (n_rows, n_target): indicators of classes, or a number."""
    ranks = pd.DataFrame(x).rank().to_numpy()
    n, mean, sd = moments(ranks)
    centred = np.nan_to_num(ranks - mean, nan=0.0)
    there = (~np.isnan(ranks)).astype(float)
    total = n * sd**2
    size = there.T @ target  # (n_vars, n_target): rows of each class, or sum of the number
    if target.shape[1] > 1:
        explained = ((centred.T @ target) ** 2 / np.maximum(size, 1)).sum(axis=1)
    else:
        spread = there.T @ target**2 - size**2 / np.maximum(n, 1)[:, None]  # of the number, over the rows that have the feature
        explained = ((centred.T @ target) ** 2 / np.maximum(spread, np.finfo(float).tiny))[:, 0]
        explained[spread[:, 0] <= 1e-9 * np.maximum((there.T @ target**2)[:, 0], 1e-300)] = 0
    r2 = np.divide(explained, total, out=np.zeros_like(total), where=total > 0)
    return -n * np.log1p(-np.clip(r2, 0, 1 - 1e-12))
