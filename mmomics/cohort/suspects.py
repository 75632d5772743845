"""Samples that stand apart from all others, and pairs that are the same: found on the leading components of an assay."""

from __future__ import annotations

import numpy as np
from scipy import stats

from mmomics.cohort.components import Components

DEVIATIONS = 3.0  # of a robust standard deviation (1.4826 median absolute deviations)
CHANCE = 1e-3  # that a sample of a normal distribution is as far out as an outlier
NEIGHBOURS, ALONE = 3, 0.5  # an outlier's third neighbour is unusually far, and more than half as far as the middle: in a group it is near
SAME, PROFILE = 0.999, 50  # correlation of a copy; features that it takes to tell
BLOCK = 64  # pairs looked at together
ONE_AXIS = 0.9  # of the variance on one component: then every two samples are alike or opposite


def outliers(found: Components) -> list[tuple[int, float, float]]:
    """Samples far out by a robust distance on the components whose neighbours are far as well: position, distance, threshold.

    The distance alone would flag every small subtype; a subtype has neighbours.
    """
    n = found.scores.shape[1]
    if not n:
        return []
    from sklearn.neighbors import NearestNeighbors

    middle = np.median(found.scores, axis=0)
    spread = stats.median_abs_deviation(found.scores, axis=0, scale="normal")
    if (spread <= 1e-3 * found.scores.std(axis=0)).any():
        return []  # half of the samples are the same, as in a table of rare mutations: nothing says what is far
    distance = np.sqrt((((found.scores - middle) / spread) ** 2).sum(axis=1))
    distance *= np.sqrt(stats.chi2.median(n)) / np.median(distance)
    limit = float(np.sqrt(stats.chi2.isf(CHANCE, n)))
    near = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(found.scores).kneighbors()[0][:, -1]
    usual = np.exp(limits(np.log(np.maximum(near, 1e-12)), 0.0)[1])
    alone = (near > usual) & (near > ALONE * np.linalg.norm(found.scores - middle, axis=1))
    return [(int(i), float(distance[i]), limit) for i in np.flatnonzero((distance > limit) & alone)]


def copies(found: Components, subject: np.ndarray) -> list[tuple[int, int, float]]:
    """Pairs of samples of different subjects whose profiles are the same: positions and correlation."""
    n, width = found.profiles.shape
    if not found.scores.shape[1] or width < PROFILE or found.share[0] > ONE_AXIS:
        return []
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=min(NEIGHBOURS, n - 1)).fit(found.scores).kneighbors(return_distance=False)
    others = [(one, other) for one in range(n) for other in near[one].tolist() if subject[one] != subject[other]]
    pairs = sorted({(min(pair), max(pair)) for pair in others})
    out = []
    for start in range(0, len(pairs), BLOCK):
        part = np.array(pairs[start : start + BLOCK])
        both: np.ndarray = np.logical_and(*found.seen[part.T])
        n_both = both.sum(axis=1)
        pair = np.where(both[:, None], found.profiles[part].astype(float), 0.0)
        pair = np.where(both[:, None], pair - (pair.sum(axis=2) / np.maximum(n_both, 1)[:, None])[..., None], 0.0)
        value = pair.prod(axis=1).sum(axis=1) / np.maximum(np.sqrt((pair**2).sum(axis=2).prod(axis=1)), 1e-12)
        same = (n_both >= PROFILE) & (value > SAME)
        out += [(int(i), int(j), float(each)) for (i, j), each in zip(part[same], value[same], strict=True)]
    return out


def limits(values: np.ndarray, least: float) -> tuple[float, float]:
    """Median minus and plus three robust standard deviations, and `least` at least."""
    middle = float(np.median(values))
    far = max(DEVIATIONS * float(stats.median_abs_deviation(values, scale="normal")), least)
    return middle - far, middle + far
