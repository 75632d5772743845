"""Means with 95 % intervals: over the folds of a cross-validation, over the subjects of one test set, of a proportion."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LEVEL = 0.95


class Estimate(NamedTuple):
    """A mean, the interval around it, and the two-sided p-value of the mean being zero."""

    mean: float
    lower: float
    upper: float
    p_value: float

    def within(self, low: float, high: float) -> Estimate:
        """The same, its interval cut to the possible values."""
        return self._replace(lower=float(np.clip(self.lower, low, high)), upper=float(np.clip(self.upper, low, high)))


def corrected_t(scores: np.ndarray, test_share: float) -> Estimate:
    """Mean of the scores of a (repeated) cross-validation, with the corrected resampled t interval.

    The folds share training rows, so their scores vary together: the variance of the mean is s^2 (1/J + n_test/n_train), not
    s^2/J. Nadeau & Bengio 2003, doi:10.1023/A:1024068626366.

    Parameters
    ----------
    scores : (n_folds,)
        One score per fold and repeat; NaN = the fold does not define it, and is left out.
    test_share : float
        n_test / n_train of a fold; 0 for scores that are independent.

    Returns
    -------
    Estimate
        With fewer than two scores, NaN for all but the mean.
    """
    from scipy import stats

    scores = np.asarray(scores, dtype=float)
    scores = scores[~np.isnan(scores)]
    if len(scores) < 2:
        return Estimate(float(scores[0]) if len(scores) else np.nan, np.nan, np.nan, np.nan)
    mean = float(scores.mean())
    error = float(np.sqrt(scores.var(ddof=1) * (1 / len(scores) + test_share)))
    if error == 0:
        return Estimate(mean, mean, mean, float(mean == 0))
    t = stats.t(len(scores) - 1)
    half = float(t.ppf((1 + LEVEL) / 2)) * error
    return Estimate(mean, mean - half, mean + half, float(2 * t.sf(abs(mean) / error)))


def percentile(observed: float, draws: np.ndarray) -> Estimate:
    """An observed value with the percentile interval of its bootstrap draws.

    Efron 1981, doi:10.2307/3314608. The p-value is twice the smaller share of draws at or beyond zero, the observed value
    counted among them.

    Parameters
    ----------
    observed : float
        The value on the rows themselves.
    draws : (n_resamples,)
        The value on the resamples; NaN = the resample does not define it, and is left out.
    """
    draws = draws[~np.isnan(draws)]
    if np.isnan(observed) or len(draws) < 2:
        return Estimate(observed, np.nan, np.nan, np.nan)
    lower, upper = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    beyond = min((draws <= 0).sum(), (draws >= 0).sum())
    return Estimate(observed, float(lower), float(upper), float(min(1.0, 2 * (beyond + 1) / (len(draws) + 1))))


def over_folds(scores: np.ndarray, test_share: float, draws: np.ndarray) -> Estimate:
    """`corrected_t` of several folds (n_folds,); of a single one, `percentile` with its draws (n_resamples,)."""
    return corrected_t(scores, test_share) if len(scores) > 1 else percentile(float(scores[0]), draws)


def wilson(successes: int, n: int) -> tuple[float, float]:
    """Interval of a proportion, sound for small n and near 0 and 1 (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    from scipy import stats

    interval = stats.binomtest(int(successes), int(n)).proportion_ci(LEVEL, method="wilson")
    return float(interval.low), float(interval.high)


def rubin(pooled: Estimate, within: float, draws: np.ndarray, n_free: float) -> tuple[Estimate, float]:
    """The interval of an estimate from several imputed data sets: sampling, and what is not known of the missing values.

    The variance is within + (1 + 1/m) between (Rubin 1987, doi:10.1002/9780470316696), with the degrees of freedom of such a sum
    (Satterthwaite 1946, doi:10.2307/3002019), and never more than those of complete data: what is missing makes nothing more certain.
    Those of Barnard & Rubin (1999) do not become those of complete data where draws agree: of three folds they leave 1.2 in place of 2.

    Parameters
    ----------
    pooled : Estimate
        With the mean that the interval goes around.
    within : float
        Variance of sampling.
    draws : (n_draws,)
        The same quantity from each imputed data set.
    n_free : float
        Degrees of freedom that a complete data set would leave.

    Returns
    -------
    Estimate
    float
        Share of the variance that is due to what is missing, 0 to 1; NaN where the variance is not known.
    """
    from scipy import stats

    draws = draws[~np.isnan(draws)]
    if len(draws) < 2 or np.isnan(within + pooled.mean):
        return pooled._replace(lower=np.nan, upper=np.nan, p_value=np.nan), np.nan
    between = (1 + 1 / len(draws)) * float(draws.var(ddof=1))
    total = within + between
    if total == 0:
        return pooled._replace(lower=pooled.mean, upper=pooled.mean, p_value=float(pooled.mean == 0)), 0.0
    share = between / total
    free = min(n_free, 1 / ((1 - share) ** 2 / n_free + share**2 / (len(draws) - 1)))
    t, error = stats.t(free), float(np.sqrt(total))
    half = float(t.ppf((1 + LEVEL) / 2)) * error
    return Estimate(pooled.mean, pooled.mean - half, pooled.mean + half, float(2 * t.sf(abs(pooled.mean) / error))), share


def holm(p: np.ndarray) -> np.ndarray:
    """p-values (n,) adjusted by Holm's step-down method (Holm 1979, https://www.jstor.org/stable/4615733); NaN = no test, and stays."""
    p = np.asarray(p, dtype=float)
    out = np.full(len(p), np.nan)
    order = np.argsort(p, kind="stable")[: np.isfinite(p).sum()]  # NaN are last
    out[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return out
