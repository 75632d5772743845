"""How well hidden assays are imputed: the mean over features and folds, with intervals, and against the simple imputers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.evaluation.intervals import Estimate, corrected_t, holm

METRICS = {
    "pearson": (-1.0, 1.0),
    "spearman": (-1.0, 1.0),
    "r2": (-float("inf"), 1.0),
    "rmse": (0.0, float("inf")),
    "coverage": (0.0, 1.0),
    "width": (0.0, float("inf")),
}
PREDICTABLE = "predictable"  # share of the features whose R2 is above a tenth
LEAST_R2 = 0.1
OF_ASSAYS = {"energy": (-float("inf"), 1.0), "structure": (-1.0, 1.0), "follow": (0.0, 1.0)}
RANGE = METRICS | {PREDICTABLE: (0.0, 1.0)} | OF_ASSAYS
OF_TRUTH = ["pearson", "spearman", "r2"]  # NaN exactly where the truth is constant
COMPARED = ["rmse", "pearson", "energy", "structure"]
COLUMNS = ["imputer", "hidden", "modality", "metric", "mean", "lower", "upper", "n_features"]
COMPARISONS = ["hidden", "modality", "metric", "imputer", "reference", "difference", "lower", "upper", "p_value", "p_adjusted"]

Scores = Mapping[str, pd.DataFrame]  # imputer -> a table of all its shards


def imputation(scores: Scores, assays: Scores, test_share: float) -> pd.DataFrame:
    """Mean quality of each imputer and hidden modality.

    A feature that is constant in the hidden test rows is left out of every metric: there is nothing to tell apart, and filling in
    the constant is no merit. Its correlations or R2 are NaN. A metric that an imputer does not define (coverage without an
    uncertainty) has no rows.

    Parameters
    ----------
    scores : mapping
        Imputer -> `scores.parquet` of all its shards: one row per feature and fold.
    assays : mapping
        Imputer -> `assays.parquet` of all its shards: one row per assay and fold.
    test_share : float
        n_test / n_train of a fold.

    Returns
    -------
    DataFrame
        imputer, hidden, modality, metric, mean, lower, upper, n_features; a modality without a feature that varies has rows of NaN with
        n_features 0. The interval is over the folds' means (corrected resampled t). With one fold there is none: features
        are not subjects.
    """
    rows = []
    for imputer, hidden, modality, own, of_assay in _parts(scores, assays):
        varies = _varying(own)
        if varies.empty:
            rows += [(imputer, hidden, modality, metric, *[np.nan] * 3, 0) for metric in METRICS if own[metric].notna().any()]
            continue
        n = varies["feature"].nunique()
        for metric, values in {**_by_feature(varies), **_by_assay(of_assay)}.items():
            found = _mean(values, test_share).within(*RANGE[metric])
            rows.append((imputer, hidden, modality, metric, found.mean, found.lower, found.upper, n))
    return pd.DataFrame(rows, columns=COLUMNS)


def comparisons(scores: Scores, assays: Scores, simple: Collection[str], test_share: float) -> pd.DataFrame:
    """Each imputer minus the best simple one, per hidden modality, paired by fold; with one fold without interval and p-value.

    The reference is the simple imputer with the smallest mean RMSE on these same rows, which favours it: a claim to beat it is
    conservative. p-values are two-sided, and adjusted by Holm's method over the modalities; not for the number of imputers.

    Returns
    -------
    DataFrame
        hidden, modality, metric, imputer, reference, difference (imputer - reference, in the metric's own sign), lower, upper, p_value,
        p_adjusted.
    """
    found: dict[tuple[str, str], dict[str, dict[str, pd.Series]]] = {}
    for imputer, hidden, modality, own, of_assay in _parts(scores, assays):
        varies = _varying(own)
        if len(varies):
            found.setdefault((hidden, modality), {})[imputer] = {**_by_feature(varies), **_by_assay(of_assay)}
    rows = []
    for (hidden, modality), values in found.items():
        error = {name: float(values[name]["rmse"].mean()) for name in simple if name in values}
        if not error:
            continue
        reference = min(error, key=lambda name: error[name])
        for metric in COMPARED:
            for imputer, own in values.items():
                if imputer != reference and metric in own and metric in values[reference]:
                    rows.append((hidden, modality, metric, imputer, reference, *_mean(own[metric] - values[reference][metric], test_share)))
    table = pd.DataFrame(rows, columns=COMPARISONS[:-1])
    family = table.groupby(["hidden", "metric", "imputer"])["p_value"]
    return table.assign(p_adjusted=family.transform(holm) if len(table) else table["p_value"])


def _parts(scores: Scores, assays: Scores) -> Iterator[tuple[str, str, str, pd.DataFrame, pd.DataFrame]]:
    """Imputer, what was hidden, modality and their rows; a cohort with one modality hides nothing."""
    for imputer, table in scores.items():
        of_assays = assays.get(imputer, pd.DataFrame(columns=["hidden", "modality"]))
        for (hidden, modality), own in table.groupby(["hidden", "modality"], sort=False) if len(table) else ():
            same = (of_assays["hidden"] == hidden) & (of_assays["modality"] == modality)
            yield imputer, str(hidden), str(modality), own, of_assays[same]


def _varying(own: pd.DataFrame) -> pd.DataFrame:
    return own[own[OF_TRUTH].notna().all(axis=1)]


def _by_feature(varies: pd.DataFrame) -> dict[str, pd.Series]:
    """The mean over features of each metric, by fold."""
    varies = varies.assign(**{PREDICTABLE: (varies["r2"] > LEAST_R2).astype(float)})
    index = [keys.REPEAT, keys.FOLD]
    values = varies.set_index(index)[[*METRICS, PREDICTABLE]]
    return {metric: part.groupby(index).mean() for metric in values if len(part := values[metric].dropna())}


def _by_assay(of_assay: pd.DataFrame) -> dict[str, pd.Series]:
    own = of_assay.set_index([keys.REPEAT, keys.FOLD]) if len(of_assay) else of_assay
    return {metric: part for metric in OF_ASSAYS if metric in own and len(part := own[metric].dropna())}


def _mean(values: pd.Series, test_share: float) -> Estimate:
    return corrected_t(values.to_numpy(dtype=float), test_share)
