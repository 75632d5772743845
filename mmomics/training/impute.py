"""Score imputers on assays hidden from held-out subjects, and fill the cohort."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mmomics import keys
from mmomics.imputation.contract import Imputer, without
from mmomics.training.fold import Fold
from mmomics.training.units import Unit

COLUMNS = [keys.REPEAT, keys.FOLD, "modality", "feature", "n", "pearson", "spearman", "r2", "rmse", "coverage"]
INSIDE = 1.6448536269514722  # half-width of a 90 % interval in standard deviations


def score(imputer: Imputer, fold: Fold, unit: Unit) -> pd.DataFrame:
    """How well each assay of the test rows is predicted from their other assays.

    Returns
    -------
    DataFrame
        repeat, fold, modality (the hidden one), feature, n, pearson, spearman, r2, rmse (standardised values), coverage (share of
        values inside the 90 % interval).
    """
    tables = []
    for name, fitted in fold.preparation.items():
        if name == keys.CLINICAL or name in fold.windows:
            continue  # covariates and windows of signals help to predict assays; covariates are none, and windows have no mean to draw
        asked = fold.test[(fold.seen[name] & _others_seen(name, fold.seen))[fold.test]]
        if len(asked) < 3:
            continue
        x = {other: values[asked] for other, values in fold.x.items()}
        truth = x[name].numpy().astype(float)[:, : len(fitted.features)]
        hidden = {**x, name: torch.zeros_like(x[name])}
        mean, sd = (
            part.numpy().astype(float) for part in imputer.predict(name, hidden, {k: flags[asked] for k, flags in fold.seen.items()})
        )
        mean, sd = mean[:, : len(fitted.features)], sd[:, : len(fitted.features)]  # without the filling
        table = pd.DataFrame(
            {keys.REPEAT: unit.repeat, keys.FOLD: unit.fold, "modality": name, "feature": fitted.features, "n": len(asked)}
        )
        tables.append(table.assign(**_agreement(truth, mean), coverage=(np.abs(truth - mean) <= INSIDE * sd).mean(0)))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)


def fill(imputer: Imputer, fold: Fold) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Every assay that a subject lacks: {modality: (rows, mean, sd)} on the scale of the normalised assay.

    Subjects of whom nothing was measured are left out: there is nothing to draw from.
    """
    filled = {}
    for name, fitted in fold.preparation.items():
        if name == keys.CLINICAL or name in fold.windows:
            continue
        rows = torch.nonzero(~fold.seen[name] & _others_seen(name, fold.seen))[:, 0]
        if not len(rows):
            continue
        x = {other: values[rows] for other, values in fold.x.items()}
        mean, sd = imputer.predict(name, x, {other: flags[rows] for other, flags in fold.seen.items()})
        value, spread = (part.numpy()[:, : len(fitted.features)] for part in (mean, sd))
        filled[name] = (rows.numpy(), *fitted.restore(value, spread))
    return filled


def _others_seen(name: str, seen: dict[str, Tensor]) -> Tensor:
    """Rows that have another modality to predict this one from (n_obs,)."""
    return torch.stack(list(without(name, seen).values())).any(0)


def _agreement(truth: np.ndarray, mean: np.ndarray) -> dict[str, np.ndarray]:
    from scipy.stats import rankdata

    spread = ((truth - truth.mean(0)) ** 2).mean(0)
    error = ((truth - mean) ** 2).mean(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        r2 = np.where(spread > 0, 1 - error / spread, np.nan)
    return {
        "pearson": _correlation(truth, mean),
        "spearman": _correlation(rankdata(truth, axis=0), rankdata(mean, axis=0)),
        "r2": r2,
        "rmse": np.sqrt(error),
    }


def _correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson's correlation of every column; 0 where the prediction is constant, NaN where the truth is."""
    a, b = a - a.mean(0), b - b.mean(0)
    norm_a, norm_b = np.sqrt((a**2).sum(0)), np.sqrt((b**2).sum(0))
    constant = norm_b <= 1e-6 * np.sqrt(len(b))
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.where(constant, 0.0, (a * b).sum(0) / (norm_a * norm_b))
    return np.where(norm_a > 0, r, np.nan)
