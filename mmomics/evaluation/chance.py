"""Whether assays are missing completely at random, tested of all of them together."""

from __future__ import annotations

import numpy as np
from scipy import stats

FEWEST = 3  # values on either side of a comparison
DRAWS, PER_TEST = 499, 40  # at least, and for every test of a family: with fewer, none could be flagged after Holm's adjustment
ROUNDS = 100  # of the expectation-maximization algorithm
PRIOR = 0.1  # rows without correlation per variable


def by_chance(x: np.ndarray, seed: int, n_tests: int = 1) -> tuple[float, int, float] | None:
    """Whether what rows hold has to do with what they miss.

    Every variable is compared between the rows that miss and have each of the others (Dixon 1988, in BMDP Statistical Software Manual,
    program AM), and the squared z values are averaged. What that would be by chance is simulated (parametric bootstrap): rows from the
    normal distribution that fits, with the same values missing. Little's test (1988, doi:10.1080/01621459.1988.10478722) is not used: it
    takes the covariance as known, and compares the means of patterns of which there may be as many as rows, so that it finds next to
    nothing once there are more than a few assays.

    Parameters
    ----------
    x : array (n_obs, n_vars)
        NaN = missing; a few variables of each assay. Taken as normal scores, so that heavy tails make nothing stand out.
    seed : int
    n_tests : int
        In all, for which p-values are to be adjusted.

    Returns
    -------
    (z2, n_rows, p_value) or None
        Mean squared z, 1 by chance; rows with anything in them. None where nothing can be compared.
    """
    x = x[np.isfinite(x).any(axis=1)]
    seen = np.isfinite(x)
    if (seen.sum(0) < FEWEST).any():
        return None
    lacks = np.unique(~seen, axis=1).astype(float)
    compared, scale = _comparisons(seen, lacks)
    if not compared.any():
        return None
    ranks = stats.rankdata(x, axis=0, nan_policy="omit")
    x = stats.norm.ppf((ranks - 0.5) / seen.sum(0))
    mean, covariance = _moments(x)
    root = np.linalg.cholesky(covariance)
    random = np.random.default_rng([seed, *x.shape])
    n_draws = max(DRAWS, PER_TEST * n_tests)
    drawn = (mean + random.standard_normal(x.shape) @ root.T for _ in range(n_draws))
    by_luck = np.array([_statistic(own, seen, lacks, scale)[compared].mean() for own in drawn])
    found = float(_statistic(x, seen, lacks, scale)[compared].mean())
    return found, len(x), (1 + int((by_luck >= found).sum())) / (1 + n_draws)


def _comparisons(seen: np.ndarray, lacks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which ways of lacking can be held against which variable (n_ways, n_vars), and the inverse variance of a difference of sums."""
    without = lacks.T @ seen
    rest = seen.sum(0) - without
    return np.minimum(without, rest) >= FEWEST, 1 / np.maximum(without, 1) + 1 / np.maximum(rest, 1)


def _statistic(x: np.ndarray, seen: np.ndarray, lacks: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Squared z of every comparison (n_ways, n_vars)."""
    n = seen.sum(0)
    off = np.where(seen, x, 0)
    off = np.where(seen, off - off.sum(0) / n, 0)
    return (lacks.T @ off) ** 2 * scale / np.maximum((off**2).sum(0) / n, 1e-12)  # the sum of the others is the negative of theirs


def _moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of a normal distribution by expectation-maximization over the patterns of what is missing.

    The covariance is drawn a little to no correlation, by a tenth as many rows as there are variables: of few rows it has an inverse, too.
    """
    forms, of_row = np.unique(np.isfinite(x), axis=0, return_inverse=True)
    n, n_vars = x.shape
    mean, covariance = np.nanmean(x, axis=0), np.diag(np.nanvar(x, axis=0))
    weight = PRIOR * n_vars
    prior = weight * covariance
    for _ in range(ROUNDS):
        whole, extra = np.nan_to_num(x), prior.copy()
        for k, form in enumerate(forms):
            rows, gone = of_row.ravel() == k, ~form
            slope = np.linalg.solve(covariance[np.ix_(form, form)], covariance[np.ix_(form, gone)])
            whole[np.ix_(rows, gone)] = mean[gone] + (x[np.ix_(rows, form)] - mean[form]) @ slope
            extra[np.ix_(gone, gone)] += rows.sum() * (covariance[np.ix_(gone, gone)] - covariance[np.ix_(gone, form)] @ slope)
        last, mean = mean, whole.mean(0)
        off = whole - mean
        covariance = (off.T @ off + extra) / (n + weight)
        if np.abs(mean - last).max() < 1e-4:
            break
    return mean, covariance
