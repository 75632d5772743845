"""A number: errors in the unit of the outcome, and correlations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.evaluation import calibration as groups
from mmomics.evaluation import resampled
from mmomics.evaluation.contract import Regions, Scores

METRICS = ("rmse", "mae", "r2", "pearson", "spearman")
PRIMARY = "rmse"
HIGHER_IS_BETTER = {metric: metric not in ("rmse", "mae") for metric in METRICS}
RANGE = {"rmse": (0.0, np.inf), "mae": (0.0, np.inf), "r2": (-np.inf, 1.0), "pearson": (-1.0, 1.0), "spearman": (-1.0, 1.0)}


def known(obs: pd.DataFrame, outcome: dict[str, Any]) -> pd.DataFrame:
    """The value as a float; rows without one are left out."""
    value = obs[keys.LABEL].astype(float)
    return value[value.notna()].to_frame()


def outputs(outcome: dict[str, Any]) -> list[str]:
    """The predicted value."""
    return ["value"]


def score(truth: pd.DataFrame, prediction: pd.DataFrame, train_truth: pd.DataFrame) -> Scores:
    """Every metric; r2 is 1 - error / variance of the test rows; NaN where values that must vary do not."""
    from scipy.stats import rankdata
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    y, value = _arrays(truth, prediction)
    return {
        "rmse": float(root_mean_squared_error(y, value)),
        "mae": float(mean_absolute_error(y, value)),
        "r2": float(r2_score(y, value)) if np.ptp(y) > 0 else np.nan,
        "pearson": _correlation(y, value),
        "spearman": _correlation(rankdata(y), rankdata(value)),
    }


def resample(metric: str, truth: pd.DataFrame, prediction: pd.DataFrame, train_truth: pd.DataFrame, counts: np.ndarray) -> np.ndarray:
    """One metric (n_resamples,) under bootstrap counts (n_resamples, n_obs)."""
    y, value = _arrays(truth, prediction)
    squares = resampled.mean((y - value) ** 2, counts)
    if metric == "rmse":
        return np.sqrt(squares)
    if metric == "mae":
        return resampled.mean(np.abs(y - value), counts)
    if metric == "r2":
        center = resampled.mean(y, counts)[:, None]
        return 1 - resampled.ratio(squares, resampled.mean((y - center) ** 2, counts))
    if metric == "spearman":
        y, value = resampled.ranks(y, counts), resampled.ranks(value, counts)
    return resampled.correlation(y, value, counts)


def calibration(truth: pd.DataFrame, prediction: pd.DataFrame) -> pd.DataFrame:
    """Mean observed value in groups of similar prediction."""
    y, value = _arrays(truth, prediction)
    return groups.means(value, y)


def curves(truth: pd.DataFrame, prediction: pd.DataFrame, fold: np.ndarray) -> pd.DataFrame:
    """None: a number has no curve beside its calibration."""
    return pd.DataFrame(columns=["curve", "x", "y"])


def regions(truth: pd.DataFrame, prediction: pd.DataFrame) -> Regions | None:
    """Intervals from `lower` to `upper`; their size is the width, in the unit of the outcome."""
    if not {"lower", "upper"} <= set(prediction):
        return None
    y, lower, upper = truth[keys.LABEL].to_numpy(dtype=float), prediction["lower"].to_numpy(), prediction["upper"].to_numpy()
    return Regions((lower <= y) & (y <= upper), upper - lower)


def _arrays(truth: pd.DataFrame, prediction: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return truth[keys.LABEL].to_numpy(dtype=float), prediction["value"].to_numpy(dtype=float)


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.corrcoef(x, y)[0, 1]) if np.ptp(x) > 0 and np.ptp(y) > 0 else np.nan
