"""Tests of whether lacking an assay goes with an outcome, a covariate, or what is measured by the others."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from mmomics import keys

Found = tuple[str, str, float, float, float, int, int, float]  # test, measure, estimate, lower, upper, n_with, n_without, p_value
FEWEST = 5  # subjects with and without the assay whose variable is known
Z = 1.959963984540054
RESAMPLES, PER_TEST = 1999, 40  # at least, and for every test of a family: with fewer, none could be flagged after Holm's adjustment


def against(obs: pd.DataFrame, task: str, variable: str, lacks: np.ndarray, n_tests: int = 1) -> Found | None:
    """One variable against lacking an assay: log-rank for survival, Mann-Whitney for numbers, Fisher's exact test for labels.

    Parameters
    ----------
    obs : DataFrame
        Of the cohort.
    task : str
        Kind of outcome.
    variable : str
        `outcome`, or a column.
    lacks : bool (n_obs,)
    n_tests : int
        In all, for which p-values are to be adjusted.

    Returns
    -------
    tuple or None
        None where the variable is not there, says nothing, or is known of too few.
    """
    if variable == "outcome" and task == "survival":
        known = obs[keys.TIME].notna().to_numpy()
        if min(lacks[known].sum(), (~lacks[known]).sum()) < FEWEST:
            return None
        found = log_rank(obs[keys.TIME].to_numpy(float)[known], obs[keys.EVENT].to_numpy(bool)[known], lacks[known])
        return None if found is None else ("log-rank", "hazard_ratio", *found[:3], *_sizes(lacks[known]), found[3])
    column = keys.LABEL if variable == "outcome" else variable
    if column not in obs:
        return None
    cells = obs[column]
    known = cells.notna().to_numpy()
    cells, lacks = cells[known], lacks[known]
    if min(lacks.sum(), (~lacks).sum()) < FEWEST or cells.nunique() < 2:
        return None
    if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells) and cells.nunique() > 2:
        values = cells.to_numpy(float)
        p = float(stats.mannwhitneyu(values[lacks], values[~lacks]).pvalue)
        return "Mann-Whitney", "auc", *area(values, lacks), *_sizes(lacks), p
    counts = pd.crosstab(cells.astype(str), lacks).to_numpy()
    if counts.shape == (2, 2):
        p = float(stats.fisher_exact(counts).pvalue)
    else:
        method = stats.MonteCarloMethod(max(RESAMPLES, PER_TEST * n_tests), rng=np.random.default_rng(0))
        p = float(stats.fisher_exact(counts, method=method).pvalue)
    return "Fisher", "cramers_v", float(stats.contingency.association(counts)), np.nan, np.nan, *_sizes(lacks), p


def area(values: np.ndarray, positive: np.ndarray) -> tuple[float, float, float]:
    """Area under the ROC curve with its 95 % interval (DeLong et al. 1988, doi:10.2307/2531595), ties counted half.

    Parameters
    ----------
    values : array (n,)
    positive : bool (n,)
        At least two on each side.
    """
    high, low = values[positive], values[~positive]
    rank, of_high, of_low = stats.rankdata(values), stats.rankdata(high), stats.rankdata(low)
    above = (rank[positive] - of_high) / len(low)  # of each positive, the share of negatives below it
    below = 1 - (rank[~positive] - of_low) / len(high)
    middle = float(above.mean())
    half = Z * float(np.sqrt(above.var(ddof=1) / len(high) + below.var(ddof=1) / len(low)))
    return middle, max(0.0, middle - half), min(1.0, middle + half)


def log_rank(time: np.ndarray, event: np.ndarray, group: np.ndarray) -> tuple[float, float, float, float] | None:
    """Hazard ratio of a group by Peto's estimate, its 95 % interval, and the p-value of the log-rank test.

    Peto et al. 1977, doi:10.1038/bjc.1977.1. None without an event at which both groups are at risk.
    """
    times, d = np.unique(time[event], return_counts=True)
    n, n_group = (len(part) - np.searchsorted(np.sort(part), times) for part in (time, time[group]))  # at risk
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.nansum(d * n_group / n * (1 - n_group / n) * (n - d) / np.maximum(n - 1, 1))
    if variance <= 0:
        return None
    excess = float((event & group).sum() - (d * n_group / n).sum())
    log_ratio, half = excess / variance, Z / np.sqrt(variance)
    ratio, lower, upper = (float(np.exp(np.clip(value, -50, 50))) for value in (log_ratio, log_ratio - half, log_ratio + half))
    return ratio, lower, upper, float(stats.chi2.sf(excess**2 / variance, 1))


def _sizes(lacks: np.ndarray) -> tuple[int, int]:
    return int((~lacks).sum()), int(lacks.sum())
