"""What is allowed but looks wrong in an aligned cohort: leaks, telling gaps, too little to learn from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from mmomics import keys
from mmomics.cohort.data import CohortData
from mmomics.cohort.outcome import known
from mmomics.errors import listed

ALONE = 0.985  # a single feature that orders the outcome so well is most likely made of it
FEW = 20  # subjects with an assay and an outcome
RARE = 10  # members of a class, or events
TELLING = 1e-3  # p-value at which it is said that an assay's absence goes with the outcome
MOST = 3000  # features looked at per modality, evenly spread
LEVELS = 12  # of a categorical covariate


def suspicions(data: CohortData) -> Iterator[str]:
    """One line per suspicion; nothing is learned or changed."""
    rows = known(data.obs)
    score = _score(data.obs[rows])
    yield from _outcome(data, rows)
    for name, values in data.values.items():
        has = data.seen[name] & rows
        if has.sum() < FEW:
            yield f"modality {name}: only {has.sum()} subjects have it and an outcome; little can be learned from it"
        if has.sum() > 2:
            yield from _leaks(name, values[has], data.features[name], score[data.seen[name][rows]])
        yield from _gaps(name, data.seen[name][rows], data.obs[rows])


def _score(obs: pd.DataFrame) -> np.ndarray:
    """The outcome as something to rank by (n_rows,): a number, a class's code, or how early the event was."""
    if keys.TIME in obs:
        return np.where(obs[keys.EVENT], -obs[keys.TIME].to_numpy(float), np.nan)
    if pd.api.types.is_numeric_dtype(obs[keys.LABEL]):
        return obs[keys.LABEL].to_numpy(float)
    return pd.factorize(obs[keys.LABEL], sort=True)[0].astype(float)


def _outcome(data: CohortData, rows: np.ndarray) -> Iterator[str]:
    if not rows.all():
        yield f"outcome: {(~rows).sum()} of {len(rows)} subjects have none; they train encoders and are not scored"
    obs = data.obs[rows]
    if keys.TIME in obs:
        if obs[keys.EVENT].sum() < RARE:
            yield f"outcome: only {int(obs[keys.EVENT].sum())} events; intervals will be wide"
    elif not pd.api.types.is_numeric_dtype(obs[keys.LABEL]):
        for level, count in obs[keys.LABEL].value_counts().items():
            if count < RARE:
                yield f"outcome: only {count} subjects of class '{level}'; intervals will be wide"
    for name in obs.columns.difference([keys.LABEL, keys.TIME, keys.EVENT, keys.BATCH, keys.PART, keys.GROUP, keys.SUBJECT]):
        cells = obs[name]
        if cells.isna().mean() > 0.5:
            yield f"covariates: '{name}' is missing for {cells.isna().mean():.0%} of the subjects"
        if not pd.api.types.is_numeric_dtype(cells) and cells.nunique() > LEVELS:
            yield f"covariates: '{name}' has {cells.nunique()} levels; is it a category?"
        if cells.nunique() == 1:
            yield f"covariates: '{name}' is the same for everybody"


def _leaks(name: str, values: np.ndarray, features: np.ndarray, score: np.ndarray) -> Iterator[str]:
    chosen = np.unique(np.linspace(0, values.shape[1] - 1, min(MOST, values.shape[1])).astype(int))
    told = np.isfinite(score)
    if told.sum() < 8 or len(np.unique(score[told])) < 2:
        return
    x, ranked = values[told][:, chosen], stats.rankdata(score[told])
    full = ~np.isnan(x).any(axis=0) & (np.nanmin(x, axis=0) < np.nanmax(x, axis=0)) if len(chosen) else np.array([], dtype=bool)
    ranks = stats.rankdata(x[:, full], axis=0)
    if not ranks.shape[1]:
        return
    centred, target = ranks - ranks.mean(0), ranked - ranked.mean()
    # the highest that ties allow: a feature that sorts the outcome perfectly reaches it
    most = np.sqrt((centred**2).sum(0) * (target**2).sum())
    ordered = np.sort(ranks, axis=0) - ranks.mean(0)
    ceiling = ordered.T @ np.sort(target) / most
    strength = np.abs(centred.T @ target / most) / np.where(ceiling > 0, ceiling, np.inf)
    found = features[chosen][full][strength > ALONE]
    if len(found):
        yield f"modality {name}: {len(found)} features order the outcome alone ({listed(found)}); are they made of it? then `drop` them"


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
