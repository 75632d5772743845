"""Any series of numbers, be it a handful of visits or a year of readings: level, spread, trend, regularity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmomics.devices.record import DAY, Record
from mmomics.signals import contract
from mmomics.signals.contract import Feature

PER_CHANNEL = True  # features are called <role>_<feature>, one set for each channel that the cohort file names
EPOCH = float("inf")  # readings may come as rarely as they like: one is enough
FEATURES = (
    Feature("n", "", "Readings"),
    Feature("mean", "{unit}", "Mean"),
    Feature("sd", "{unit}", "Standard deviation"),
    Feature("minimum", "{unit}", "Lowest reading"),
    Feature("maximum", "{unit}", "Highest reading"),
    Feature("q05", "{unit}", "5th percentile"),
    Feature("median", "{unit}", "Median"),
    Feature("q95", "{unit}", "95th percentile"),
    Feature("skewness", "", "Skewness (0 symmetric, above 0 with a tail towards high readings)"),
    Feature("first", "{unit}", "First reading"),
    Feature("last", "{unit}", "Last reading"),
    Feature("slope", "{unit}/d", "Least-squares trend per day"),
    Feature("residual_sd", "{unit}", "Standard deviation about the trend"),
    Feature("autocorrelation", "", "Correlation with the reading before (-1..1)"),
    Feature("sample_entropy", "", "Sample entropy, m = 2, r = 0.2 SD (0 regular)", "doi:10.1152/ajpheart.2000.278.6.H2039"),
)


@dataclass
class Params(contract.Params):
    """How to look at a series.

    Attributes
    ----------
    entropy_least : int
        Readings from which the entropy is told.
    entropy_most : int
        Of a longer series, the first so many readings are looked at: the work grows with their square.
    """

    entropy_least: int = 100
    entropy_most: int = 2000


def features(record: Record, params: Params) -> dict[str, float]:
    """Features of every channel."""
    out: dict[str, float] = {}
    for role, column in zip(record.channels, record.signal.T, strict=True):
        seen = np.isfinite(column)
        told = _of_channel(column[seen].astype(float), record.seconds[seen] / DAY, params)
        out |= {f"{role}_{name}": float(value) for name, value in told.items()}
    return out


def _of_channel(x: np.ndarray, days: np.ndarray, params: Params) -> dict[str, float]:
    out = dict.fromkeys((feature.name for feature in FEATURES), np.nan)
    if not len(x):
        return out
    out |= {"n": len(x), "mean": x.mean(), "minimum": x.min(), "maximum": x.max(), "first": x[0], "last": x[-1]}
    if len(x) < 2:
        return out
    out["sd"] = x.std(ddof=1)
    spread = days - days.mean()
    slope = float(spread @ x / (spread @ spread))
    out["slope"] = slope
    if len(x) < 3:
        return out
    out |= dict(zip(("q05", "median", "q95"), np.quantile(x, [0.05, 0.5, 0.95]), strict=True))
    centred = x - x.mean()
    if out["sd"] > 0:
        out["skewness"] = (centred**3).mean() / (centred**2).mean() ** 1.5
    out["residual_sd"] = np.sqrt(((centred - slope * spread) ** 2).sum() / (len(x) - 2))
    before, after = x[:-1], x[1:]
    if np.ptp(before) > 0 and np.ptp(after) > 0:
        out["autocorrelation"] = np.corrcoef(before, after)[0, 1]
    if len(x) >= params.entropy_least and out["sd"] > 0:
        out["sample_entropy"] = sample_entropy(x[: params.entropy_most])
    return out


def sample_entropy(x: np.ndarray, m: int = 2, r: float = 0.2) -> float:
    """Sample entropy (Richman & Moorman 2000, doi:10.1152/ajpheart.2000.278.6.H2039); NaN where no two templates are alike."""
    n = len(x) - m
    near = np.abs(x[:, None] - x) <= r * x.std(ddof=1)
    alike = near[:n, :n]
    for step in range(1, m):
        alike = alike & near[step : n + step, step : n + step]
    longer = alike & near[m:, m:]
    pairs, kept = (int(each.sum()) - n for each in (alike, longer))  # without each template itself
    return float(np.log(pairs / kept)) if kept > 0 else np.nan
