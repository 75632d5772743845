"""How well hidden assays are imputed: the mean over features and folds, with intervals."""

from __future__ import annotations

from collections.abc import Mapping

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
COLUMNS = ["imputer", "modality", "metric", "mean", "lower", "upper", "n_features"]


def imputation(scores: Mapping[str, pd.DataFrame], test_share: float) -> pd.DataFrame:
    """Mean quality of each imputer and hidden modality.

    A feature whose value is NaN (constant in the test rows, or an imputer without uncertainty) is left out of that metric's
    mean and of `n_features`.

    Parameters
    ----------
    scores : mapping
        Imputer -> `scores.parquet` of all its shards.
    test_share : float
        n_test / n_train of a fold.

    Returns
    -------
    DataFrame
        imputer, modality, metric, mean, lower, upper, n_features. With several folds the interval is over the folds' means
        (corrected resampled t). With one it is over features taken as independent, which correlated features are not: too
        narrow, and silent about other subjects.
    """
    rows = []
    for imputer, table in scores.items():
        for modality, own in table.groupby("modality", sort=False):
            for metric, limits in METRICS.items():
                values = own[[keys.REPEAT, keys.FOLD, "feature", metric]].dropna()
                if values.empty:
                    continue
                by_fold = values.groupby([keys.REPEAT, keys.FOLD])[metric].mean()
                one = len(by_fold) == 1
                found = corrected_t((values[metric] if one else by_fold).to_numpy(), 0 if one else test_share).within(*limits)
                rows.append((imputer, modality, metric, found.mean, found.lower, found.upper, values["feature"].nunique()))
    return pd.DataFrame(rows, columns=COLUMNS)
