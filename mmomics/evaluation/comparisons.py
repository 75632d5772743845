"""Whether a model is better than the best baseline and the best single modality, and how sure the order of all is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mmomics.evaluation import bootstrap
from mmomics.evaluation.contract import Task
from mmomics.evaluation.folds import Answers, Fold, mean_share
from mmomics.evaluation.intervals import over_folds
from mmomics.evaluation.summary import fold_scores

if TYPE_CHECKING:
    from mmomics.config.run import Study

BASELINE = "baseline"  # the family of the methods that fuse nothing new
COLUMNS = ["metric", "model", "reference", "difference", "lower", "upper", "p_value"]


def single_modality(study: Study) -> list[str]:
    """The configured models that see one modality only."""
    return [name for name, model in study.models.items() if model.method == "best_single" or len(model.modalities or "all") == 1]


def draws(task: Task, folds: Sequence[Fold], answers: Mapping[str, Answers], n_resamples: int, seed: int) -> pd.DataFrame:
    """The primary metric of every model on the same resamples of subjects (n_resamples, n_models)."""
    return pd.DataFrame({model: bootstrap.draws(task, task.PRIMARY, folds, found, n_resamples, seed) for model, found in answers.items()})


def comparisons(
    task: Task,
    folds: Sequence[Fold],
    scores: pd.DataFrame,
    families: Mapping[str, str],
    resampled: pd.DataFrame,
    single: Collection[str] = (),
) -> pd.DataFrame:
    """Each model minus the best baseline, and minus the best model of one modality, on the primary metric, paired.

    Either reference is the one with the best mean on these same folds. Choosing it here favours the reference, so a claim that
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
    single : collection of str
        The models that see one modality only.

    Returns
    -------
    DataFrame
        metric, model, reference, difference (model - reference, in the metric's own sign), lower, upper, p_value: the rows
        against the best baseline first, best model first, then those against the best single modality where that is another
        model. A reference without a score has no rows.
    """
    sign = 1 if task.HIGHER_IS_BETTER[task.PRIMARY] else -1
    by_fold = {model: fold_scores(scores, model, task.PRIMARY) for model in families}
    baselines = [model for model in families if families[model] == BASELINE]
    references = [_best(by_fold, among, sign) for among in (baselines, [model for model in families if model in single])]
    tables = []
    for reference in dict.fromkeys(name for name in references if name is not None):
        rows = []
        for model in (name for name in families if name != reference):
            difference = by_fold[model] - by_fold[reference]
            found = over_folds(difference.to_numpy(), mean_share(folds), (resampled[model] - resampled[reference]).to_numpy())
            rows.append((task.PRIMARY, model, reference, *found))
        table = pd.DataFrame(rows, columns=COLUMNS)
        tables.append(table.sort_values("difference", ascending=sign < 0, kind="stable"))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)


def _best(by_fold: Mapping[str, pd.Series], among: Sequence[str], sign: int) -> str | None:
    """The model with the best mean over the folds, None where no one has a score."""
    means = pd.Series({model: by_fold[model].mean() for model in among}, dtype=float).dropna()
    return str((sign * means).idxmax()) if len(means) else None


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
