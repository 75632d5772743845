"""Resamples of the tested subjects: the same for every model, fold and repeat, so that differences are paired."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mmomics.evaluation.contract import Task
from mmomics.evaluation.folds import Answers, Fold

AT_ONCE = 2**21  # counts of resampled rows that a metric is taken of together: a few arrays of 16 MB


def resample_counts(groups: pd.Index, n_resamples: int, seed: int) -> np.ndarray:
    """How often each subject, or group, is drawn (n_resamples, n_groups), with replacement, as many as there are."""
    return np.random.default_rng(seed).multinomial(len(groups), np.full(len(groups), 1 / len(groups)), n_resamples).astype(float)


def draws(task: Task, metric: str, folds: Sequence[Fold], answers: Answers, n_resamples: int, seed: int) -> np.ndarray:
    """A metric (n_resamples,) of one model, the mean over folds and seeds.

    A subject is drawn once for all folds and repeats that test it, and with all of its visits: neither are independent evidence.
    """
    groups = tested(folds)
    counts = resample_counts(groups, n_resamples, seed)
    found = []
    for fold, by_seed in zip(folds, answers, strict=True):
        own = counts[:, groups.get_indexer(fold.groups)]
        found.append(mean([_of_each(task, metric, fold, prediction, own) for prediction in by_seed.values()]))
    return mean(found)


def _of_each(task: Task, metric: str, fold: Fold, prediction: pd.DataFrame, counts: np.ndarray) -> np.ndarray:
    """A metric (n_resamples,) under counts (n_resamples, n_obs), of many rows some resamples after others."""
    parts = np.array_split(counts, np.clip(counts.size // AT_ONCE, 1, len(counts)))
    return np.concatenate([task.resample(metric, fold.test, prediction, fold.train, part) for part in parts])


def score_draws(task: Task, fold: Fold, by_seed: dict[int, pd.DataFrame], n_resamples: int, seed: int) -> pd.DataFrame:
    """Every metric on resamples of one fold's test rows (n_resamples, n_metrics), the mean over seeds; its training rows stay."""
    return pd.DataFrame({metric: draws(task, metric, [fold], [by_seed], n_resamples, seed) for metric in task.METRICS})


def tested(folds: Sequence[Fold]) -> pd.Index:
    """The subjects, or groups, that some fold tests, each once, sorted."""
    return pd.Index(sorted({group for fold in folds for group in fold.groups}))


def mean(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Mean over rows, NaN left out."""
    return pd.DataFrame(np.array(rows)).mean().to_numpy()
