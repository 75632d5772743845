"""The leading principal components of an assay, to look for structure in: fast, seeded, blind to the outcome. Models never see them."""

from __future__ import annotations

from dataclasses import dataclass

import anndata
import numpy as np

FEATURES = 2000  # the most variable ones are looked at
COMPONENTS = 10
LEAST = 10  # samples; of fewer, no component says anything
MISSING = 0.5  # share of the samples in which a feature may be missing
CLIP = 8.0  # standard deviations: one value must not make a component
CHUNK = 1 << 18  # values at a time


@dataclass(frozen=True)
class Components:
    """The samples of an assay in a few dimensions.

    Attributes
    ----------
    rows : array of int (n,)
        Positions of the samples that hold a value; the other arrays are of these.
    profiles : array, float32 (n, n_features)
        Standardised, cut at plus and minus 8; what is missing is 0, the mean.
    seen : array of bool (n, n_features)
    scores : array, float (n, n_components)
        No component where there are fewer than ten samples, or no feature varies.
    share : array, float (n_components,)
        Of the variance of the profiles, 0..1, falling.
    """

    rows: np.ndarray
    profiles: np.ndarray
    seen: np.ndarray
    scores: np.ndarray
    share: np.ndarray


def components(assay: anndata.AnnData) -> Components:
    """The leading components of a normalised assay.

    Parameters
    ----------
    assay : AnnData (n_samples, n_features)
        `X` normalised, NaN = missing.
    """
    rows = np.flatnonzero(~_empty(assay.X))
    columns, mean, sd = _variable(assay.X, rows)
    x = assay.X[np.ix_(rows, columns)].astype(np.float32)
    seen = ~np.isnan(x)
    profiles = np.clip(np.nan_to_num((x - mean) / sd, nan=0.0), -CLIP, CLIP).astype(np.float32)
    n = min(COMPONENTS, len(rows) // 5, len(columns))
    if len(rows) < LEAST or n == 0:
        return Components(rows, profiles, seen, np.empty((len(rows), 0)), np.empty(0))
    from sklearn.decomposition import PCA

    solver = "full" if min(profiles.shape) <= 100 else "randomized"
    pca = PCA(n, svd_solver=solver, random_state=0).fit(profiles)
    return Components(rows, profiles, seen, pca.transform(profiles).astype(float), pca.explained_variance_ratio_.astype(float))


def _empty(x: np.ndarray) -> np.ndarray:
    out: np.ndarray = np.isnan(x).all(axis=1)
    return out


def _variable(x: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions of the features that vary most among those measured often enough, with mean and standard deviation."""
    mean, sd = np.zeros((2, x.shape[1]))
    step = max(1, CHUNK // max(1, len(rows)))
    for start in range(0, x.shape[1], step):
        part = x[rows, start : start + step].astype(float)
        seen = ~np.isnan(part)
        n = seen.sum(axis=0)
        middle = np.where(seen, part, 0).sum(axis=0) / np.maximum(n, 1)
        spread = np.sqrt((np.where(seen, part - middle, 0) ** 2).sum(axis=0) / np.maximum(n, 1))
        constant = np.fmin.reduce(part, axis=0, initial=np.inf) >= np.fmax.reduce(part, axis=0, initial=-np.inf)
        use = (n >= (1 - MISSING) * len(rows)) & ~constant
        mean[start : start + step], sd[start : start + step] = middle, np.where(use, spread, 0)
    order = np.argsort(-sd, kind="stable")[:FEATURES]
    columns = np.sort(order[sd[order] > 1e-6 * np.abs(mean[order])])  # below: rounding of float32
    return columns, mean[columns].astype(np.float32), sd[columns].astype(np.float32)
