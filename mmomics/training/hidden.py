"""How well imputers tell what is hidden from them: whole assays of held-out subjects, and single values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mmomics import keys
from mmomics.imputation.contract import Imputer, entries, others_seen, without
from mmomics.training import resemblance
from mmomics.training.agreement import FEWEST, agreement
from mmomics.training.fold import Fold
from mmomics.training.impute import drawable, gappy, plain
from mmomics.training.imputer import GenerativeImputer
from mmomics.training.units import Unit

# what is hidden: one assay; with it all that another subject without it lacks too; or single values of an assay that has gaps
ALONE, PATTERN, WITHIN = "alone", "pattern", "within"
COLUMNS = [keys.REPEAT, keys.FOLD, "hidden", "modality", "feature", "n", "pearson", "spearman", "r2", "rmse", "coverage", "width"]
OF_ASSAYS = [keys.REPEAT, keys.FOLD, "hidden", "modality", "n", "n_features", "energy", "structure", "follow"]
ROUNDS = 5  # in which all measured values are hidden, a part in each
LIKENESS = {"energy": resemblance.energy, "structure": resemblance.structure}
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
        tables += [_within(imputer, name, fold, unit) for name, _ in gappy(fold) if fold.seen[name][fold.test].sum() >= FEWEST]
    for question in questions(fold, unit, [hidden for hidden in hidings if hidden != WITHIN]):
        name, rows = question.modality, question.rows
        x = {other: values[rows] * question.seen[other].unsqueeze(-1) for other, values in fold.x.items()}
        filled, there = fold.x[name][rows], entries(name, fold.x, fold.seen, fold.measured)[rows]
        tables.append(_judged(name, question.hidden, fold, filled.where(there, torch.nan), *imputer.predict(name, x, question.seen)))
        drawn = imputer.draw(name, x, question.seen, DRAWS, unit.seed)
        drawn = drawn.where(there, filled)  # rows are looked at whole: where nothing was measured they are the same
        n_features = len(fold.preparation[name].features)
        alike = {key: of(plain(filled, n_features), plain(drawn, n_features)) for key, of in LIKENESS.items()}
        alike["follow"] = imputer.follow(name) if isinstance(imputer, GenerativeImputer) else np.nan
        place = {keys.REPEAT: fold.repeat, keys.FOLD: fold.fold, "hidden": question.hidden, "modality": name}
        assays.append({**place, "n": len(rows), "n_features": n_features, **alike})
    of_features = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    return of_features, pd.DataFrame(assays, columns=OF_ASSAYS)


def _within(imputer: Imputer, name: str, fold: Fold, unit: Unit) -> pd.DataFrame:
    """How well single measured values of the test rows are told, a fifth of an assay at a time; as `scores`."""
    rows, there = fold.test[fold.seen[name][fold.test]], fold.measured[name]
    random = torch.Generator().manual_seed(int(np.random.default_rng([unit.seed, unit.repeat, unit.fold + 1]).integers(2**31)))
    turn = torch.randint(ROUNDS, there[rows].shape, generator=random)
    shown = torch.cat([there[rows] & (turn != k) for k in range(ROUNDS)])
    x, seen = ({other: part[rows.repeat(ROUNDS)] for other, part in parts.items()} for parts in (fold.x, fold.seen))
    parts = imputer.complete(name, {**x, name: x[name] * shown}, seen, shown)[:2]
    mean, sd = (part.unflatten(0, (ROUNDS, -1)).gather(0, turn[None])[0] for part in parts)
    return _judged(name, WITHIN, fold, fold.x[name][rows].where(there[rows], torch.nan), mean, sd)


def _judged(name: str, hidden: str, fold: Fold, truth: Tensor, mean: Tensor, sd: Tensor) -> pd.DataFrame:
    """Measures of every feature; the truth is NaN where nothing was measured."""
    features = fold.preparation[name].features
    place = {keys.REPEAT: fold.repeat, keys.FOLD: fold.fold, "hidden": hidden, "modality": name, "feature": features}
    return pd.DataFrame({**place, **agreement(*(plain(part, len(features)) for part in (truth, mean, sd)))})


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
