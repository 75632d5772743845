"""Metrics under bootstrap counts, all resamples at once: row i counts `counts[:, i]` times, counts (n_resamples, n_obs).

Scikit-learn's functions give the scores themselves; at milliseconds a call, a thousand resamples of every model would take them
minutes. Tests hold both to the same values on repeated rows.
"""

from __future__ import annotations

import numpy as np

from mmomics.evaluation.concordance import lower


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """`above / below`, NaN where `below` is 0."""
    return np.divide(above, below, out=np.full(np.broadcast(above, below).shape, np.nan), where=below != 0)


def mean(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Mean (n_resamples,) of values (n_obs,) or (n_resamples, n_obs)."""
    return ratio((values * counts).sum(1), counts.sum(1))


def correlation(x: np.ndarray, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Pearson's correlation (n_resamples,) of (n_obs,) or (n_resamples, n_obs) values; NaN where either is constant."""
    rounding = [1e-20 * (values**2).max() for values in (x, y)]  # what a constant leaves instead of zero
    x, y = (values - mean(values, counts)[:, None] for values in (x, y))
    variances = [mean(values**2, counts) for values in (x, y)]
    varies = (variances[0] > rounding[0]) & (variances[1] > rounding[1])
    return np.where(varies, ratio(mean(x * y, counts), np.sqrt(variances[0] * variances[1])), np.nan)


def ranks(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Mid-ranks (n_resamples, n_obs), up to a constant."""
    return lower(values, values, counts.T).T


def threshold_metric(metric: str, y: np.ndarray, p: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Accuracy, balanced_accuracy, f1_weighted or f1_macro (n_resamples,) of the most probable class; y, p (n_obs, n_classes)."""
    guess = p.argmax(1)[:, None] == np.arange(p.shape[1])
    support, called, right = counts @ y, counts @ guess, counts @ (y & guess)  # (n_resamples, n_classes)
    if metric == "accuracy":
        return ratio(right.sum(1), support.sum(1))
    if metric == "balanced_accuracy":
        n_classes = (support > 0).sum(1)
        return np.where(n_classes > 1, ratio(np.nan_to_num(ratio(right, support)).sum(1), n_classes), np.nan)
    f1 = np.nan_to_num(ratio(2 * right, support + called))
    return mean(f1, support) if metric == "f1_weighted" else ratio(f1.sum(1), (support + called > 0).sum(1))


def auroc(y: np.ndarray, p: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Share (n_resamples,) of pairs, one of each class, in the right order; y (n_obs,) bool; NaN with one class only."""
    return area(p[y], p[~y], counts[:, y], counts[:, ~y])


def area(high: np.ndarray, low: np.ndarray, cases: np.ndarray, controls: np.ndarray) -> np.ndarray:
    """Share (n_resamples,) of pairs of a case and a control, of which the case has the higher value, ties half; NaN without a pair.

    Parameters
    ----------
    high, low : (n_cases,), (n_controls,)
        Values of the cases and of the controls.
    cases, controls : (n_resamples, n_cases), (n_resamples, n_controls)
        How often each counts.
    """
    right = (lower(high, low, controls.T) * cases.T).sum(0)
    return ratio(right, cases.sum(1) * controls.sum(1))


def average_precision(y: np.ndarray, p: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Average precision (n_resamples,); y (n_obs,) bool; NaN with one class only."""
    order = np.argsort(-p, kind="stable")
    last_tie = np.flatnonzero(np.diff(p[order], append=np.nan) != 0)
    called = np.cumsum(counts[:, order], axis=1)[:, last_tie]
    right = np.cumsum((counts * y)[:, order], axis=1)[:, last_tie]
    area = (np.diff(right, axis=1, prepend=0) * np.nan_to_num(ratio(right, called))).sum(1)
    return np.where(called[:, -1] > right[:, -1], ratio(area, right[:, -1]), np.nan)
