"""Pairs counted by sorting are those of the tables of all pairs, and many subjects need no such table."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
import torch

from mmomics import plugins
from mmomics.baselines._trees import exposure
from mmomics.evaluation import censoring, concordance, independence, resampled, survival

MANY, MEGABYTES = 20_000, 40  # a table of all pairs of so many takes 400 MB, of one byte each


def ordered(high, low):
    return (high[:, None] > low) + 0.5 * (high[:, None] == low)


def pairs(time, event):
    """Who had the event before whom (n_obs, n_obs): of two equal times, an event comes before a censoring."""
    return event[:, None] & ((time[:, None] < time) | ((time[:, None] == time) & ~event))


def rows(n, seed=0, ties=True):
    rng = np.random.default_rng(seed)
    time, event, risk = rng.exponential(10, n), rng.random(n) < 0.5, rng.normal(size=n)
    return (np.ceil(time), event, np.round(risk, 1)) if ties else (time, event, risk)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 17, 64, 65, 200])
def test_pairs_are_those_of_the_table_of_all(n):
    rng = np.random.default_rng(n)
    time, event, risk = rows(n, seed=n)
    weight = np.where(rng.random(n) < 0.8, rng.random(n), 0.0)
    counts = rng.multinomial(n, np.full(n, 1 / max(n, 1)), 30).astype(float) if n else np.ones((30, 0))
    table = pairs(time, event)
    assert concordance.comparable(time, event) == table.sum()
    weighted = weight[:, None] * table
    all_pairs, right = (np.einsum("bi,ij,bj->b", counts, part, counts) for part in (weighted, weighted * ordered(risk, risk)))
    drawn = (counts > 0).astype(float)
    enough = np.einsum("bi,ij,bj->b", drawn, weighted > 0, drawn) >= concordance.ENOUGH
    expected = np.where(enough, right / np.where(enough, all_pairs, 1), np.nan)
    np.testing.assert_allclose(concordance.share(risk, time, event, weight, counts), expected, atol=1e-12)
    cases, controls = counts[:, event], counts[:, ~event]
    both = cases.sum(1) * controls.sum(1)
    expected = np.where(both > 0, ((cases @ ordered(risk[event], risk[~event])) * controls).sum(1) / np.where(both > 0, both, 1), np.nan)
    np.testing.assert_allclose(resampled.auroc(event, risk, counts), expected, atol=1e-12)
    np.testing.assert_array_equal(resampled.ranks(risk, counts), counts @ ordered(risk, risk).T)


def test_kaplan_meier_of_resamples_is_that_of_repeated_rows():
    time, event, _ = rows(60)
    counts = np.random.default_rng(1).multinomial(60, np.full(60, 1 / 60), 20).astype(float)
    at = np.unique(time)
    found = censoring.kaplan_meier(time, event, counts, of_censoring=True)(at)
    for row, count in zip(found, counts.astype(int), strict=True):
        alone = censoring.kaplan_meier(np.repeat(time, count), np.repeat(event, count), np.ones((1, 60)), of_censoring=True)
        np.testing.assert_allclose(row, alone(at)[0], atol=1e-12)


def peak(function):
    """Megabytes that a call holds at most."""
    tracemalloc.start()
    function()
    held = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return held


def test_many_subjects_need_no_table_of_all_pairs():
    time, event, risk = rows(MANY, ties=False)
    truth = pd.DataFrame({"time": time, "event": event})
    prediction = pd.DataFrame({"risk": risk, "s_5.0": 0.5, "s_10.0": 0.4})
    ones = np.ones((1, MANY))
    head = plugins.load("heads", "survival").HEAD.fit({"task": "survival", "times": [5.0, 10.0]}, truth)
    eta, (y, has) = torch.from_numpy(risk).float()[:, None], head.target(truth)
    calls = {
        **{metric: lambda metric=metric: survival.resample(metric, truth, prediction, truth, ones) for metric in survival.METRICS},
        "auroc": lambda: resampled.auroc(event, risk, ones),
        "spearman": lambda: resampled.ranks(risk, ones),
        "log rank": lambda: independence.log_rank(time, event, risk > 0),
        "exposure": lambda: exposure(time, event.astype(float)),
        "calibrate": lambda: head.calibrate(eta, y, has),
        "predict": lambda: head.predict(eta[:2000], truth.index[:2000]),
    }
    held = {name: peak(call) for name, call in calls.items()}
    assert max(held.values()) < MEGABYTES, held
