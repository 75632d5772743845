"""Predicted against observed in groups of similar prediction (held-out rows, equal numbers in each group)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmomics.evaluation.intervals import LEVEL, corrected_t, wilson

COLUMNS = ["predicted", "observed", "lower", "upper", "n"]
MOST, ROWS = 10, 20  # groups at most, and rows that each should have


def shares(predicted: np.ndarray, observed: np.ndarray) -> pd.DataFrame:
    """Mean probability against the share of rows that are of the class, with Wilson intervals.

    Parameters
    ----------
    predicted : (n_obs,)
        Probabilities.
    observed : (n_obs,) bool
        Whether the row is of the class.
    """
    rows = []
    for group in _groups(predicted):
        rows.append((predicted[group].mean(), observed[group].mean(), *wilson(observed[group].sum(), len(group)), len(group)))
    return pd.DataFrame(rows, columns=COLUMNS)


def means(predicted: np.ndarray, observed: np.ndarray) -> pd.DataFrame:
    """Mean predicted value against the mean observed value, with t intervals of the latter; both (n_obs,)."""
    rows = []
    for group in _groups(predicted):
        mean, lower, upper, _ = corrected_t(observed[group], test_share=0)
        rows.append((predicted[group].mean(), mean, lower, upper, len(group)))
    return pd.DataFrame(rows, columns=COLUMNS)


def survival(predicted: np.ndarray, time: np.ndarray, event: np.ndarray, at: float) -> pd.DataFrame:
    """Mean predicted survival at one time against Kaplan-Meier's, with its (log-log Greenwood) intervals.

    Greenwood's variance is zero where no event was seen until then. There the interval is one-sided and exact: of the m rows
    followed so far none had the event, which has the chance S^m, so S >= 0.05^(1/m) (Clopper & Pearson 1934,
    doi:10.1093/biomet/26.4.404).

    Parameters
    ----------
    predicted : (n_obs,)
        Probability of no event until `at`.
    time, event : (n_obs,)
        Follow-up.
    at : float
        The time. Where nobody of a group is followed until then, the observed survival is NaN.
    """
    from lifelines import KaplanMeierFitter

    rows = []
    for group in _groups(predicted):
        observed = (np.nan,) * 3
        if time[group].max() >= at or event[group][np.argmax(time[group])]:
            fit = KaplanMeierFitter(alpha=1 - LEVEL).fit(time[group], event[group])
            interval = fit.confidence_interval_
            last = interval.iloc[np.searchsorted(interval.index, at, side="right") - 1]
            followed = time[group] >= at
            if not event[group][time[group] <= at].any():
                last = pd.Series([(1 - LEVEL) ** (1 / followed.sum()), 1.0])
            observed = (float(fit.predict(at)), float(last.iloc[0]), float(last.iloc[1]))
        rows.append((predicted[group].mean(), *observed, len(group)))
    return pd.DataFrame(rows, columns=COLUMNS)


def _groups(predicted: np.ndarray) -> list[np.ndarray]:
    """Rows of each group, from low to high predictions; equal predictions stay together."""
    n_groups = int(np.clip(len(predicted) // ROWS, 2, MOST))
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, n_groups + 1)))
    number = np.searchsorted(edges[1:-1], predicted, side="left")
    return [np.flatnonzero(number == k) for k in np.unique(number)]
