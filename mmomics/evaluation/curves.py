"""Points of curves, thinned to what a figure can show."""

from __future__ import annotations

import numpy as np
import pandas as pd

MOST = 200  # points of one curve


def roc_and_pr(p: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    """ROC (x: false positive rate, y: true positive rate) and precision-recall curve (x: recall, y: precision).

    Parameters
    ----------
    p : (n_obs,)
        Probability of the class.
    y : (n_obs,) bool
        Whether the row is of the class.

    Returns
    -------
    DataFrame
        curve (roc, pr), x, y; no rows when the rows are all of the class, or none is.
    """
    from sklearn.metrics import precision_recall_curve, roc_curve

    if y.all() or not y.any():
        return pd.DataFrame(columns=["curve", "x", "y"])
    false_positive, true_positive, _ = roc_curve(y, p)
    precision, recall, _ = precision_recall_curve(y, p)
    roc = pd.DataFrame({"curve": "roc", "x": false_positive, "y": true_positive})
    pr = pd.DataFrame({"curve": "pr", "x": recall[::-1], "y": precision[::-1]})
    return pd.concat([thinned(roc), thinned(pr)], ignore_index=True)


def kaplan_meier(time: np.ndarray, event: np.ndarray) -> pd.DataFrame:
    """Kaplan-Meier survival with 95 % (log-log Greenwood) intervals: time, survival, lower, upper, at_risk; from time 0."""
    from lifelines import KaplanMeierFitter

    fit = KaplanMeierFitter().fit(time, event)
    interval = fit.confidence_interval_
    table = pd.DataFrame(
        {
            "time": fit.timeline,
            "survival": fit.survival_function_.iloc[:, 0].to_numpy(),
            "lower": interval.iloc[:, 0].to_numpy(),
            "upper": interval.iloc[:, 1].to_numpy(),
            "at_risk": fit.event_table["at_risk"].to_numpy(),
        }
    )
    return thinned(table)


def thinned(points: pd.DataFrame) -> pd.DataFrame:
    """At most `MOST` of the rows, evenly spread, the first and the last among them."""
    if len(points) <= MOST:
        return points
    return points.iloc[np.unique(np.linspace(0, len(points) - 1, MOST).round().astype(int))]
