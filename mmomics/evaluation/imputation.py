"""How well hidden assays are imputed: the mean over features and folds, with intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.evaluation.intervals import corrected_t

METRICS = {
    "pearson": (-1.0, 1.0),
    "spearman": (-1.0, 1.0),
    "r2": (-float("inf"), 1.0),
    "rmse": (0.0, float("inf")),
    "coverage": (0.0, 1.0),
}
OF_TRUTH = ["pearson", "spearman", "r2"]  # NaN exactly where the truth is constant
COLUMNS = ["imputer", "modality", "metric", "mean", "lower", "upper", "n_features"]


def imputation(scores: Mapping[str, pd.DataFrame], test_share: float) -> pd.DataFrame:
    """Mean quality of each imputer and hidden modality.

    A feature that is constant in the hidden test rows is left out of every metric: there is nothing to tell apart, and filling in
    the constant is no merit. Its correlations or R2 are NaN. A metric that an imputer does not define (coverage without an
    uncertainty) has no rows.

    Parameters
    ----------
    scores : mapping
        Imputer -> `scores.parquet` of all its shards.
    test_share : float
        n_test / n_train of a fold.

    Returns
    -------
    DataFrame
        imputer, modality, metric, mean, lower, upper, n_features; a modality without a feature that varies has rows of NaN with
        n_features 0. With several folds the interval is over the folds' means
        (corrected resampled t). With one it is over features taken as independent, which correlated features are not: too
        narrow, and silent about other subjects.
    """
    rows = []
    for imputer, table in scores.items():
        if table.empty:  # a cohort with one modality hides nothing
            continue
        for modality, own in table.groupby("modality", sort=False):
            varies = own[own[OF_TRUTH].notna().all(axis=1)]
            if varies.empty:
                rows += [(imputer, modality, metric, np.nan, np.nan, np.nan, 0) for metric in METRICS if own[metric].notna().any()]
                continue
            for metric, limits in METRICS.items():
                values = varies[[keys.REPEAT, keys.FOLD, "feature", metric]].dropna()
                if values.empty:
                    continue
                by_fold = values.groupby([keys.REPEAT, keys.FOLD])[metric].mean()
                one = len(by_fold) == 1
                found = corrected_t((values[metric] if one else by_fold).to_numpy(), 0 if one else test_share).within(*limits)
                rows.append((imputer, modality, metric, found.mean, found.lower, found.upper, values["feature"].nunique()))
    return pd.DataFrame(rows, columns=COLUMNS)
