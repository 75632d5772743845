"""How well a hidden assay was predicted, feature by feature."""

from __future__ import annotations

import numpy as np

INSIDE = 1.6448536269514722  # half-width of a 90 % interval in standard deviations
FEWEST = 3  # rows to correlate over


def agreement(truth: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> dict[str, np.ndarray]:
    """Measures of every feature over the rows in which the truth is known.

    Parameters
    ----------
    truth : array (n_obs, n_vars)
        Standardised values; NaN where nothing was measured.
    mean, sd : array (n_obs, n_vars)
        What was predicted.

    Returns
    -------
    dict of str to array (n_vars,)
        n, pearson, spearman (0 where the prediction is constant, NaN where the truth is), r2, rmse, coverage (share 0..1 of the values
        inside the 90 % interval) and width of that interval, both NaN where the truth has two values, of which no interval tells.
    """
    from scipy.stats import rankdata

    known = ~np.isnan(truth)
    between = (known & (truth > np.where(known, truth, np.inf).min(0)) & (truth < np.where(known, truth, -np.inf).max(0))).any(0)
    inside = np.where(known & between, np.abs(truth - mean) <= INSIDE * sd, np.nan)
    mean = np.where(known, mean, np.nan)
    spread = _mean((truth - _mean(truth)) ** 2)
    error = _mean((truth - mean) ** 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        r2 = np.where(spread > 0, 1 - error / spread, np.nan)
    return {
        "n": known.sum(0),
        "pearson": _correlation(truth, mean),
        "spearman": _correlation(*(rankdata(values, axis=0, nan_policy="omit") for values in (truth, mean))),
        "r2": r2,
        "rmse": np.sqrt(error),
        "coverage": _mean(inside),
        "width": 2 * INSIDE * _mean(np.where(known & between, sd, np.nan)),
    }


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean of every column over what is not NaN; NaN of fewer than three."""
    n = np.isfinite(values).sum(0)
    return np.where(n >= FEWEST, np.nansum(values, axis=0) / np.maximum(n, 1), np.nan)


def _correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson's correlation of every column; 0 where the prediction is constant, NaN where the truth is."""
    a, b = a - _mean(a), b - _mean(b)
    spread_a, spread_b = np.sqrt(_mean(a**2)), np.sqrt(_mean(b**2))
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.where(spread_b <= 1e-6, 0.0, _mean(a * b) / (spread_a * spread_b))
    return np.where(spread_a > 0, r, np.nan)
