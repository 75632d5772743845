"""Features worth a look: measured often enough, not constant, and not nearly always the same value."""

from __future__ import annotations

import numpy as np

from mmomics.preparation.moments import Columns, moments

ROUNDING = 1e-9  # 10 of 50 are a share of 0.2


def useful(x: Columns, max_missing: float, min_prevalence: float, nothing: Columns | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the useful features (n_kept,), and their standard deviations, float32 (n_kept,).

    Parameters
    ----------
    x : Columns (n_rows, n_vars)
        Training rows.
    max_missing : float
        Largest share of the rows that may lack a feature.
    min_prevalence : float
        Smallest share of a feature's measured values that differ from its most common one: zero counts are no information, and
        neither is a mutation that a single subject has.
    nothing : Columns (n_rows, n_vars), optional
        Where nought was measured, if that is another number in every row of x: one value for `min_prevalence`.
    """
    n_rows = x.shape[0]
    sd = np.zeros(x.shape[1], dtype=np.float32)
    for own, part in x.chunks():
        n, _, own_sd = moments(part)
        keep = (n_rows - n) / max(n_rows, 1) <= max_missing
        if min_prevalence > 0:
            often = most_common(part)
            if nothing is not None:
                often = np.maximum(often, nothing.part(np.arange(x.shape[1])[own]).copy().sum(axis=0))
            keep &= n - often >= min_prevalence * n - ROUNDING
        sd[own] = np.where(keep, own_sd, 0)
    kept = np.flatnonzero(sd > 0)
    return kept, sd[kept]


def most_common(x: np.ndarray) -> np.ndarray:
    """How often the most common value of each column of x (n_rows, n_vars) stands there, (n_vars,); NaN is no value."""
    ordered = np.sort(x, axis=0)  # NaN last
    row = np.arange(len(x))[:, None]
    first = np.ones(x.shape, dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    start = np.maximum.accumulate(np.where(first, row, 0), axis=0)
    return np.where(np.isnan(ordered), 0, row - start + 1).max(axis=0, initial=0)
