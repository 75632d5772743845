"""What models are worth among subjects who are alike in a column, such as one histology or one site.

Within a stratum a model that only tells strata apart is worth no more than a guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.evaluation import bootstrap
from mmomics.evaluation.concordance import comparable
from mmomics.evaluation.contract import Task
from mmomics.evaluation.folds import Answers, Fold, mean_share
from mmomics.evaluation.intervals import Estimate, corrected_t, percentile
from mmomics.evaluation.summary import primary

FEWEST = 20  # subjects of a stratum; a metric of fewer is no estimate
ALL, WITHIN, STRATUM = "all", "within", "stratum"
COLUMNS = ["model", "rows", "stratum", "n_subjects", "metric", "mean", "lower", "upper"]


def strata(
    task: Task, folds: Sequence[Fold], answers: Mapping[str, Answers], stratum: pd.Series, n_resamples: int, seed: int
) -> pd.DataFrame:
    """The primary metric of each model among all subjects, its mean within strata, and that of each stratum.

    Parameters
    ----------
    stratum : Series
        Of every subject; those of none (missing) are left out of all three.

    Returns
    -------
    DataFrame
        model, rows (`all`, `within` or `stratum`), stratum (its name, else empty), n_subjects (tested), metric, mean, lower, upper. Of a
        fold, `within` is the mean over the strata that define the metric, each as heavy as it has subjects or, where the metric is a share
        of pairs, pairs to compare. Intervals as in the summary, of no stratum of fewer than 20 subjects.
    """
    own = stratum.dropna().astype(str)
    tested = own[own.index.isin({subject for fold in folds for subject in fold.test.index})]
    parts = {name: [fold.only(fold.test.index.isin(tested.index[tested == name])) for fold in folds] for name in sorted(set(tested))}
    whole = [fold.only(fold.test.index.isin(tested.index)) for fold in folds]
    sizes = np.array([[_weight(fold.test) for fold in part] for part in parts.values()], dtype=float)

    def estimate(values: np.ndarray, draws: np.ndarray, n: int) -> Estimate:
        found = corrected_t(values, mean_share(folds)) if len(folds) > 1 else percentile(float(values[0]), draws)
        return found.within(*task.RANGE[task.PRIMARY]) if n >= FEWEST else Estimate(found.mean, np.nan, np.nan, np.nan)

    rows = []
    for model, by_fold in answers.items():
        each = [_scored(task, part, by_fold, n_resamples, seed) for part in parts.values()]
        within = [_mean(np.array(values), sizes) for values in zip(*each, strict=True)]
        counts = [len(tested), len(tested), *tested.value_counts().reindex(list(parts))]
        names = [(ALL, ""), (WITHIN, ""), *((STRATUM, name) for name in parts)]
        for name, n, (values, draws) in zip(names, counts, [_scored(task, whole, by_fold, n_resamples, seed), within, *each], strict=True):
            found = estimate(values, draws, n)
            rows.append((model, *name, n, task.PRIMARY, found.mean, found.lower, found.upper))
    return pd.DataFrame(rows, columns=COLUMNS)


def _weight(truth: pd.DataFrame) -> float:
    """Pairs that can be compared where the outcome is a time or of two classes, else subjects."""
    if keys.TIME in truth:
        return float(comparable(truth[keys.TIME].to_numpy(float), truth[keys.EVENT].to_numpy(bool)))
    label = truth[keys.LABEL]
    counts = label.value_counts().to_numpy() if isinstance(label.dtype, pd.CategoricalDtype) else np.empty(0)
    return float(counts.prod()) if len(counts) == 2 else float(len(truth))


def _scored(task: Task, part: Sequence[Fold], answers: Answers, n_resamples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The metric of each fold (n_folds,), and of resamples of the one fold (n_resamples,)."""
    shown = [{key: table.loc[fold.test.index] for key, table in own.items()} for fold, own in zip(part, answers, strict=True)]
    one = len(part) == 1
    draws = bootstrap.draws(task, task.PRIMARY, part, shown, n_resamples, seed) if one else np.full(len(part), np.nan)
    return primary(task, part, shown), draws


def _mean(values: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Mean over strata (n_strata, n) by their sizes; NaN where no stratum is defined."""
    weight = sizes * np.isfinite(values)
    total = weight.sum(0)
    return np.divide((np.nan_to_num(values) * weight).sum(0), total, out=np.full(values.shape[1], np.nan), where=total > 0)
