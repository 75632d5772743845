"""Whether a model is better than the best baseline, and how sure the order of all is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mmomics.evaluation import bootstrap
from mmomics.evaluation.contract import Task
from mmomics.evaluation.folds import Answers, Fold, mean_share
from mmomics.evaluation.intervals import corrected_t, percentile
from mmomics.evaluation.summary import fold_scores

BASELINE = "baseline"  # the family of the methods that fuse nothing new


def draws(task: Task, folds: Sequence[Fold], answers: Mapping[str, Answers], n_resamples: int, seed: int) -> pd.DataFrame:
    """The primary metric of every model on the same resamples of subjects (n_resamples, n_models)."""
    return pd.DataFrame({model: bootstrap.draws(task, task.PRIMARY, folds, found, n_resamples, seed) for model, found in answers.items()})


def comparisons(
    task: Task, folds: Sequence[Fold], scores: pd.DataFrame, families: Mapping[str, str], resampled: pd.DataFrame
) -> pd.DataFrame:
    """Each model minus the best baseline, on the primary metric, paired.

    The best baseline is the one with the best mean on these same folds. Choosing it here favours the baseline, so a claim that
    a model beats it is conservative. Pairs are folds (corrected resampled t) or, with one fold, subjects (bootstrap). The
    p-values are two-sided and not corrected for the number of models.

    Parameters
    ----------
    scores : DataFrame
        What `summary.metrics` makes.
    families : mapping
        Model -> family.
    resampled : (n_resamples, n_models)
        What `draws` makes.

    Returns
    -------
    DataFrame
        metric, model, reference, difference (model - reference, in the metric's own sign), lower, upper, p_value. No rows where
        no baseline has a score.
    """
    sign = 1 if task.HIGHER_IS_BETTER[task.PRIMARY] else -1
    by_fold = {model: fold_scores(scores, model, task.PRIMARY) for model in families}
    means = pd.Series({model: by_fold[model].mean() for model in families if families[model] == BASELINE}, dtype=float).dropna()
    reference = str((sign * means).idxmax()) if len(means) else ""
    rows = []
    for model in families:
        if model == reference or not reference:
            continue
        difference = by_fold[model] - by_fold[reference]
        if len(folds) > 1:
            found = corrected_t(difference.to_numpy(), mean_share(folds))
        else:
            found = percentile(float(difference.iloc[0]), (resampled[model] - resampled[reference]).to_numpy())
        rows.append((task.PRIMARY, model, reference, *found))
    table = pd.DataFrame(rows, columns=["metric", "model", "reference", "difference", "lower", "upper", "p_value"])
    return table.sort_values("difference", ascending=sign < 0, kind="stable", ignore_index=True)


def ranking(task: Task, resampled: pd.DataFrame) -> pd.DataFrame:
    """How often each model is the best of all when the subjects are drawn anew, and its mean rank.

    Parameters
    ----------
    resampled : (n_resamples, n_models)
        What `draws` makes. Resamples that define the metric for no model are left out; a model without a value ranks last.

    Returns
    -------
    DataFrame
        model, p_best (0 to 1, sums to 1; ties share), rank_mean (1 = best), best first.
    """
    worth = resampled.dropna(how="all") * (1 if task.HIGHER_IS_BETTER[task.PRIMARY] else -1)
    worth = worth.fillna(-np.inf)
    best = worth.eq(worth.max(axis=1), axis=0)
    table = pd.DataFrame({"p_best": best.div(best.sum(axis=1), axis=0).mean(), "rank_mean": worth.rank(axis=1, ascending=False).mean()})
    return table.rename_axis("model").reset_index().sort_values(["rank_mean", "p_best"], ascending=[True, False], ignore_index=True)
