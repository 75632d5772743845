"""What becomes of the outcome's metric when modalities that subjects lack are left, left out with the subject, or filled in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mmomics.config.handling import COMPLETE, NATIVE
from mmomics.evaluation.contract import Task
from mmomics.evaluation.folds import Answers, Fold, mean_share
from mmomics.evaluation.intervals import over_folds, rubin
from mmomics.evaluation.summary import fold_scores, metrics

if TYPE_CHECKING:
    from mmomics.config.run import Study

COLUMNS = [
    "of", "model", "missing", "n_train", "metric", "mean", "lower", "upper", "n_draws", "between", "fmi",
    "reference", "difference", "difference_lower", "difference_upper", "p_value",
]  # fmt: skip


def alike(study: Study, models: Sequence[str]) -> dict[str, list[str]]:
    """The models that differ in nothing but what they do about missing modalities, {the first of them: all}; a native one comes first."""
    groups: dict[str, list[str]] = {}
    for name in sorted(models, key=lambda name: study.models[name].missing != NATIVE):
        model = study.models[name]
        if model.of is None:
            groups.setdefault(json.dumps([model.method, model.modalities, model.params], sort_keys=True), []).append(name)
    return {names[0]: names for names in groups.values() if any(study.models[name].missing != NATIVE for name in names)}


def handling(
    task: Task,
    folds: Sequence[Fold],
    scores: pd.DataFrame,
    resampled: pd.DataFrame,
    drawn: Mapping[str, Sequence[Answers]],
    study: Study,
    complete: pd.Index,
) -> pd.DataFrame:
    """The primary metric of models that differ in nothing but `missing`.

    Parameters
    ----------
    scores : DataFrame
        What `summary.metrics` makes.
    resampled : (n_resamples, n_models)
        What `comparisons.draws` makes: read only when there is one fold.
    drawn : mapping
        Model -> its predictions from each of its imputed data sets.
    complete : Index
        Subjects who lack no modality.

    Returns
    -------
    DataFrame
        of (the first of the models that are alike), model, missing, n_train (rows with an outcome that were learned from, mean over
        folds), metric, mean, lower, upper, n_draws, between (standard deviation of the metric between draws), fmi (share of the variance
        that is due to what is missing, 0 to 1), reference (the native model, empty where the run has none), difference (model - reference,
        in the metric's own sign), its interval and p-value, paired by fold (corrected resampled t) or, with one fold, by subject.
        Several draws: the estimate is that of the predictors averaged over them, the interval that of `intervals.rubin`.
    """
    share, low_high = mean_share(folds), task.RANGE[task.PRIMARY]
    rows = []
    for first, names in alike(study, list(resampled.columns)).items():
        by_fold = {name: fold_scores(scores, name, task.PRIMARY).to_numpy() for name in names}
        for name in names:
            how, own = study.models[name].missing, by_fold[name]
            one = over_folds(own, share, resampled[name].to_numpy())
            between, fmi = np.nan, np.nan
            if name in drawn:
                draws = [_primary(task, folds, answers) for answers in drawn[name]]
                variance = float(np.nanvar(own, ddof=1) * (1 / len(own) + share)) if len(folds) > 1 else float(resampled[name].var())
                one, fmi = rubin(one, variance, np.array(draws), (len(folds) if len(folds) > 1 else len(folds[0].test)) - 1)
                between = float(np.std(draws, ddof=1))
            one = one.within(*low_high)
            n_train = np.mean([len(fold.train.index.intersection(complete) if how == COMPLETE else fold.train) for fold in folds])
            row = (first, name, how, float(n_train), task.PRIMARY, *one[:3], len(drawn.get(name, ())) or np.nan, between, fmi)
            if study.models[first].missing != NATIVE or name == first:
                rows.append((*row, "", *[np.nan] * 4))
            else:
                gap = own - by_fold[first]
                paired = (resampled[name] - resampled[first]).to_numpy()
                rows.append((*row, first, *over_folds(gap, share, paired)))
    return pd.DataFrame(rows, columns=COLUMNS)


def _primary(task: Task, folds: Sequence[Fold], answers: Answers) -> float:
    """The primary metric, the mean over folds and seeds."""
    table = metrics(task, folds, {"": answers})
    return float(fold_scores(table, "", task.PRIMARY).mean())
