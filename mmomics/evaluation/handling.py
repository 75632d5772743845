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
from mmomics.evaluation.intervals import Estimate, holm, over_folds, rubin
from mmomics.evaluation.summary import fold_scores, metrics

if TYPE_CHECKING:
    from mmomics.config.run import Study

COLUMNS = [
    "of", "model", "missing", "n_train", "metric", "mean", "lower", "upper", "n_draws", "between", "fmi",
    "reference", "difference", "difference_lower", "difference_upper", "p_value", "p_adjusted",
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
    seen: pd.DataFrame,
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
    seen : DataFrame (n_subjects, n_modalities) of bool
        Who has which modality.

    Returns
    -------
    DataFrame
        of (the first of the models that are alike), model, missing, n_train (rows with an outcome that were learned from, mean over
        folds), metric, mean, lower, upper, n_draws, between (standard deviation of the metric between draws), fmi (share of the variance
        that is due to what is missing, 0 to 1), reference (the native model, empty where the run has none), difference (model - reference,
        in the metric's own sign), its interval and p-value, paired by fold (corrected resampled t) or, with one fold, by subject, and
        the p-value adjusted by Holm's method over the table. Several draws: the estimate is that of the predictors averaged over them,
        the interval, and that of the difference, that of `intervals.rubin`.
    """
    share, n_test = mean_share(folds), len(folds[0].test)
    rows = []
    for first, names in alike(study, list(resampled.columns)).items():
        has_all = seen.index[seen[study.models[first].modalities or list(seen)].all(axis=1)]
        by_fold = {name: fold_scores(scores, name, task.PRIMARY).to_numpy() for name in names}
        for name in names:
            how, own = study.models[name].missing, by_fold[name]
            by_draw = np.array([_by_fold(task, folds, answers) for answers in drawn.get(name, ())]).reshape(-1, len(own))
            one, fmi = _pooled(own, by_draw, resampled[name].to_numpy(), share, n_test)
            one = one.within(*task.RANGE[task.PRIMARY])
            between = float(_means(by_draw).std(ddof=1)) if len(by_draw) > 1 else np.nan
            n_train = np.mean([len(fold.train.index.intersection(has_all) if how == COMPLETE else fold.train) for fold in folds])
            row = (first, name, how, float(n_train), task.PRIMARY, *one[:3], len(by_draw) or np.nan, between, fmi)
            if study.models[first].missing != NATIVE or name == first:
                rows.append((*row, "", *[np.nan] * 4))
            else:
                paired = (resampled[name] - resampled[first]).to_numpy()
                gap, _ = _pooled(own - by_fold[first], by_draw - by_fold[first], paired, share, n_test)
                rows.append((*row, first, *gap))
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "p_adjusted"])
    return table.assign(p_adjusted=holm(table["p_value"].to_numpy()))


def with_scatter(summary: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """What `summary.summary` makes, with the intervals of `handling` for models of several draws: the draws' scatter is in them."""
    found, drawn = summary.set_index(["model", "metric"]), table[table["n_draws"] > 1].set_index(["model", "metric"])
    found.loc[drawn.index, ["lower", "upper"]] = drawn[["lower", "upper"]]
    return found.reset_index()[list(summary.columns)]


def _pooled(own: np.ndarray, by_draw: np.ndarray, resampled: np.ndarray, share: float, n_test: int) -> tuple[Estimate, float]:
    """The mean over folds with its interval, and the share of its variance that is due to what is missing; NaN without draws.

    Parameters
    ----------
    own : (n_folds,)
        NaN where a fold does not define the metric.
    by_draw : (n_draws, n_folds)
    resampled : (n_resamples,)
        Read with one fold only, of `n_test` subjects.
    share : float
        n_test / n_train of a fold.
    """
    one = over_folds(own, share, resampled)
    if not len(by_draw):
        return one, np.nan
    if len(own) == 1:
        return rubin(one, float(np.nanvar(resampled, ddof=1)), _means(by_draw), n_test - 1)
    known = own[~np.isnan(own)]
    within = float(known.var(ddof=1) * (1 / len(known) + share)) if len(known) > 1 else np.nan
    return rubin(one, within, _means(by_draw), len(known) - 1)


def _means(by_draw: np.ndarray) -> np.ndarray:
    """The mean of each draw over the folds that define it."""
    return pd.DataFrame(by_draw).mean(axis=1).to_numpy()


def _by_fold(task: Task, folds: Sequence[Fold], answers: Answers) -> np.ndarray:
    """The primary metric of each fold, the mean over seeds."""
    return fold_scores(metrics(task, folds, {"": answers}), "", task.PRIMARY).to_numpy()
