"""Every score of every model, and their means with intervals, best first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.evaluation.bootstrap import tested
from mmomics.evaluation.contract import Task
from mmomics.evaluation.folds import Answers, Fold, mean_share
from mmomics.evaluation.intervals import corrected_t, percentile


def metrics(task: Task, folds: Sequence[Fold], answers: Mapping[str, Answers]) -> pd.DataFrame:
    """Every score, long: model, repeat, fold, seed, metric, value; NaN where a fold does not define the metric."""
    rows = [
        (model, fold.repeat, fold.fold, seed, metric, value)
        for model, predictions in answers.items()
        for fold, by_seed in zip(folds, predictions, strict=True)
        for seed, prediction in by_seed.items()
        for metric, value in task.score(fold.test, prediction, fold.train).items()
    ]
    return pd.DataFrame(rows, columns=["model", keys.REPEAT, keys.FOLD, keys.SEED, "metric", "value"])


def fold_scores(scores: pd.DataFrame, model: str, metric: str) -> pd.Series:
    """Scores of one model in the order of the folds (n_folds,), seeds averaged; index (repeat, fold)."""
    own = scores[(scores["model"] == model) & (scores["metric"] == metric)]
    return own.groupby([keys.REPEAT, keys.FOLD], sort=True)["value"].mean()


def primary(task: Task, folds: Sequence[Fold], answers: Answers) -> np.ndarray:
    """The primary metric of one model in each fold (n_folds,), the mean over seeds; NaN where a fold's rows do not define it."""
    found = []
    for fold, by_seed in zip(folds, answers, strict=True):
        once = np.ones((1, len(fold.test)))
        values = [task.resample(task.PRIMARY, fold.test, table, fold.train, once)[0] for table in by_seed.values() if len(fold.test)]
        found.append(np.mean(values) if values else np.nan)
    return np.array(found, dtype=float)


def summary(
    task: Task, folds: Sequence[Fold], scores: pd.DataFrame, families: Mapping[str, str], resampled: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Mean and 95 % interval of every metric and model, metric by metric, the best model first.

    With several folds the interval is that of the corrected resampled t over folds and repeats; with one fold, a bootstrap
    over its subjects with the training rows held fixed. Seeds are averaged before either.

    Parameters
    ----------
    scores : DataFrame
        What `metrics` makes.
    families : mapping
        Model -> family.
    resampled : mapping
        Model -> what `score_draws` makes; read only when there is one fold.

    Returns
    -------
    DataFrame
        model, family, metric, mean, lower, upper, n_subjects (tested), n_folds (folds and repeats that define the metric).
    """
    rows = []
    for model, family in families.items():
        for metric in task.METRICS:
            values = fold_scores(scores, model, metric)
            if len(folds) > 1:
                found = corrected_t(values.to_numpy(), mean_share(folds))
            else:
                found = percentile(float(values.iloc[0]), resampled[model][metric].to_numpy())
            found = found.within(*task.RANGE[metric])
            counts = (len(tested(folds)), int(values.notna().sum()))
            rows.append((model, family, metric, found.mean, found.lower, found.upper, *counts))
    table = pd.DataFrame(rows, columns=["model", "family", "metric", "mean", "lower", "upper", "n_subjects", "n_folds"])
    return pd.concat([_best_first(table[table["metric"] == metric], task, metric) for metric in task.METRICS], ignore_index=True)


def _best_first(rows: pd.DataFrame, task: Task, metric: str) -> pd.DataFrame:
    return rows.sort_values("mean", ascending=not task.HIGHER_IS_BETTER[metric], kind="stable", na_position="last")
