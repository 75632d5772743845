"""What is allowed but looks wrong in an aligned cohort: leaks, telling gaps, too little to learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy import special, stats

from mmomics import keys
from mmomics.cohort.data import CohortData
from mmomics.cohort.outcome import known
from mmomics.errors import count, listed
from mmomics.onboarding import levels
from mmomics.onboarding.people import several
from mmomics.tables import _missing

ALONE = {"classes": 0.985, "numbers": 0.95}  # rank correlation, as a share of the highest possible, at which one feature tells the outcome
CHANCE = 1e-3  # p-value, over all features, from which chance is no explanation
FEW = 20  # subjects with an assay and an outcome
RARE = 10  # members of a class, or events
TELLING = 1e-3  # p-value at which it is said that an assay's absence goes with the outcome
HOLES = 0.25  # difference between groups in the share of missing values of a feature
MOST = 3000  # features looked at per modality, evenly spread
LEVELS = 12  # of a categorical covariate
STRAY = 0.1  # share of a column whose cells are no numbers, up to which it was meant to be one of numbers


def suspicions(data: CohortData) -> Iterator[str]:
    """One line per suspicion; nothing is learned or changed."""
    rows = known(data.obs)
    obs = data.obs[rows]
    scores = _scores(obs)
    yield from _outcome(data, rows)
    yield from _several(data)
    for name, values in data.values.items():
        has = data.seen[name] & rows
        if has.sum() < FEW:
            yield f"modality {name}: only {count(int(has.sum()), 'subject has', 'subjects have')} it and an outcome: too few to learn from"
        among = data.seen[name][rows]
        chosen = looked_at(values.shape[1])
        x, features = values[has][:, chosen], data.features[name][chosen]
        yield from _leaks(name, x, features, [(score[among], least) for score, least in scores])
        yield from _holes(name, x, features, _groups(obs)[among])
        yield from _gaps(name, among, obs)


def looked_at(n_features: int) -> np.ndarray:
    """Positions of the features of a modality that are looked at, int (n_features,) or (MOST,)."""
    return np.unique(np.linspace(0, n_features - 1, min(MOST, n_features)).astype(int))


def _several(data: CohortData) -> Iterator[str]:
    """Ids such as 007_A and 007_B: samples of one person, it seems, who would be both learned from and tested on."""
    people = None if keys.GROUP in data.obs else several([str(subject) for subject in data.subjects])
    if people:
        cure = f"set `samples.subject_pattern` ({people.pattern}) and `samples.visits`, or `split.group`"
        yield f"subjects: {people.told}, as if people had several samples, which splits may then part; {cure}"


def _scores(obs: pd.DataFrame) -> list[tuple[np.ndarray, float]]:
    """The outcome as things to rank by (n_rows,), NaN = not of these rows, and how well a feature may do before it is suspected."""
    numbers, classes = ALONE["numbers"], ALONE["classes"]
    if keys.TIME in obs:
        time, event = obs[keys.TIME].to_numpy(float), obs[keys.EVENT].to_numpy(float)
        return [(np.where(event > 0, time, np.nan), numbers), (np.where(event > 0, np.nan, time), numbers), (event, classes)]
    if pd.api.types.is_numeric_dtype(obs[keys.LABEL]):
        return [(obs[keys.LABEL].to_numpy(float), numbers)]
    levels = sorted(obs[keys.LABEL].unique())
    return [((obs[keys.LABEL] == level).to_numpy(float), classes) for level in levels[: len(levels) if len(levels) > 2 else 1]]


def _groups(obs: pd.DataFrame) -> np.ndarray:
    """The outcome as groups (n_rows,): classes, events, or the halves of a number."""
    if keys.TIME in obs:
        return obs[keys.EVENT].to_numpy().astype(str)
    if pd.api.types.is_numeric_dtype(obs[keys.LABEL]):
        return (obs[keys.LABEL] > obs[keys.LABEL].median()).to_numpy().astype(str)
    return obs[keys.LABEL].astype(str).to_numpy()


def _outcome(data: CohortData, rows: np.ndarray) -> Iterator[str]:
    if not rows.all() and keys.TIME not in data.obs:  # of times, the reader says why
        yield f"outcome: none is known of {(~rows).sum()} of {count(len(rows), 'subject')}; they train encoders and are not scored"
    obs = data.obs[rows]
    if keys.TIME in obs:
        if obs[keys.EVENT].sum() < RARE:
            yield f"outcome: only {count(int(obs[keys.EVENT].sum()), 'event')}; intervals will be wide"
    elif not pd.api.types.is_numeric_dtype(obs[keys.LABEL]):
        for level, members in obs[keys.LABEL].value_counts().items():
            if members < RARE:
                yield f"outcome: only {count(members, 'subject')} of class '{level}'; intervals will be wide"
    orders: dict[bytes, str] = {}
    for name in obs.columns.difference([keys.LABEL, keys.TIME, keys.EVENT, keys.BATCH, keys.STRATUM, keys.PART, keys.GROUP, keys.SUBJECT]):
        cells = obs[name]
        if cells.isna().mean() > 0.5:
            yield f"covariates: '{name}' is missing for {cells.isna().mean():.0%} of the subjects"
        words = pd.Series(dtype=object) if pd.api.types.is_numeric_dtype(cells) else cells.dropna()
        words = words[pd.to_numeric(words, errors="coerce").isna()]
        limits = words.astype(str).str.fullmatch(_missing.LIMIT) | words.astype(str).str.fullmatch(_missing.PER_CENT)
        if len(words) and (len(words) <= STRAY * cells.notna().sum() or limits.all()):
            told = count(len(words), "cell is no number", "cells are no numbers")
            cure = "mend them, or list them in `samples.na_values`"
            yield f"covariates: '{name}' is taken for a category, as {told} ({listed(words.unique(), 3)}); {cure}"
        elif not pd.api.types.is_numeric_dtype(cells) and cells.nunique() > LEVELS:
            yield f"covariates: '{name}' has {cells.nunique()} levels; is it a category?"
        if cells.nunique() == 1:
            yield f"covariates: '{name}' is the same for everybody"
        elif cells.nunique() > 1:  # in other units, or by other names, too
            order = cells.rank().to_numpy() if pd.api.types.is_numeric_dtype(cells) else pd.factorize(cells)[0]
            if (first := orders.setdefault(order.tobytes(), str(name))) != name:
                yield f"covariates: '{name}' tells subjects apart as '{first}' does; one of them is enough"
        yield from levels.spellings(str(name), cells)


def _leaks(name: str, x: np.ndarray, features: np.ndarray, scores: Sequence[tuple[np.ndarray, float]]) -> Iterator[str]:
    """Features that tell the outcome by themselves, each in the rows that have it."""
    suspected = np.zeros(len(features), dtype=bool)
    missing = np.isnan(x)
    for score, least in scores:
        told = np.isfinite(score)
        full = ~missing[told].any(axis=0)
        suspected[full] |= _ordered(x[told][:, full], score[told], len(features)) > least
        for column in np.flatnonzero(~full):
            rows = told & ~missing[:, column]
            suspected[column] |= (_ordered(x[rows][:, [column]], score[rows], len(features)) > least).any()
    if suspected.any():
        many = suspected.sum() > 1
        which = (
            f"{suspected.sum()} features ({listed(features[suspected])}) nearly tell"
            if many
            else f"'{features[suspected][0]}' nearly tells"
        )
        cure = "take {} out of `covariates`" if name == keys.CLINICAL else "`drop` {}"
        cure = cure.format("them" if many else "it")
        by, asked = ("themselves", "are they") if many else ("itself", "is it")
        yield f"modality {name}: {which} the outcome by {by}; {asked} made of the outcome, or known only after it? then {cure}"


def _ordered(x: np.ndarray, score: np.ndarray, n_tests: int) -> np.ndarray:
    """Rank correlation of columns with a score as a share of the highest that ties allow, 0..1; 0 where it may be chance."""
    n = len(score)
    strength = np.zeros(x.shape[1])
    if n < 8 or len(np.unique(score)) < 2:
        return strength
    varied = x.min(axis=0) < x.max(axis=0)
    ranks, target = stats.rankdata(x[:, varied], axis=0), stats.rankdata(score)
    centred, target = ranks - ranks.mean(axis=0), target - target.mean()
    scale = np.sqrt((centred**2).sum(axis=0) * (target**2).sum())
    r = np.abs(centred.T @ target) / scale
    ceiling = (np.sort(centred, axis=0).T @ np.sort(target)) / scale
    p = stats.t.sf(r * np.sqrt((n - 2) / np.maximum(1 - r**2, 1e-12)), n - 2)
    # no order of few members of a class is rarer than one among all that there are
    p = np.maximum(p, np.exp(special.gammaln(np.unique(score, return_counts=True)[1] + 1).sum() - special.gammaln(n + 1)))
    strength[varied] = np.where(p * n_tests < CHANCE, r / ceiling, 0.0)
    return strength


def _holes(name: str, x: np.ndarray, features: np.ndarray, groups: np.ndarray) -> Iterator[str]:
    """Features that are missing in some groups of the outcome and there in others."""
    missing = np.isnan(x)
    partly = missing.any(axis=0) & ~missing.all(axis=0)
    if not partly.any() or len(np.unique(groups)) < 2:
        return
    patterns, which = np.unique(missing[:, partly], axis=1, return_inverse=True)
    guilty = np.zeros(patterns.shape[1], dtype=bool)
    for place, pattern in enumerate(patterns.T):
        table = pd.crosstab(groups, pattern).to_numpy()
        shares = table[:, 1] / table.sum(axis=1)
        if shares.max() - shares.min() > HOLES:
            p = stats.fisher_exact(table).pvalue if table.shape == (2, 2) else stats.chi2_contingency(table).pvalue
            guilty[place] = p * patterns.shape[1] < 10 * CHANCE
    found = features[partly][guilty[which.ravel()]]
    if len(found):
        cure = f"was it measured in some groups only? then `drop` {'it' if len(found) == 1 else 'them'}"
        yield f"modality {name}: what is missing of {count(len(found), 'feature')} goes with the outcome ({listed(found)}); {cure}"


def _gaps(name: str, has: np.ndarray, obs: pd.DataFrame) -> Iterator[str]:
    """Whether having an assay goes with the outcome: then its absence tells what it should not."""
    if has.all() or not has.any():
        return
    if keys.TIME in obs:
        from lifelines.statistics import logrank_test

        time, event = obs[keys.TIME].to_numpy(float), obs[keys.EVENT].to_numpy(bool)
        p = float(logrank_test(time[has], time[~has], event[has], event[~has]).p_value)
    elif pd.api.types.is_numeric_dtype(obs[keys.LABEL]):
        label = obs[keys.LABEL].to_numpy(float)
        p = float(stats.mannwhitneyu(label[has], label[~has]).pvalue)
    else:
        p = float(stats.chi2_contingency(pd.crosstab(has, obs[keys.LABEL])).pvalue)
    if p < TELLING:
        yield f"modality {name}: who has it goes with the outcome (p = {p:.1g}); was it measured by design in some groups only?"
