"""Isotonic calibration of probabilities: the monotone curve that out-of-fold predictions ask for.

Zadrozny & Elkan 2002, doi:10.1145/775047.775151; of several classes one curve for all of them, which keeps their order within a row
(Zhang, Kailkhura & Han 2020, arXiv:2003.07329).
"""

from __future__ import annotations

import numpy as np

FEWEST = 50  # rows outside the most common class; of fewer a curve learns their noise, and the slope alone is safer

Curve = dict[str, list[float]]  # knots: probability before, after; both ascending


def enough(y: np.ndarray) -> bool:
    """Whether one-hot classes (n_obs, n_classes) hold enough rows beside the most common class."""
    return bool(len(y) - y.sum(0).max() >= FEWEST)


def fit(p: np.ndarray, y: np.ndarray) -> Curve:
    """The curve from probabilities p and whether each was the class, y; both (n_obs, n_classes), or (n_obs, 1) of the positive class.

    The slope's own probability counts as one row more, so the curve rises strictly: no ranking is lost, and no probability is 0 or 1.
    """
    from sklearn.isotonic import IsotonicRegression

    found = IsotonicRegression(y_min=0.0, y_max=1.0).fit(p.ravel(), y.ravel())
    before = np.concatenate([[0.0], found.X_thresholds_, [1.0]])
    after = np.concatenate([found.y_thresholds_[:1], found.y_thresholds_, found.y_thresholds_[-1:]])
    return {"before": before.tolist(), "after": ((len(p) * after + before) / (len(p) + 1)).tolist()}


def apply(curve: Curve, p: np.ndarray) -> np.ndarray:
    """Probabilities after the curve, of any shape; those of several classes are still to be made to sum to one."""
    return np.interp(p, curve["before"], curve["after"])
