"""Who lacks an assay, whether that has to do with who they are, and whether imputing it would be extrapolation."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.cohort.data import CohortData
from mmomics.evaluation import independence
from mmomics.evaluation.chance import by_chance
from mmomics.evaluation.intervals import holm, wilson
from mmomics.evaluation.outsiders import OUTSIDE, Summary, beyond, outside, summarize, telling

COLUMNS = [
    "modality", "variable", "test", "measure", "estimate", "lower", "upper", "n_with", "n_without", "p_value", "p_adjusted", "flagged",
]  # fmt: skip
ALPHA = 0.05
FEWEST = 5  # subjects who have an assay, and who lack it, to say anything about
FEWEST_TOLD = 10  # of either, to tell them apart by their other assays
TELLING = 0.6  # area under the curve from which on the other assays tell enough
SINGLE = ", single values"  # behind the name of an assay: of those who have it, who lacks more of them than half of these do
OTHERS, DISTANCE, ALL = "other assays", "outside", "all assays"  # `variable` of the tests that look at the assays themselves


def missingness(data: CohortData, covariates: Collection[str], seed: int = 0) -> pd.DataFrame:
    """Tests of whether assays are missing completely at random, and of whether those who lack one resemble those who have it.

    Of every assay that at least five subjects have and five lack: the outcome and each covariate against lacking it; how well the other
    assays tell who lacks it (cross-validated, p by permutation); and the share of those who lack it that lies further out than 95 % of
    those who have it. Of every assay that lacks single values, likewise: the outcome and each covariate against lacking more of them
    than half of those do who have the assay. Of all assays together: `chance.by_chance`. p-values are adjusted by Holm's method over
    the tests against outcome and covariates, and over those of the assays themselves. Flagged: p adjusted below 0.05, and of the latter
    a size that matters.

    Parameters
    ----------
    data : CohortData
    covariates : collection of str
        Columns of `data.obs`; its batch is looked at too.
    seed : int
        Of permutations.

    Returns
    -------
    DataFrame
        modality, variable, test, measure, estimate, lower, upper, n_with, n_without, p_value, p_adjusted, flagged. Measures: auc (chance
        that one who lacks the assay has the higher value, or is told from one who has it), cramers_v, hazard_ratio (of lacking it),
        share, and z2 (mean square of z values, 1 by chance; `n_with` is how many subjects it speaks of).
    """
    lacking = {name: ~data.seen[name] for name in assays(data) if _enough(data.seen[name], FEWEST)}
    variables = ["outcome", *dict.fromkeys([*covariates, keys.BATCH])]
    everybody = np.ones(len(data.obs), dtype=bool)
    asked = {name: (everybody, lacks) for name, lacks in lacking.items()} | dict(_single(data))
    n_tests = len(asked) * len(variables)
    rows = [
        (name, variable, *found)
        for name, (own, lacks) in asked.items()
        for variable in variables
        if (found := independence.against(data.obs[own], data.outcome["task"], variable, lacks[own], n_tests)) is not None
    ]
    summary = summarize(data)
    own = [row for name in lacking for row in _resemblance(name, summary, seed, 2 * len(lacking) + 1)]
    leading = [scores[:, :2] for scores in summary.scores.values()]
    together = by_chance(np.column_stack(leading), seed, 2 * len(lacking) + 1) if leading else None
    if together is not None:
        own.append(("", ALL, "Dixon", "z2", together[0], np.nan, np.nan, together[1], 0, together[2]))
    tables = [_adjusted(rows), _adjusted(own)]
    table = pd.concat([part for part in tables if len(part)] or tables[:1], ignore_index=True)
    small = ((table["variable"] == OTHERS) & (table["estimate"] < TELLING)) | (
        (table["variable"] == DISTANCE) & (table["estimate"] < 2 * (1 - OUTSIDE))
    )
    return table.assign(flagged=(table["p_adjusted"] < ALPHA) & ~small)[COLUMNS]


def distances(data: CohortData) -> pd.DataFrame:
    """How far out subjects who lack an assay lie, in what they have, among those who have it.

    Returns
    -------
    DataFrame (n_subjects, n_assays)
        Share (0..1) of those who have the assay that lie nearer to their middle; above 0.95 imputing it is extrapolation. NaN for those who
        have it, who have nothing else, or where too few have both.
    """
    summary = summarize(data)
    return pd.DataFrame({name: beyond(summary, name) for name in assays(data)}, index=data.subjects)


def assays(data: CohortData) -> list[str]:
    """What may be missing as a whole: not covariates, and not windows, which go with their device's features."""
    return [name for name in data.seen if name != keys.CLINICAL and name not in data.shapes]


def _single(data: CohortData) -> Iterator[tuple[str, tuple[np.ndarray, np.ndarray]]]:
    """Assays that lack single values: who has the assay, and who of these lacks more of them than half do; bool (n_subjects,)."""
    for name in assays(data):
        seen = data.seen[name]
        share = np.isnan(data.values[name]).mean(axis=1)
        if seen.any():
            more = seen & (share > np.median(share[seen]))
            if _enough(more[seen], FEWEST):
                yield name + SINGLE, (seen, more)


def _resemblance(name: str, summary: Summary, seed: int, n_tests: int) -> list[tuple]:
    """Rows of the two tests that look at the other assays, of so many tests in all."""
    rows = []
    lacks = ~summary.seen[name]
    told = summary.others(name).any(axis=1)
    if _enough(~lacks[told], FEWEST_TOLD):
        area, lower, upper, p = telling(summary, name, seed, n_tests)
        rows.append((name, OTHERS, "permutation", "auc", area, lower, upper, int((~lacks & told).sum()), int((lacks & told).sum()), p))
    found = outside(summary, name)
    if found is not None and found[1] >= FEWEST:
        n_outside, n, p = found
        ends = wilson(n_outside, n)
        rows.append((name, DISTANCE, "hypergeometric", "share", n_outside / n, *ends, int((~lacks & told).sum()), n, p))
    return rows


def _enough(seen: np.ndarray, least: int) -> bool:
    return min(int(seen.sum()), int((~seen).sum())) >= least


def _adjusted(rows: list[tuple]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name not in ("p_adjusted", "flagged")])
    return table.assign(p_adjusted=holm(table["p_value"].to_numpy(dtype=float)))
