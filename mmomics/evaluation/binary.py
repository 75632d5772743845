"""Two classes: the positive class is the second of the outcome, and is predicted where its probability is above one half."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.evaluation import calibration as groups
from mmomics.evaluation import classification, resampled
from mmomics.evaluation import curves as lines
from mmomics.evaluation.contract import Scores

METRICS = ("auroc", "auprc", "balanced_accuracy", "accuracy", "f1_weighted", "f1_macro", "brier")
PRIMARY = "auroc"
HIGHER_IS_BETTER = {metric: metric != "brier" for metric in METRICS}
RANGE = dict.fromkeys(METRICS, (0.0, 1.0))

known = classification.known
outputs = classification.outputs
regions = classification.regions


def score(truth: pd.DataFrame, prediction: pd.DataFrame, train_truth: pd.DataFrame) -> Scores:
    """Every metric; auprc is average precision, brier the mean of (p - y)^2 of the positive class, from 0 to 1."""
    y, p = classification.one_hot(truth), classification.probabilities(truth, prediction)
    found = classification.threshold_scores(y, p) | classification.ranking_scores(y[:, 1:], p[:, 1:])
    found["brier"] = float(((p[:, 1] - y[:, 1]) ** 2).mean())
    return {metric: found[metric] for metric in METRICS}


def resample(metric: str, truth: pd.DataFrame, prediction: pd.DataFrame, train_truth: pd.DataFrame, counts: np.ndarray) -> np.ndarray:
    """One metric (n_resamples,) under bootstrap counts (n_resamples, n_obs)."""
    y, p = classification.one_hot(truth), classification.probabilities(truth, prediction)
    if metric == "brier":
        return resampled.mean((p[:, 1] - y[:, 1]) ** 2, counts)
    return classification.resample(metric, y, p, counts, of_classes=[1])


def calibration(truth: pd.DataFrame, prediction: pd.DataFrame) -> pd.DataFrame:
    """Share of the positive class in groups of similar probability."""
    y, p = classification.one_hot(truth)[:, 1], classification.probabilities(truth, prediction)[:, 1]
    return groups.shares(p, y).assign(**{"class": truth[keys.LABEL].cat.categories[1]})


def curves(truth: pd.DataFrame, prediction: pd.DataFrame, fold: np.ndarray) -> pd.DataFrame:
    """ROC and precision-recall curve of the positive class."""
    y, p = classification.one_hot(truth)[:, 1], classification.probabilities(truth, prediction)[:, 1]
    return lines.roc_and_pr(p, y).assign(**{"class": truth[keys.LABEL].cat.categories[1]})
