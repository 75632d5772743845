"""Fill a cohort by a fitted imputer: assays that subjects lack, and single values that a measured assay lacks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from mmomics import keys
from mmomics.imputation.contract import Imputer, others_seen
from mmomics.preparation.fill.minimum import Minimum
from mmomics.training.fold import Fold


def drawable(fold: Fold) -> list[str]:
    """Modalities to be drawn; covariates help to predict assays but are none, and windows of signals have no mean to draw."""
    return [name for name in fold.preparation if name != keys.CLINICAL and name not in fold.windows]


def lacking(fold: Fold, learned: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Modalities that somebody lacks who has another one, and those rows (n_rows,) int; none that no row of `learned` (int) has."""
    for name in drawable(fold):
        rows = torch.nonzero(~fold.seen[name] & others_seen(name, fold.seen))[:, 0]
        if len(rows) and fold.seen[name][learned].any():
            yield name, rows


def gappy(fold: Fold) -> Iterator[tuple[str, Tensor]]:
    """Assays of which single values are missing and may be told from others, and the rows (n_rows,) int that lack some.

    None of which the preparation takes what is missing for too little to be detected: such gaps are not like what was measured.
    """
    for name in drawable(fold):
        if name in fold.measured and not isinstance(fold.preparation[name].fill, Minimum) and fold.seen[name][fold.train].any():
            gaps = ~fold.measured[name][:, : len(fold.preparation[name].features)].all(1)
            yield name, torch.nonzero(fold.seen[name] & gaps)[:, 0]


def among_training(fold: Fold) -> Tensor:
    """Position of every subject (n_subjects,) among the training rows, -1 of who is none."""
    places = torch.full((len(fold.y),), -1)
    places[fold.train] = torch.arange(len(fold.train))
    return places


def fill(imputer: Imputer, fold: Fold) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Every assay that a subject lacks: {modality: (rows, mean, sd)} on the scale of the normalised assay.

    Subjects of whom nothing was measured are left out: there is nothing to draw from.
    """
    filled = {}
    for name, rows in lacking(fold, torch.arange(len(fold.y))):
        x = {other: values[rows] for other, values in fold.x.items()}
        mean, sd = imputer.predict(name, x, {other: flags[rows] for other, flags in fold.seen.items()})
        fitted = fold.preparation[name]
        value, spread = (part.numpy()[:, : len(fitted.features)] for part in (mean, sd))
        filled[name] = (rows.numpy(), *fitted.restore(value, spread))
    return filled


def complete(imputer: Imputer, fold: Fold) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Single entries that measured assays lack: {modality: (rows, mean, sd)} of who has gaps, on the scale of the normalised assay."""
    filled = {}
    for name, rows in gappy(fold):
        fitted = fold.preparation[name]
        x, seen = ({other: part[rows] for other, part in parts.items()} for parts in (fold.x, fold.seen))
        mean, sd, _ = imputer.complete(name, x, seen, fold.measured[name][rows], among_training(fold)[rows])
        filled[name] = (rows.numpy(), *fitted.restore(*(plain(part, len(fitted.features)) for part in (mean, sd))))
    return filled


def predictability(imputer: Imputer, fold: Fold) -> dict[str, np.ndarray]:
    """Share (0..1) of each feature's variance that an imputer foretells, {modality: (n_kept,)}, as far as it says."""
    told = {name: imputer.predictability(name) for name in drawable(fold) if fold.seen[name][fold.train].any()}
    return {name: plain(share, len(fold.preparation[name].features)) for name, share in told.items() if share is not None}


def unanswerable(fold: Fold) -> int:
    """Subjects of whom nothing was measured, and no covariate is known."""
    return int((~torch.stack(list(fold.seen.values())).any(0)).sum())


def plain(values: Tensor, n: int) -> np.ndarray:
    """Without the columns of filling."""
    out: np.ndarray = values.numpy().astype(float)[..., :n]
    return out
