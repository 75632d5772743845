"""Three or more classes: errors of the most probable class, and the mean over classes of one against the rest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.evaluation import calibration as groups
from mmomics.evaluation import classification, resampled
from mmomics.evaluation import curves as lines
from mmomics.evaluation.contract import Scores

METRICS = ("balanced_accuracy", "accuracy", "f1_weighted", "f1_macro", "auroc", "auprc", "brier")
PRIMARY = "balanced_accuracy"
HIGHER_IS_BETTER = {metric: metric != "brier" for metric in METRICS}
RANGE = {metric: (0.0, 2.0 if metric == "brier" else 1.0) for metric in METRICS}

known = classification.known
outputs = classification.outputs
regions = classification.regions


def score(truth: pd.DataFrame, prediction: pd.DataFrame, train_truth: pd.DataFrame) -> Scores:
    """Every metric; brier is the sum over classes of (p - y)^2, from 0 to 2, as Brier wrote it.

    Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    y, p = classification.one_hot(truth), classification.probabilities(truth, prediction)
    found = classification.threshold_scores(y, p) | classification.ranking_scores(y, p)
    found["brier"] = float(((p - y) ** 2).sum(1).mean())
    return {metric: found[metric] for metric in METRICS}


def resample(metric: str, truth: pd.DataFrame, prediction: pd.DataFrame, train_truth: pd.DataFrame, counts: np.ndarray) -> np.ndarray:
    """One metric (n_resamples,) under bootstrap counts (n_resamples, n_obs)."""
    y, p = classification.one_hot(truth), classification.probabilities(truth, prediction)
    if metric == "brier":
        return resampled.mean(((p - y) ** 2).sum(1), counts)
    return classification.resample(metric, y, p, counts, of_classes=range(y.shape[1]))


def calibration(truth: pd.DataFrame, prediction: pd.DataFrame) -> pd.DataFrame:
    """Share of each class in groups of similar probability of that class."""
    return _each_class(groups.shares, truth, prediction)


def curves(truth: pd.DataFrame, prediction: pd.DataFrame, fold: np.ndarray) -> pd.DataFrame:
    """ROC and precision-recall curve of each class against the rest."""
    return _each_class(lines.roc_and_pr, truth, prediction)


def _each_class(table: Callable[[np.ndarray, np.ndarray], pd.DataFrame], truth: pd.DataFrame, prediction: pd.DataFrame) -> pd.DataFrame:
    y, p = classification.one_hot(truth), classification.probabilities(truth, prediction)
    classes = truth[keys.LABEL].cat.categories
    return pd.concat([table(p[:, k], y[:, k]).assign(**{"class": name}) for k, name in enumerate(classes)], ignore_index=True)
