"""What two classes and many have in common: errors of the most probable class, and curves of one class against the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.evaluation import resampled
from mmomics.evaluation.contract import Regions, Scores


def known(obs: pd.DataFrame, outcome: dict[str, Any]) -> pd.DataFrame:
    """Labels as a categorical of all classes of the outcome; rows without a label are left out."""
    labels = obs[keys.LABEL]
    labels = labels[labels.notna()].astype(str)
    return pd.DataFrame({keys.LABEL: pd.Categorical(labels, categories=list(outcome["classes"]))}, index=labels.index)


def outputs(outcome: dict[str, Any]) -> list[str]:
    """One probability per class."""
    return [f"p_{name}" for name in outcome["classes"]]


def one_hot(truth: pd.DataFrame) -> np.ndarray:
    """The true classes (n_obs, n_classes) bool."""
    labels = truth[keys.LABEL].cat
    return np.asarray(labels.codes)[:, None] == np.arange(len(labels.categories))[None, :]


def probabilities(truth: pd.DataFrame, prediction: pd.DataFrame) -> np.ndarray:
    """The predicted probabilities (n_obs, n_classes), in the order of the truth's classes."""
    return prediction[[f"p_{name}" for name in truth[keys.LABEL].cat.categories]].to_numpy(dtype=float)


def regions(truth: pd.DataFrame, prediction: pd.DataFrame) -> Regions | None:
    """Sets of classes that were not ruled out; their size is the number of classes."""
    if keys.SET not in prediction:
        return None
    sets = [str(one).split(keys.SEPARATOR) for one in prediction[keys.SET]]
    true = [str(label).replace(keys.SEPARATOR, "/") for label in truth[keys.LABEL]]
    covered = np.array([label in own for label, own in zip(true, sets, strict=True)], dtype=bool)
    return Regions(covered, np.array([len(own) for own in sets], dtype=float))


def threshold_scores(y: np.ndarray, p: np.ndarray) -> Scores:
    """Metrics of the most probable class (two classes: a probability above one half).

    Parameters
    ----------
    y : (n_obs, n_classes) bool
        True classes.
    p : (n_obs, n_classes)
        Predicted probabilities.

    Returns
    -------
    dict
        accuracy; balanced_accuracy: mean recall of the classes that occur, NaN when only one does; f1_weighted and f1_macro over
        the classes that occur or are predicted.
    """
    from sklearn.metrics import precision_recall_fscore_support

    true, guess = y.argmax(1), p.argmax(1)
    _, recall, f1, support = precision_recall_fscore_support(true, guess, labels=np.arange(y.shape[1]), zero_division=0)
    used = np.union1d(true, guess)
    return {
        "accuracy": float((true == guess).mean()),
        "balanced_accuracy": float(recall[support > 0].mean()) if (support > 0).sum() > 1 else np.nan,
        "f1_weighted": float(np.average(f1, weights=support)),
        "f1_macro": float(f1[used].mean()),
    }


def ranking_scores(y: np.ndarray, p: np.ndarray) -> Scores:
    """Area under the ROC curve and average precision, the mean of one class against the rest.

    Parameters
    ----------
    y : (n_obs, n_classes) bool
        True classes; for two classes the column of the positive class alone.
    p : (n_obs, n_classes)
        Predicted probabilities.

    Returns
    -------
    dict
        auroc and auprc; NaN when a class has no row, or all of them, since the mean over the other classes is another quantity.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    if not (y.any(0) & ~y.all(0)).all():
        return {"auroc": np.nan, "auprc": np.nan}
    return {"auroc": float(roc_auc_score(y, p, average="macro")), "auprc": float(average_precision_score(y, p, average="macro"))}


def resample(metric: str, y: np.ndarray, p: np.ndarray, counts: np.ndarray, of_classes: Sequence[int]) -> np.ndarray:
    """One metric (n_resamples,) under bootstrap counts; auroc and auprc are means of these classes against the rest."""
    if metric not in ("auroc", "auprc"):
        return resampled.threshold_metric(metric, y, p, counts)
    area = resampled.auroc if metric == "auroc" else resampled.average_precision
    return np.mean([area(y[:, k], p[:, k], counts) for k in of_classes], axis=0)
