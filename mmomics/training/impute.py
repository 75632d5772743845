"""Score imputers on assays hidden from held-out subjects, and fill the cohort."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mmomics import keys
from mmomics.imputation.contract import Imputer, others_seen, without
from mmomics.preparation.fill.minimum import Minimum
from mmomics.training import resemblance
from mmomics.training.fold import Fold
from mmomics.training.imputer import GenerativeImputer
from mmomics.training.units import Unit

# what is hidden: one assay; with it all that another subject without it lacks too; or single values of an assay that has gaps
ALONE, PATTERN, WITHIN = "alone", "pattern", "within"
COLUMNS = [keys.REPEAT, keys.FOLD, "hidden", "modality", "feature", "n", "pearson", "spearman", "r2", "rmse", "coverage", "width"]
OF_ASSAYS = [keys.REPEAT, keys.FOLD, "hidden", "modality", "n", "n_features", "energy", "structure", "follow"]
INSIDE = 1.6448536269514722  # half-width of a 90 % interval in standard deviations
FEWEST = 3  # test rows to correlate over
ROUNDS = 5  # in which all measured values are hidden, a part in each
DRAWS = 5  # of every row, for what a mean does not have: the distribution


@dataclass(frozen=True)
class Question:
    """An assay of some test rows that is hidden, and what is left of their others.

    Attributes
    ----------
    modality : str
    hidden : str
        `ALONE` or `PATTERN`.
    rows : Tensor (n_rows,) int
        Positions.
    seen : dict of str to Tensor (n_rows,)
        What may be looked at.
    """

    modality: str
    hidden: str
    rows: Tensor
    seen: dict[str, Tensor]


def score(imputer: Imputer, fold: Fold, unit: Unit) -> pd.DataFrame:
    """How well each assay of the test rows is predicted from all their other assays; see `scores`."""
    return scores(imputer, fold, unit, [ALONE])[0]


def scores(imputer: Imputer, fold: Fold, unit: Unit, hidings: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How well hidden assays of the test rows are predicted, feature by feature, and how much drawn rows look like true ones.

    Returns
    -------
    of_features : DataFrame
        repeat, fold, hidden, modality, feature, n, pearson, spearman, r2, rmse (standardised values), coverage (share of values inside
        the 90 % interval) and width of that interval. Entries that were not measured do not count.
    of_assays : DataFrame
        repeat, fold, hidden, modality, n, n_features, energy and structure (see `resemblance`); follow, how far (0..1) the network of a
        generative imputer is followed, NaN of one without. Whole assays only.
    """
    tables, assays = [], []
    if WITHIN in hidings:
        tables += [_within(imputer, name, fold, unit) for name in gappy(fold) if fold.seen[name][fold.test].sum() >= FEWEST]
    for question in questions(fold, unit, [hidden for hidden in hidings if hidden != WITHIN]):
        name, features = question.modality, fold.preparation[question.modality].features
        x = {other: values[question.rows] * question.seen[other].unsqueeze(-1) for other, values in fold.x.items()}
        filled = _plain(fold.x[name][question.rows], len(features))
        there = np.ones(filled.shape, dtype=bool)
        if name in fold.measured:
            there = fold.measured[name][question.rows, : len(features)].numpy()
        mean, sd = (_plain(part, len(features)) for part in imputer.predict(name, x, question.seen))
        place = {keys.REPEAT: unit.repeat, keys.FOLD: unit.fold, "hidden": question.hidden, "modality": name}
        tables.append(_judged(place, features, filled, there, mean, sd))
        drawn = _plain(imputer.draw(name, x, question.seen, DRAWS, unit.seed), len(features))
        drawn = np.where(there, drawn, filled)  # rows are looked at whole: where nothing was measured they are the same
        alike = {"energy": resemblance.energy(filled, drawn), "structure": resemblance.structure(filled, drawn)}
        alike["follow"] = imputer.follow(name) if isinstance(imputer, GenerativeImputer) else np.nan
        assays.append({**place, "n": len(filled), "n_features": len(features), **alike})
    of_features = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    return of_features, pd.DataFrame(assays, columns=OF_ASSAYS)


def _within(imputer: Imputer, name: str, fold: Fold, unit: Unit) -> pd.DataFrame:
    """How well single measured values of the test rows are told, a fifth of an assay at a time; as `scores`."""
    rows, features = fold.test[fold.seen[name][fold.test]], fold.preparation[name].features
    there = fold.measured[name][rows]
    random = torch.Generator().manual_seed(int(np.random.default_rng([unit.seed, unit.repeat, unit.fold + 1]).integers(2**31)))
    turn = torch.randint(ROUNDS, there.shape, generator=random)
    shown = torch.cat([there & (turn != k) for k in range(ROUNDS)])
    x, seen = ({other: part[rows.repeat(ROUNDS)] for other, part in parts.items()} for parts in (fold.x, fold.seen))
    parts = imputer.complete(name, {**x, name: x[name] * shown}, seen, shown)
    mean, sd = (_plain(part.unflatten(0, (ROUNDS, -1)).gather(0, turn[None])[0], len(features)) for part in parts)
    place = {keys.REPEAT: unit.repeat, keys.FOLD: unit.fold, "hidden": WITHIN, "modality": name}
    filled, measured = _plain(fold.x[name][rows], len(features)), there[:, : len(features)].numpy()
    return _judged(place, features, filled, measured, _in_range(mean, name, fold), sd)


def _judged(
    place: dict[str, object], features: np.ndarray, filled: np.ndarray, there: np.ndarray, mean: np.ndarray, sd: np.ndarray
) -> pd.DataFrame:  # fmt: skip
    """Measures of every feature, over the entries (n_rows, n_vars) that were measured."""
    inside = _mean(np.where(there, np.abs(filled - mean) <= INSIDE * sd, np.nan))
    quality = _agreement(np.where(there, filled, np.nan), mean) | {"coverage": inside, "width": 2 * INSIDE * sd.mean(0)}
    return pd.DataFrame({**place, "feature": features, "n": there.sum(0), **quality})


def questions(fold: Fold, unit: Unit, hidings: list[str]) -> Iterator[Question]:
    """What is hidden of the test rows.

    Alone: each assay in turn. Pattern: with it all that a training subject lacks who lacks it too, another one for every test row, so that
    assays are hidden together as often as they are missing together. Rows with nothing left are not asked.
    """
    test = {name: flags[fold.test] for name, flags in fold.seen.items()}
    for name in drawable(fold):
        for hidden in hidings:
            shown = without(name, test) if hidden == ALONE else _as_others(name, fold, unit, test)
            asked = test[name] & torch.stack(list(shown.values())).any(0)
            if asked.sum() >= FEWEST:
                yield Question(name, hidden, fold.test[asked], {other: flags[asked] for other, flags in shown.items()})


def _as_others(name: str, fold: Fold, unit: Unit, test: dict[str, Tensor]) -> dict[str, Tensor]:
    """What is left of the test rows when each lacks what a training subject without this assay, drawn at random, lacks."""
    lacking = fold.train[~fold.seen[name][fold.train] & others_seen(name, fold.seen)[fold.train]]
    if not len(lacking):
        return {other: torch.zeros_like(flags) for other, flags in test.items()}
    random = np.random.default_rng([unit.seed, unit.repeat, unit.fold + 1, list(fold.x).index(name)])
    like = lacking[torch.from_numpy(random.integers(len(lacking), size=len(fold.test)))]
    return without(name, {other: flags & fold.seen[other][like] for other, flags in test.items()})


def drawable(fold: Fold) -> list[str]:
    """Modalities to be drawn; covariates help to predict assays but are none, and windows of signals have no mean to draw."""
    return [name for name in fold.preparation if name != keys.CLINICAL and name not in fold.windows]


def lacking(fold: Fold, learned: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Modalities that somebody lacks who has another one, and those rows (n_rows,) int; none that no row of `learned` (int) has."""
    for name in drawable(fold):
        rows = torch.nonzero(~fold.seen[name] & others_seen(name, fold.seen))[:, 0]
        if len(rows) and fold.seen[name][learned].any():
            yield name, rows


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
    """Single entries that measured assays lack: {modality: (rows, mean, sd)} of who has gaps, on the scale of the normalised assay.

    None leaves the range of the training values. Where the preparation takes what is missing for too little to be detected, that stands:
    such gaps are not like what was measured.
    """
    filled = {}
    for name in gappy(fold):
        fitted = fold.preparation[name]
        rows = torch.nonzero(fold.seen[name] & ~fold.measured[name][:, : len(fitted.features)].all(1))[:, 0]
        x, seen = ({other: part[rows] for other, part in parts.items()} for parts in (fold.x, fold.seen))
        mean, sd = (_plain(part, len(fitted.features)) for part in imputer.complete(name, x, seen, fold.measured[name][rows]))
        filled[name] = (rows.numpy(), *fitted.restore(_in_range(mean, name, fold), sd))
    return filled


def gappy(fold: Fold) -> Iterator[str]:
    """Assays of which single values are missing and may be told from others."""
    for name in drawable(fold):
        if name in fold.measured and not isinstance(fold.preparation[name].fill, Minimum) and fold.seen[name][fold.train].any():
            yield name


def _in_range(mean: np.ndarray, name: str, fold: Fold) -> np.ndarray:
    """Values (n_obs, n_vars) no further out than those of the training rows."""
    known = _plain(fold.x[name][fold.train[fold.seen[name][fold.train]]], mean.shape[1])
    return np.clip(mean, known.min(0), known.max(0))


def predictability(imputer: Imputer, fold: Fold) -> dict[str, np.ndarray]:
    """Share (0..1) of each feature's variance that an imputer foretells, {modality: (n_kept,)}, as far as it says."""
    told = {name: imputer.predictability(name) for name in drawable(fold) if fold.seen[name][fold.train].any()}
    return {name: _plain(share, len(fold.preparation[name].features)) for name, share in told.items() if share is not None}


def unanswerable(fold: Fold) -> int:
    """Subjects of whom nothing was measured, and no covariate is known."""
    return int((~torch.stack(list(fold.seen.values())).any(0)).sum())


def _plain(values: Tensor, n: int) -> np.ndarray:
    """Without the columns of filling."""
    out: np.ndarray = values.numpy().astype(float)[..., :n]
    return out


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean of every column over what is not NaN; NaN of fewer than three."""
    n = np.isfinite(values).sum(0)
    return np.where(n >= FEWEST, np.nansum(values, axis=0) / np.maximum(n, 1), np.nan)


def _agreement(truth: np.ndarray, mean: np.ndarray) -> dict[str, np.ndarray]:
    """Measures of every feature over the rows in which the truth is known."""
    from scipy.stats import rankdata

    mean = np.where(np.isnan(truth), np.nan, mean)
    spread = _mean((truth - _mean(truth)) ** 2)
    error = _mean((truth - mean) ** 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        r2 = np.where(spread > 0, 1 - error / spread, np.nan)
    return {
        "pearson": _correlation(truth, mean),
        "spearman": _correlation(*(rankdata(values, axis=0, nan_policy="omit") for values in (truth, mean))),
        "r2": r2,
        "rmse": np.sqrt(error),
    }


def _correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson's correlation of every column; 0 where the prediction is constant, NaN where the truth is."""
    a, b = a - _mean(a), b - _mean(b)
    spread_a, spread_b = np.sqrt(_mean(a**2)), np.sqrt(_mean(b**2))
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.where(spread_b <= 1e-6, 0.0, _mean(a * b) / (spread_a * spread_b))
    return np.where(spread_a > 0, r, np.nan)
