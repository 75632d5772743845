"""Predicted sets, intervals and bounds hold the outcome as often as they say, on data that are exchangeable."""

import json
import math

import numpy as np
import pandas as pd
import pytest
import torch

from mmomics import plugins
from mmomics.heads._conformal import MOST, bound, by_fold, of_folds
from mmomics.heads.survival import times
from mmomics.keys import COVERAGE

CLASSES = {"binary": ["well", "ill"], "multiclass": ["a", "b", "c"]}
N_FOLDS, N_TRAIN, N_TEST, REPEATS = 5, 100, 100, 60
TASKS = ("binary", "multiclass", "regression", "survival")


def least_squares(x, y):
    """A ridge fit, so that leaving a fold out does change the predictor."""
    return torch.linalg.solve(x.T @ x + torch.eye(x.shape[1]), x.T @ y)


def study(task, rng):
    """Outcomes of 200 rows that are exchangeable, and features that say something of them."""
    n = N_TRAIN + N_TEST
    x = rng.normal(size=(n, 8))
    eta = x[:, 0] + 0.5 * x[:, 1]
    if task == "regression":
        obs = pd.DataFrame({"outcome": 50 + 10 * (eta + rng.standard_t(4, n))})
    elif task == "survival":
        time, censored = rng.weibull(0.8, n) * 500 * np.exp(-eta), rng.exponential(800, n)
        obs = pd.DataFrame({"time": np.minimum(time, censored), "event": time <= censored, "true": time})
    elif task == "binary":
        obs = pd.DataFrame({"outcome": np.where(rng.random(n) < 1 / (1 + np.exp(-2 * eta)), "ill", "well")})
    else:
        obs = pd.DataFrame({"outcome": np.array(["a", "b", "c"])[np.digitize(eta + rng.normal(size=n), [-1, 1])]})
    return torch.from_numpy(x).float(), obs


def fitted(task, x, obs, ensemble):
    """A head calibrated on out-of-fold predictors of linear models, and the predictors of the test rows by each of them."""
    outcome = {"task": task, "unit": "", "classes": CLASSES.get(task, []), "times": list(np.linspace(20, 4000, 30))}
    head = plugins.load("heads", task).HEAD.fit(outcome, obs[:N_TRAIN])
    y, has = head.target(obs)
    has[N_TRAIN:] = False
    aim = {"survival": -torch.log(y[:, :1] + 1), "binary": 2 * y - 1}.get(task, y)
    fold = torch.arange(len(y)) % N_FOLDS
    learn = [has & (fold != k) for k in range(N_FOLDS)]
    each = torch.stack([x @ least_squares(x[rows], aim[rows] - aim[rows].mean(0)) for rows in learn])
    oof = each[fold, torch.arange(len(y))]
    head.calibrate(oof, y, has, fold, by_member=ensemble)
    eta = each.mean(0) if ensemble else x @ least_squares(x[has], aim[has] - aim[has].mean(0))
    members = head.calibrated(each[:, N_TRAIN:]) if ensemble else None
    return head, head.predict(head.calibrated(eta[N_TRAIN:]), obs.index[N_TRAIN:], members)


def covered(task, table, truth):
    if task == "regression":
        return (table["lower"] <= truth["outcome"]) & (truth["outcome"] <= table["upper"])
    if task == "survival":
        return truth["time"] >= table["time_lower"]
    return pd.Series([label in chosen.split("|") for label, chosen in zip(truth["outcome"], table["set"], strict=True)])


@pytest.mark.parametrize("method", ["slope", "isotonic"])
def test_sets_cover_where_nothing_tells_classes_apart(method):
    """A calibration of five numbers, or of curves, fits its own rows better than others: .875 and .85 where scored on them."""
    shares = []
    for repeat in range(40):
        rng = np.random.default_rng(repeat)
        obs = pd.DataFrame({"outcome": rng.choice(list("abcde"), 450)})
        eta = torch.from_numpy(0.5 * rng.normal(size=(450, 5))).float()
        head = plugins.load("heads", "multiclass").HEAD.fit({"task": "multiclass", "unit": "", "classes": list("abcde")}, obs[:150])
        y, has = head.target(obs)
        head.calibrate(eta[:150], y[:150], has[:150], torch.arange(150) % 5, method)
        table = head.predict(head.calibrated(eta[150:]), obs.index[150:])
        shares.append(covered("multiclass", table, obs[150:]).mean())
    assert np.mean(shares) > COVERAGE


@pytest.mark.parametrize("ensemble", [True, False])
@pytest.mark.parametrize("task", TASKS)
def test_regions_cover_as_often_as_they_say(task, ensemble):
    shares, true_times = [], []
    for repeat in range(REPEATS):
        x, obs = study(task, np.random.default_rng(repeat))
        _, table = fitted(task, x, obs, ensemble)
        shares.append(covered(task, table, obs[N_TRAIN:].reset_index(drop=True) if "set" in table else obs[N_TRAIN:]).mean())
        if task == "survival":
            true_times.append((obs["true"][N_TRAIN:] >= table["time_lower"]).mean())
    error = np.std(shares) / np.sqrt(REPEATS)
    assert np.mean(shares) > COVERAGE - 3 * error - 0.01
    assert np.mean(shares) < COVERAGE + 0.06  # and are not made safe by being useless
    if task == "survival":
        assert np.mean(true_times) >= np.mean(shares)  # censoring only shortens


def test_intervals_are_those_of_cross_validation_plus():
    """Against the definition of Barber et al. 2021, written out for every row."""
    x, obs = study("regression", np.random.default_rng(0))
    head, table = fitted("regression", x, obs, ensemble=True)
    y, _ = head.target(obs)
    fold = np.arange(len(y)) % N_FOLDS
    learn = [(np.arange(len(y)) < N_TRAIN) & (fold != k) for k in range(N_FOLDS)]
    raw = torch.stack([x @ least_squares(x[rows], y[rows] - y[rows].mean(0)) for rows in learn])
    each, y = head.calibrated(raw)[..., 0].numpy(), y[:N_TRAIN, 0].numpy()
    oof, residual = raw[fold, np.arange(len(fold)), 0].numpy()[:N_TRAIN], np.empty(N_TRAIN)
    for k in range(N_FOLDS):  # after the line of the other folds
        own = fold[:N_TRAIN] == k
        residual[own] = np.abs(np.polyval(np.polyfit(oof[~own], y[~own], 1), oof[own]) - y[own])
    rank = math.ceil(COVERAGE * (N_TRAIN + 1))
    for row in (0, 50, 99):
        sums = np.sort(each[fold[:N_TRAIN], N_TRAIN + row] + residual)
        differences = np.sort(each[fold[:N_TRAIN], N_TRAIN + row] - residual)[::-1]
        expected = np.array([differences[rank - 1], sums[rank - 1]]) * head.state["scale"] + head.state["center"]
        np.testing.assert_allclose(table[["lower", "upper"]].iloc[row], expected, rtol=1e-5)


def test_one_predictor_alone_gives_split_conformal_quantiles():
    scores = np.random.default_rng(0).exponential(size=99)
    kept = by_fold(scores, np.zeros(99, dtype=int), 1)
    assert bound(np.zeros((1, 4)), kept) == pytest.approx(np.sort(scores)[89])  # rank ceil(0.9 * 100)
    assert bound(np.zeros((1, 1)), [[1.0, 2.0]]) == 2.0  # too few for the rank: the largest


def test_many_scores_are_thinned_without_getting_bolder():
    scores = np.random.default_rng(0).exponential(size=10_000)
    kept = by_fold(scores, np.arange(10_000) % 2, 3)
    assert [len(own) for own in kept] == [MOST / 2, MOST / 2, 0]
    exact = np.sort(scores)[math.ceil(COVERAGE * 10_001) - 1]
    assert exact <= bound(np.zeros((3, 1)), kept)[0] < exact * 1.02


def test_a_fold_counts_as_its_size_after_thinning():
    rng = np.random.default_rng(0)
    fold = (np.arange(20_000) >= 19_000).astype(int)
    scores = rng.exponential(size=20_000) + 5 * fold  # the small fold fits ill
    kept = by_fold(scores, fold, 2)
    assert [len(own) / sum(map(len, kept)) for own in kept] == pytest.approx([0.95, 0.05])
    exact = np.sort(scores)[math.ceil(COVERAGE * 20_001) - 1]
    assert exact <= bound(np.zeros((2, 1)), kept)[0] < exact * 1.02


def test_the_longest_follow_up_of_the_cohort_changes_nothing_but_where_survival_is_told():
    x, obs = study("survival", np.random.default_rng(0))
    later = obs.assign(time=np.where(np.arange(len(obs)) == N_TRAIN + 1, 2 * obs["time"].max(), obs["time"]))
    found = []
    for table in (obs, later):
        outcome = {"task": "survival", "times": times(table)}
        head = plugins.load("heads", "survival").HEAD.fit(outcome, table[:N_TRAIN])
        y, has = head.target(table)
        has &= torch.arange(len(y)) < N_TRAIN
        head.calibrate(x[:, :1], y * has[:, None], has)
        found.append((head.state, head.predict(head.calibrated(x[:, :1]), obs.index)))
    (state, told), (other_state, other) = found
    assert state == other_state
    assert told["time_lower"].equals(other["time_lower"]) and list(told) != list(other)


def test_members_stand_for_the_folds_they_left_out():
    eta = torch.arange(7.0).view(7, 1, 1)
    assert of_folds(eta, 5)[:, 0, 0].tolist() == [2.5, 3.5, 2, 3, 4]


def test_where_folds_are_not_told_apart_the_predictor_itself_counts():
    x, obs = study("regression", np.random.default_rng(3))
    head, _ = fitted("regression", x, obs, ensemble=False)
    eta, members = torch.randn(20, 1), torch.randn(4, 20, 1)
    pd.testing.assert_frame_equal(head.predict(eta, pd.RangeIndex(20), members), head.predict(eta, pd.RangeIndex(20)))


@pytest.mark.parametrize("task", TASKS)
def test_the_state_of_a_head_is_plain_json_and_says_all(task):
    x, obs = study(task, np.random.default_rng(1))
    head, _ = fitted(task, x, obs, ensemble=False)
    again = type(head)(head.outcome, json.loads(json.dumps(head.state, allow_nan=False)))
    eta = torch.randn(20, head.n_out, generator=torch.Generator().manual_seed(0))
    pd.testing.assert_frame_equal(again.predict(eta, pd.RangeIndex(20)), head.predict(eta, pd.RangeIndex(20)))


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_set_holds_the_most_probable_class_and_grows_with_doubt(task):
    x, obs = study(task, np.random.default_rng(2))
    head, _ = fitted(task, x, obs, ensemble=False)
    sure, torn = torch.zeros(1, head.n_out), torch.zeros(1, head.n_out)
    sure[0, -1] = 9.0
    table = head.predict(torch.cat([sure, torn]), pd.Index(["sure", "torn"]))
    assert table.loc["sure", "set"] == CLASSES[task][-1]
    assert set(table.loc["torn", "set"].split("|")) == set(CLASSES[task])


def test_a_separator_in_the_name_of_a_class_does_not_split_it():
    head = plugins.load("heads", "binary").HEAD({"task": "binary", "classes": ["I|II", "III"]}, {})
    y = torch.tensor([0.0, 1.0] * 20)[:, None]
    head.calibrate(torch.zeros(40, 1), y, torch.ones(40, dtype=torch.bool))
    assert head.predict(torch.zeros(1, 1), pd.Index(["s"]))["set"].iloc[0] == "I/II|III"


def test_one_event_leaves_a_time_that_is_outlived():
    """Without the inner fold that has it there is no hazard to measure time by."""
    obs = pd.DataFrame({"time": np.linspace(1, 100, 100), "event": np.arange(100) == 50})
    head = plugins.load("heads", "survival").HEAD.fit({"task": "survival", "times": [50.0]}, obs)
    y, has = head.target(obs)
    head.calibrate(torch.linspace(-1, 1, 100)[:, None], y, has, torch.arange(100) % 5)
    lower = head.predict(head.calibrated(torch.zeros(1, 1)), pd.RangeIndex(1))["time_lower"]
    assert 5 < float(lower.iloc[0]) < 20
