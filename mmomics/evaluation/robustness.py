"""What models are worth to people with fewer assays: the primary metric by subset of modalities, and what is lost without each one.

Nothing is trained for it: the test rows of every fold are predicted again with modalities hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.evaluation import bootstrap
from mmomics.evaluation.contract import Task
from mmomics.evaluation.folds import Answers, Fold, mean_share
from mmomics.evaluation.intervals import corrected_t, percentile
from mmomics.evaluation.summary import primary

FEWEST = 20  # tested subjects; a metric of fewer says nothing
RESAMPLES = 200  # at most, of a single test set: there are many subsets
SUBSETS = ["model", "subset", "n_modalities", "n_subjects", "metric", "value", "lower", "upper"]
WITHOUT = ["model", "modality", "n_subjects", "metric", "value", "without", "difference", "lower", "upper", "p_value"]


def robustness(task: Task, folds: Sequence[Fold], hidden: Mapping[str, pd.DataFrame], n_resamples: int, seed: int) -> pd.DataFrame:
    """The primary metric of each model when only some modalities are shown, on the tested subjects who have all of these.

    Parameters
    ----------
    hidden : mapping
        Model -> `subsets.parquet` of all its shards.

    Returns
    -------
    DataFrame
        model, subset (`a,b`), n_modalities, n_subjects, metric, value, lower, upper, in the order of the file. Subsets that fewer
        than 20 tested subjects have are left out. Intervals as in the summary.
    """
    rows = []
    for model, predictions in hidden.items():
        for subset, own in _asked(predictions, "only"):
            part, shown = _along(folds, own)
            n_subjects = own[keys.SUBJECT].nunique()
            if n_subjects >= FEWEST:
                values = primary(task, part, shown)
                if len(folds) > 1:
                    found = corrected_t(values, mean_share(folds))
                else:
                    found = percentile(float(values[0]), _draws(task, part, shown, n_resamples, seed))
                found = found.within(*task.RANGE[task.PRIMARY])
                rows.append((model, subset, subset.count(",") + 1, n_subjects, task.PRIMARY, found.mean, found.lower, found.upper))
    return pd.DataFrame(rows, columns=SUBSETS)


def without(
    task: Task, folds: Sequence[Fold], answers: Mapping[str, Answers], hidden: Mapping[str, pd.DataFrame], n_resamples: int, seed: int
) -> pd.DataFrame:
    """The primary metric of each model with a modality hidden against the same people with all they have, paired.

    Asked are the tested subjects who have the modality and something else. The interval of the difference is over folds (corrected
    resampled t) or, with one fold, over subjects (bootstrap).

    Returns
    -------
    DataFrame
        model, modality, n_subjects, metric, value (with all they have), without, difference (without - value, in the metric's own
        sign), lower, upper, p_value.
    """
    rows = []
    for model, predictions in hidden.items():
        for modality, own in _asked(predictions, "without"):
            n_subjects = own[keys.SUBJECT].nunique()
            if n_subjects < FEWEST:
                continue
            part, hidden_one = _along(folds, own)
            full = [
                {seed: table.loc[fold.test.index] for seed, table in by_seed.items()}
                for fold, by_seed in zip(part, answers[model], strict=True)
            ]
            before, after = primary(task, part, full), primary(task, part, hidden_one)
            if len(folds) > 1:
                found = corrected_t(after - before, mean_share(folds))
            else:
                draws = _draws(task, part, hidden_one, n_resamples, seed) - _draws(task, part, full, n_resamples, seed)
                found = percentile(float(after[0] - before[0]), draws)
            known = ~np.isnan(before + after)
            means = [float(values[known].mean()) if known.any() else np.nan for values in (before, after)]
            rows.append((model, modality, n_subjects, task.PRIMARY, *means, *found))
    return pd.DataFrame(rows, columns=WITHOUT)


def _asked(predictions: pd.DataFrame, rule: str) -> Iterator[tuple[str, pd.DataFrame]]:
    yield from predictions[predictions["rule"] == rule].groupby("modalities", sort=False)


def _along(folds: Sequence[Fold], own: pd.DataFrame) -> tuple[list[Fold], Answers]:
    """The folds with only those test rows that were asked, and their predictions by seed, in the order of the rows."""
    units = dict(iter(own.drop(columns=["rule", "modalities"]).groupby([keys.REPEAT, keys.FOLD, keys.SEED])))
    seeds = sorted(own[keys.SEED].unique())
    part: list[Fold] = []
    shown: Answers = []
    for fold in folds:
        tables = [units.get((fold.repeat, fold.fold, seed), own.iloc[:0]).set_index(keys.SUBJECT) for seed in seeds]
        asked = fold.test.index.isin(tables[0].index)
        part.append(fold.only(asked))
        shown.append({int(seed): table.loc[part[-1].test.index] for seed, table in zip(seeds, tables, strict=True)})
    return part, shown


def _draws(task: Task, folds: Sequence[Fold], answers: Answers, n_resamples: int, seed: int) -> np.ndarray:
    return bootstrap.draws(task, task.PRIMARY, folds, answers, min(n_resamples, RESAMPLES), seed)
