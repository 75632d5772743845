"""How often predicted sets, intervals and bounds hold the outcome, and how large they are: what was promised against what was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.evaluation.contract import Regions, Task
from mmomics.evaluation.folds import Answers, Fold, mean_share
from mmomics.evaluation.intervals import Estimate, corrected_t, wilson

COLUMNS = ["model", "class", "nominal", "coverage", "lower", "upper", "size", "size_lower", "size_upper", "n"]


def coverage(task: Task, folds: Sequence[Fold], answers: Mapping[str, Answers]) -> pd.DataFrame:
    """Coverage and mean size of every model's regions on held-out rows, with 95 % intervals.

    Folds weigh the same, seeds are averaged first; of several folds the interval is the corrected resampled t, of one test set Wilson's.

    Returns
    -------
    DataFrame
        model, class (empty: all rows; else the rows of that true class), nominal, coverage, lower, upper, size (classes of a set, width
        of an interval, time of a bound), size_lower, size_upper, n (rows tested). No rows for models that predict no regions.
    """
    rows = []
    sizes = _sizes(folds[0].test)
    for model, by_fold in answers.items():
        found = [_of_seeds(task, fold, by_seed) for fold, by_seed in zip(folds, by_fold, strict=True)]
        regions = [one for one in found if one is not None]
        if len(regions) < len(folds):
            continue
        for name, chosen in _groups(folds):
            covered = _estimate([one.covered[own] for one, own in zip(regions, chosen, strict=True)], folds)
            size = _estimate([one.size[own] for one, own in zip(regions, chosen, strict=True)], folds)
            if len(folds) == 1 and chosen[0].any():
                n = int(chosen[0].sum())
                covered = Estimate(covered.mean, *wilson(round(covered.mean * n), n), np.nan)
            covered, size = covered.within(0, 1), size.within(*sizes)
            n_rows = len({row for fold, own in zip(folds, chosen, strict=True) for row in fold.test.index[own]})
            rows.append((model, name, keys.COVERAGE, *covered[:3], *size[:3], n_rows))
    return pd.DataFrame(rows, columns=COLUMNS)


def _sizes(test: pd.DataFrame) -> tuple[float, float]:
    """Sizes that no region is below or above: a set holds one class at least, the likeliest, and all at most."""
    categorical = keys.LABEL in test and isinstance(test[keys.LABEL].dtype, pd.CategoricalDtype)
    return (1, len(test[keys.LABEL].cat.categories)) if categorical else (0, np.inf)


def _of_seeds(task: Task, fold: Fold, by_seed: Mapping[int, pd.DataFrame]) -> Regions | None:
    found = [task.regions(fold.test, prediction) for prediction in by_seed.values()]
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        return None
    return Regions(np.mean([one.covered for one in known], axis=0), np.mean([one.size for one in known], axis=0))


def _groups(folds: Sequence[Fold]) -> list[tuple[str, list[np.ndarray]]]:
    """All test rows of each fold, and those of each class."""
    groups = [("", [np.ones(len(fold.test), dtype=bool) for fold in folds])]
    if np.isfinite(_sizes(folds[0].test)[1]):
        for name in folds[0].test[keys.LABEL].cat.categories:
            groups.append((str(name), [(fold.test[keys.LABEL] == name).to_numpy() for fold in folds]))
    return groups


def _estimate(values: list[np.ndarray], folds: Sequence[Fold]) -> Estimate:
    if len(folds) == 1:
        return corrected_t(values[0], test_share=0)
    return corrected_t(np.array([own.mean() if len(own) else np.nan for own in values]), mean_share(folds))
