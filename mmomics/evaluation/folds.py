"""The folds with the truth of their rows, and each model's predictions laid out along them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.errors import UserError, listed

Answers = list[dict[int, pd.DataFrame]]  # of one model, along the folds: seed -> prediction of the fold's test rows, in their order


@dataclass(frozen=True)
class Fold:
    """One fold of one repeat."""

    repeat: int
    fold: int
    test: pd.DataFrame  # truth of the test rows
    train: pd.DataFrame  # truth of those training rows that have an outcome
    n_train: int  # training rows, with and without outcome
    groups: np.ndarray  # whose each test row is: visits of one subject are no independent evidence

    def __str__(self) -> str:
        return f"repeat {self.repeat} fold {self.fold}"

    def only(self, own: np.ndarray) -> Fold:
        """The same fold with some of its test rows, bool (n_test,)."""
        return replace(self, test=self.test[own], groups=self.groups[own])


def read_folds(splits: pd.DataFrame, truth: pd.DataFrame, where: object = "splits", groups: pd.Series | None = None) -> list[Fold]:
    """Every fold that tests someone, in order.

    Parameters
    ----------
    splits : DataFrame
        Columns repeat, fold, subject, role.
    truth : DataFrame
        Truth of all subjects with an outcome, as the task's `known` makes it.
    groups : Series, optional
        Group of each subject (missing = of its own): rows of one group are resampled together. Default: everybody alone.

    Raises
    ------
    UserError
        If no fold has test rows, or a test row has no outcome.
    """
    folds = []
    tests = splits[splits[keys.FOLD] != keys.WHOLE]
    for (repeat, fold), rows in tests.groupby([keys.REPEAT, keys.FOLD], sort=True):
        subjects = {role: pd.Index(rows.loc[rows[keys.ROLE] == role, keys.SUBJECT]) for role in (keys.TEST, keys.TRAIN)}
        unknown = subjects[keys.TEST].difference(truth.index)
        if len(unknown):
            raise UserError(f"{where}: repeat {repeat} fold {fold}", f"{len(unknown)} test rows have no outcome", "run `split` again")
        train = truth.loc[truth.index.intersection(subjects[keys.TRAIN])]
        tested = subjects[keys.TEST].to_numpy(dtype=object)
        own = tested if groups is None else groups.reindex(tested).astype(object).where(lambda found: found.notna(), tested).to_numpy()
        folds.append(Fold(int(repeat), int(fold), truth.loc[subjects[keys.TEST]], train, len(subjects[keys.TRAIN]), own))
    if not folds:
        raise UserError(where, "no fold has test rows", "run `split` again")
    return folds


def arrange(predictions: pd.DataFrame, folds: Sequence[Fold], outputs: Sequence[str], model: str) -> Answers:
    """The predictions of one model along the folds, each in the order of the fold's test rows.

    Parameters
    ----------
    predictions : DataFrame
        `predictions.parquet` of all shards: repeat, fold, seed, subject and the outputs.
    folds : sequence of Fold
        The folds that every model must have predicted.
    outputs : sequence of str
        Columns that must be there; others are kept, too.
    model : str
        For messages.

    Raises
    ------
    UserError
        If an output is missing or not finite, or any fold and seed lacks test rows or has other rows. The message names model,
        fold and how many.
    """
    where = f"predictions of '{model}'"
    absent = [name for name in [keys.REPEAT, keys.FOLD, keys.SEED, keys.SUBJECT, *outputs] if name not in predictions]
    if absent:
        raise UserError(where, f"no column {listed(absent)}", "train the model again with this version")
    values = predictions.columns.difference([keys.REPEAT, keys.FOLD, keys.SEED, keys.SUBJECT], sort=False)
    units = dict(iter(predictions.groupby([keys.REPEAT, keys.FOLD, keys.SEED])))
    seeds = sorted({seed for _, _, seed in units})
    known = {(fold.repeat, fold.fold) for fold in folds}
    other = sorted({f"repeat {repeat} fold {fold}" for repeat, fold, _ in units if (repeat, fold) not in known})
    if other or not seeds:
        problem = f"predicted {listed(other)}, which the splits do not have" if other else "no rows"
        raise UserError(where, problem, "train the model again on these splits")
    answers: Answers = []
    for fold in folds:
        answers.append({})
        for seed in seeds:
            rows = units.get((fold.repeat, fold.fold, seed), predictions.iloc[:0]).set_index(keys.SUBJECT)[values]
            _check(rows, fold, f"{where}: {fold} seed {seed}")
            answers[-1][int(seed)] = rows.loc[fold.test.index]
    return answers


def mean_share(folds: Sequence[Fold], labelled: bool = True) -> float:
    """Test rows per training row, n_test / n_train of a fold; `labelled`: only training rows that have an outcome count."""
    return float(np.mean([len(fold.test) / max(1, len(fold.train) if labelled else fold.n_train) for fold in folds]))


def pooled(folds: Sequence[Fold], answers: Answers) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Truth, prediction (the numbers, the mean over seeds) and fold number of the held-out rows of the first repeat, under one another."""
    first = [(fold, by_seed) for fold, by_seed in zip(folds, answers, strict=True) if fold.repeat == folds[0].repeat]
    truth = pd.concat([fold.test for fold, _ in first])
    numbers = [[one.select_dtypes("number") for one in by_seed.values()] for _, by_seed in first]
    prediction = pd.concat([sum(of_seeds) / len(of_seeds) for of_seeds in numbers])
    return truth, prediction, np.repeat([fold.fold for fold, _ in first], [len(fold.test) for fold, _ in first])


def _check(rows: pd.DataFrame, fold: Fold, where: str) -> None:
    missing = len(fold.test.index.difference(rows.index))
    surplus = len(rows) - (len(fold.test) - missing)
    cure = "train the model again on these splits"
    if missing:
        raise UserError(where, f"{missing} of {len(fold.test)} test rows have no prediction", cure)
    if surplus:
        raise UserError(where, f"{surplus} rows more than the {len(fold.test)} test rows", cure)
    bad = int((~np.isfinite(rows.select_dtypes("number").to_numpy(dtype=float))).any(1).sum())
    if bad:
        raise UserError(where, f"{bad} of {len(rows)} predictions are not finite numbers", "see the training log")
