"""How much rows drawn by an imputer look like measured ones: as a distribution, and in how features go together."""

from __future__ import annotations

import numpy as np


def energy(truth: np.ndarray, drawn: np.ndarray) -> float:
    """Energy distance of drawn from measured rows as a share of the mean distance between the two (Székely & Rizzo 2013).

    doi:10.1016/j.jspi.2013.03.018, without bias: a draw of a row is not held against that row's own truth, nor a row against itself.

    Parameters
    ----------
    truth : array (n_obs, n_vars)
    drawn : array (n_draws, n_obs, n_vars)
        Draws of the same rows.

    Returns
    -------
    float
        1 at most, about 0 (also a little below) where the distributions are the same; means in place of draws lie far off. NaN for fewer
        than two rows, or rows that do not differ.
    """
    from scipy.spatial.distance import cdist

    n = len(truth)
    if n < 2:
        return float("nan")
    apart = ~np.eye(n, dtype=bool)
    across = np.mean([cdist(one, truth)[apart].mean() for one in drawn])
    within = np.mean([cdist(one, one)[apart].mean() for one in drawn])
    true = cdist(truth, truth)[apart].mean()
    return float((2 * across - within - true) / (2 * across)) if across > 0 else float("nan")


def structure(truth: np.ndarray, drawn: np.ndarray) -> float:
    """Correlation (-1..1) between how pairs of features correlate in measured and in drawn rows.

    Parameters
    ----------
    truth : array (n_obs, n_vars)
    drawn : array (n_draws, n_obs, n_vars)

    Returns
    -------
    float
        1 where the features go together as in truth, 0 where they do so by chance; NaN with fewer than three features that vary.
    """
    rows = drawn.reshape(-1, drawn.shape[-1])
    varies = (truth.std(0) > 1e-6) & (rows.std(0) > 1e-6)
    if varies.sum() < 3 or len(truth) < 3:
        return float("nan")
    pairs = np.triu_indices(int(varies.sum()), 1)
    of_truth, of_draws = (np.corrcoef(values[:, varies], rowvar=False)[pairs] for values in (truth, rows))
    if min(of_truth.std(), of_draws.std()) < 1e-9:
        return float("nan")
    return float(np.corrcoef(of_truth, of_draws)[0, 1])
