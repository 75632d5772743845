"""Whether subjects who lack an assay are told from those who have it by their other assays, and how far out they lie."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import anndata
import numpy as np
from scipy import stats

from mmomics.cohort.components import components
from mmomics.cohort.data import CohortData
from mmomics.evaluation.independence import area

COMPONENTS = 5  # of each modality
LEAST_SHARE = 1e-6  # of the variance: a smaller component is rounding
CLIP = 4.0  # standard deviations
FOLDS, PERMUTATIONS = 5, 499  # at least
PER_TEST = 40  # permutations for every test of a family: with fewer, none could be flagged after Holm's adjustment
PENALTY = 10.0
FEWEST = 10  # subjects who have the assay and what is looked at
PER_COMPONENT = 5  # of them, for every component looked at
OUTSIDE = 0.95  # share of those who have an assay than whom a subject lies further out to be outside


@dataclass(frozen=True)
class Summary:
    """A cohort in a few dimensions.

    Attributes
    ----------
    scores : dict of str to array (n_obs, n_components)
        Leading components of each modality, covariates among them, with unit variance; NaN in the rows that lack it. A modality of too
        few subjects has none.
    seen : dict of str to bool array (n_obs,)
        Of every modality.
    """

    scores: dict[str, np.ndarray]
    seen: dict[str, np.ndarray]

    def others(self, name: str) -> np.ndarray:
        """The scores' rows of the other modalities: which are there, bool (n_obs, n_modalities)."""
        there = [np.isfinite(own).all(axis=1) for other, own in self.scores.items() if other != name]
        return np.column_stack(there) if there else np.zeros((len(self.seen[name]), 0), dtype=bool)


def summarize(data: CohortData) -> Summary:
    """The leading components of every modality but windows of signals."""
    scores = {}
    for name, values in data.values.items():
        rows = np.flatnonzero(data.seen[name])
        if name in data.shapes or len(rows) < FEWEST:
            continue
        found = components(anndata.AnnData(values[rows]))
        own = found.scores[:, :COMPONENTS][:, found.share[:COMPONENTS] > LEAST_SHARE]
        if own.shape[1]:
            scores[name] = np.full((len(values), own.shape[1]), np.nan)
            scores[name][rows[found.rows]] = np.clip((own - own.mean(0)) / own.std(0), -CLIP, CLIP)
    return Summary(scores, data.seen)


def telling(summary: Summary, name: str, seed: int, n_tests: int = 1) -> tuple[float, float, float, float]:
    """How well the other modalities tell who lacks one: cross-validated area under the ROC curve, its interval, and p by permutation.

    A penalised linear discriminant, since its held-out scores have a closed form for any labels. A modality that a subject lacks stands at
    its mean, so that being missing together does not count. Subjects with nothing else are left out. `n_tests` are made in all, for which
    p-values are to be adjusted.

    Returns
    -------
    area, lower, upper, p_value
        One-sided: the share of permutations that tell as much. The interval is DeLong's and takes the held-out scores as given.
    """
    rows = summary.others(name).any(axis=1)
    lacks = ~summary.seen[name][rows]
    x = np.nan_to_num(np.column_stack([own[rows] for other, own in summary.scores.items() if other != name]))
    random = np.random.default_rng([seed, len(name), *name.encode()])
    n_permutations = max(PERMUTATIONS, PER_TEST * n_tests)
    labels = np.column_stack([lacks, *(random.permutation(lacks) for _ in range(n_permutations))]).astype(float)
    held = _held_out(x, labels, random.permutation(len(x)) % FOLDS)
    ranks = stats.rankdata(held, axis=0)
    n = int(lacks.sum())
    areas = ((ranks * labels).sum(0) - n * (n + 1) / 2) / (n * (len(x) - n))
    p = (1 + int((areas[1:] >= areas[0] - 1e-12).sum())) / (1 + n_permutations)
    return *area(held[:, 0], lacks), p


def _held_out(x: np.ndarray, labels: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Scores of every row by a ridge regression (n_obs, n_labels) on the rows of the other folds."""
    out = np.empty_like(labels)
    for k in np.unique(fold):
        learn, held = fold != k, fold == k
        middle, centre = x[learn].mean(0), labels[learn].mean(0)
        own = x[learn] - middle
        slope = np.linalg.solve(own.T @ own + PENALTY * np.eye(x.shape[1]), own.T @ (labels[learn] - centre))
        out[held] = (x[held] - middle) @ slope  # without the mean, which differs by fold and tells nothing
    return out


def beyond(summary: Summary, name: str) -> np.ndarray:
    """Share (0..1) of those who have a modality that lie nearer to their middle than each subject who lacks it.

    Distances are over the modalities that a subject has: the mean square of its components, standardised by those who have the modality;
    of each of these by the others of them, so that they are not nearer only for having been looked at.

    Returns
    -------
    array (n_obs,)
        NaN for those who have it, and where too few who have it have the same others.
    """
    out = np.full(len(summary.seen[name]), np.nan)
    for rows, _, share in _forms(summary, name):
        out[rows] = share
    return out


def outside(summary: Summary, name: str) -> tuple[int, int, float] | None:
    """How many of those who lack a modality lie further out than 95 % of those who have it, of how many, and a p-value.

    One-sided. Of subjects with the same other modalities, by the chance of so many being as far out as the reference's outermost, in which
    where the reference begins is chance too; of all, the smallest p-value by Bonferroni's rule, as references overlap. None: of nobody.
    """
    n_outside, n, p = 0, 0, []
    for _, n_reference, share in _forms(summary, name):
        own, above = int((share > OUTSIDE).sum()), _outermost(n_reference)
        p.append(float(stats.hypergeom.cdf(above - 1, n_reference + len(share), n_reference, own + above - 1)))
        n_outside, n = n_outside + own, n + len(share)
    return (n_outside, n, min(1.0, len(p) * min(p))) if p else None


def _outermost(n: int) -> int:
    """How many of `n` are the outermost; in floating point .05 n is a little above a whole number where it should be one."""
    return n - math.floor(OUTSIDE * n + 1e-9)


def _forms(summary: Summary, name: str) -> Iterator[tuple[np.ndarray, int, np.ndarray]]:
    """Of those who lack a modality, by what they have: positions, size of the reference, and `beyond` of each."""
    has, there = summary.seen[name], summary.others(name)
    blocks = [own for other, own in summary.scores.items() if other != name]
    for form in np.unique(there[~has], axis=0) if there.shape[1] else ():
        like = has & there[:, form].all(axis=1)
        n = int(like.sum())
        used = [own for own, use in zip(blocks, form, strict=True) if use]
        # as many of the leading components as the reference can bear
        able = [k for k in range(1, COMPONENTS + 1) if sum(min(k, own.shape[1]) for own in used) * PER_COMPONENT <= n]
        if not used or n < FEWEST or not able:
            continue
        x = np.column_stack([own[:, : able[-1]] for own in used])
        rows = np.flatnonzero(~has & (there == form).all(axis=1))
        mean, variance = x[like].mean(0), x[like].var(0)
        off = x[like] - mean
        without = (n * variance - off**2 * n / (n - 1)) / (n - 1)  # the variance of the others
        reference = np.sort((off**2 * (n / (n - 1)) ** 2 / np.maximum(without, 1e-12)).mean(1))
        far = ((x[rows] - mean) ** 2 / np.maximum(variance, 1e-12)).mean(1)
        yield rows, n, np.searchsorted(reference, far) / n
