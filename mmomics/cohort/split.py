"""Who trains and who tests: by subject, stratified by the outcome, drawn from one seed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from mmomics import keys
from mmomics.cohort.outcome import known
from mmomics.config.protocol import Split
from mmomics.errors import UserError, did_you_mean, listed

QUANTILES = 4  # strata of a time or a number; fewer in a small cohort
NONE = "no outcome"


def split(obs: pd.DataFrame, settings: Split, seed: int) -> pd.DataFrame:
    """Every fold of every repeat, and the fold `keys.WHOLE` in which all train.

    Subjects without outcome train in every fold; but one whose group is tested has no row in that fold, since no group may
    stand on both sides.

    Parameters
    ----------
    obs : DataFrame
        Of the cohort; index = subjects.
    settings : Split
        The scheme.
    seed : int
        Equal seeds give equal splits, whatever the order of the subjects.

    Returns
    -------
    DataFrame
        Columns repeat, fold, subject, role and inner: one row per repeat, fold and subject.

    Raises
    ------
    UserError
        If there are too few subjects, groups or events for the folds, or the preset column marks no test rows.
    """
    obs = obs.sort_index()
    level, amount = _levels(obs)
    groups = _groups(obs)
    tables = []
    for repeat, fold, test in _outer(obs, settings, seed):
        train = ~test & ~np.isin(groups, groups[test])
        n = len(np.unique(groups[train]))
        if n < settings.inner:
            raise UserError("split.inner", f"{n} training {_noun(obs)} are too few for {settings.inner} inner folds", "ask for fewer")
        inner = np.full(len(obs), -1)
        inner[train] = _folds(level[train], amount[train], groups[train], settings.inner, [seed, repeat, fold + 1, 1])
        role = np.where(test, keys.TEST, keys.TRAIN)
        table = pd.DataFrame({keys.REPEAT: repeat, keys.FOLD: fold, keys.SUBJECT: obs.index, keys.ROLE: role, keys.INNER: inner})
        tables.append(table[train | test])
    return pd.concat(tables, ignore_index=True)


def _outer(obs: pd.DataFrame, settings: Split, seed: int) -> Iterator[tuple[int, int, np.ndarray]]:
    """Repeat, fold and the test rows, bool (n_obs,)."""
    yield 0, keys.WHOLE, np.zeros(len(obs), dtype=bool)
    if settings.scheme == "preset":
        yield 0, 0, _preset(obs, settings)
        return
    has = known(obs)
    level, amount, groups = (each[has] for each in (*_levels(obs), _groups(obs)))
    for name in np.unique(level[level != "censored"]):
        n = len(np.unique(groups[level == name]))
        if n < settings.folds:
            problem = f"{n} {_noun(obs)} with outcome '{name}' are too few for {settings.folds} folds"
            cures = [f"set `folds` to at most {n}"] if n > 1 else []
            if keys.TIME not in obs and not pd.api.types.is_numeric_dtype(obs[keys.LABEL]):
                cures.append("merge classes with `outcome.labels`, or leave this one out with a blank label there")
            raise UserError("split.folds", problem, ", ".join(cures) or "that needs at least 2")
    for repeat in range(settings.repeats):
        folds = np.full(len(obs), -1)
        folds[has] = _folds(level, amount, groups, settings.folds, [seed, repeat, 0, 0])
        for fold in range(settings.folds):
            yield repeat, fold, folds == fold


def _preset(obs: pd.DataFrame, settings: Split) -> np.ndarray:
    if keys.PART not in obs:
        raise UserError("split.column", "the scheme is preset, but no column says who tests", "set `split.column`, or stack labelled files")
    parts, has, groups = obs[keys.PART], known(obs), _groups(obs)
    if not (parts == settings.test).any():
        raise UserError(
            "split.test", f"no subject has '{settings.test}' in the preset column", did_you_mean(settings.test, parts.dropna().unique())
        )
    test = (parts == settings.test).to_numpy() & has
    level = _levels(obs)[0]
    lacking = set(level[has]) - set(level[has & ~test]) - {"censored"}
    if lacking or not test.any():
        raise UserError(
            "split.test",
            f"the preset split has nobody to {'train' if lacking else 'test'} on, with outcome '{listed(sorted(lacking)) or 'any'}'",
            "mend the column",
        )
    across = np.intersect1d(groups[test], groups[has & ~test])
    if len(across):
        raise UserError("split.group", f"the preset split divides {len(across)} groups", "mend the column, or leave out `split.group`")
    return test


def _levels(obs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """What to stratify by, in every fold and as finely as numbers allow: a name (n_obs,), and a number (n_obs,) or NaN."""
    has = known(obs)
    if keys.TIME in obs:
        return np.where(has, np.where(obs[keys.EVENT], "event", "censored"), NONE), obs[keys.TIME].to_numpy(dtype=float)
    if pd.api.types.is_numeric_dtype(obs[keys.LABEL]):
        return np.where(has, "a number", NONE), obs[keys.LABEL].to_numpy(dtype=float)
    return np.where(has, obs[keys.LABEL].astype(str), NONE), np.full(len(obs), np.nan)


def _groups(obs: pd.DataFrame) -> np.ndarray:
    """A number per group (n_obs,); a subject whose group is not known is a group of its own."""
    if keys.GROUP not in obs:
        return np.arange(len(obs))
    codes = pd.factorize(obs[keys.GROUP])[0]
    return np.where(codes < 0, len(obs) + np.arange(len(obs)), codes)


def _noun(obs: pd.DataFrame) -> str:
    return "groups" if keys.GROUP in obs else "subjects"


def _folds(level: np.ndarray, amount: np.ndarray, groups: np.ndarray, k: int, entropy: list[int]) -> np.ndarray:
    """A fold 0..k-1 for each row, stratified, groups kept whole."""
    strata = np.zeros(len(level), dtype=int)
    for i, name in enumerate(np.unique(level)):
        rows = np.flatnonzero(level == name)
        bins = 1 if np.isnan(amount[rows]).all() else int(np.clip(len(rows) // k, 1, QUANTILES))
        rank = np.argsort(np.argsort(amount[rows], kind="stable"))
        strata[rows] = i * QUANTILES + rank * bins // len(rows)
    names, counts = np.unique(strata, return_counts=True)
    strata[np.isin(strata, names[counts < k])] = names[counts.argmax()]  # too rare for every fold to have one
    state = int(np.random.SeedSequence(entropy).generate_state(1)[0])
    single = len(np.unique(groups)) == len(groups)
    scheme = (StratifiedKFold if single else StratifiedGroupKFold)(k, shuffle=True, random_state=state)
    folds = np.empty(len(level), dtype=int)
    for fold, (_, test) in enumerate(scheme.split(strata, strata, None if single else groups)):
        folds[test] = fold
    return folds
