"""Losses agree with scikit-learn and lifelines; predictions are in the outcome's units."""

import numpy as np
import pandas as pd
import pytest
import torch
from lifelines import CoxPHFitter
from sklearn.metrics import log_loss, mean_squared_error

from mmomics import plugins
from mmomics.evaluation import survival as evaluation
from mmomics.heads.survival import times
from tests.folds import CLASSES, TASKS


def head_of(task, obs, **extra):
    outcome = {"task": task, "unit": "", "classes": CLASSES.get(task, []), **extra}
    return plugins.load("heads", task).HEAD.fit(outcome, obs)


def survival_data(n=80, ties=True, seed=0):
    rng = np.random.default_rng(seed)
    time = rng.exponential(10, n)
    return pd.DataFrame({"time": np.ceil(time) if ties else time, "event": rng.random(n) < 0.6}), rng.normal(size=n)


def test_binary_loss_is_log_loss():
    obs = pd.DataFrame({"outcome": ["no", "yes", "yes", "no"]})
    eta = torch.tensor([[-1.0], [0.3], [2.0], [0.5]])
    head = head_of("binary", obs)
    y, has = head.target(obs)
    assert float(head.loss(eta, y, has.float())) == pytest.approx(log_loss(obs["outcome"], torch.sigmoid(eta[:, 0]).numpy()), rel=1e-5)


def test_multiclass_loss_is_log_loss():
    obs = pd.DataFrame({"outcome": ["a", "c", "b", "a"]})
    eta = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    head = head_of("multiclass", obs)
    y, has = head.target(obs)
    assert float(head.loss(eta, y, has.float())) == pytest.approx(log_loss(obs["outcome"], torch.softmax(eta, 1).numpy()), rel=1e-5)


def test_regression_loss_is_half_the_squared_error_of_the_standardised_outcome():
    obs = pd.DataFrame({"outcome": [1.0, 4.0, 9.0, 2.0]})
    head = head_of("regression", obs)
    y, has = head.target(obs)
    eta = torch.tensor([[0.1], [0.2], [1.0], [-1.0]])
    standardised = (obs["outcome"] - obs["outcome"].mean()) / obs["outcome"].std(ddof=0)
    assert float(head.loss(eta, y, has.float())) == pytest.approx(mean_squared_error(standardised, eta[:, 0]) / 2, rel=1e-5)


def test_survival_loss_is_the_partial_likelihood_of_lifelines():
    obs, x = survival_data(ties=False)  # lifelines uses Efron's rule for ties, which agrees where there are none
    head = head_of("survival", obs)
    y, has = head.target(obs)
    fitter = CoxPHFitter().fit(obs.assign(x=x), "time", "event")

    def loss(beta):
        return float(head.loss(torch.tensor(beta * x)[:, None], y.double(), has.double())) * obs["event"].sum()

    assert loss(fitter.params_["x"]) == pytest.approx(-fitter.log_likelihood_, rel=1e-6)
    assert loss(fitter.params_["x"]) < min(loss(fitter.params_["x"] + 0.1), loss(fitter.params_["x"] - 0.1))


def test_tied_times_share_their_risk_set():
    obs, x = survival_data(ties=True)
    head = head_of("survival", obs)
    y, has = head.target(obs)
    eta = torch.tensor(x)
    expected = 0.0
    for i in np.flatnonzero(obs["event"]):
        at_risk = torch.tensor((obs["time"] >= obs["time"][i]).to_numpy())
        expected += float(torch.logsumexp(eta[at_risk], 0) - eta[i])
    assert float(head.loss(eta[:, None], y.double(), has.double())) * obs["event"].sum() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("task", TASKS)
def test_rows_of_weight_zero_do_not_count(task):
    rng = np.random.default_rng(1)
    obs = pd.DataFrame({"outcome": rng.choice(["no", "yes"], 30)})
    if task == "multiclass":
        obs = pd.DataFrame({"outcome": rng.choice(["a", "b", "c"], 30)})
    elif task == "regression":
        obs = pd.DataFrame({"outcome": rng.normal(size=30)})
    elif task == "survival":
        obs = survival_data(30)[0]
    head = head_of(task, obs)
    y, _ = head.target(obs)
    eta = torch.randn(30, head.n_out, generator=torch.Generator().manual_seed(0))
    weight = (torch.arange(30) % 3 > 0).float()
    kept = weight > 0
    assert float(head.loss(eta, y, weight)) == pytest.approx(float(head.loss(eta[kept], y[kept], weight[kept])), rel=1e-5)
    stacked = head.loss(torch.stack([eta, 2 * eta]), y.expand(2, *y.shape), weight.expand(2, -1))
    assert float(stacked[0]) == pytest.approx(float(head.loss(eta, y, weight)), rel=1e-5)


def test_survival_curves_follow_the_breslow_estimator_of_lifelines():
    obs, x = survival_data(300, ties=False)
    rng = np.random.default_rng(3)
    obs["time"] = rng.exponential(np.exp(-x) * 10)
    fitter = CoxPHFitter().fit(obs.assign(x=x), "time", "event")
    head = head_of("survival", obs, times=[2.0, 5.0, 10.0])
    y, has = head.target(obs)
    head.calibrate(torch.tensor(x, dtype=torch.float32)[:, None], y, has)
    assert head.state["slope"] == pytest.approx(fitter.params_["x"], abs=0.02)
    eta = torch.tensor([[0.0], [1.0]])
    ours = head.predict(head.calibrated(eta), pd.Index(["s1", "s2"]))[["s_2.0", "s_5.0", "s_10.0"]].to_numpy()
    theirs = fitter.predict_survival_function(pd.DataFrame({"x": [0.0, 1.0]}), times=[2.0, 5.0, 10.0]).to_numpy().T
    np.testing.assert_allclose(ours, theirs, atol=0.02)


def test_regression_intervals_cover():
    rng = np.random.default_rng(0)
    obs = pd.DataFrame({"outcome": rng.normal(100, 20, 4000)})
    head = head_of("regression", obs[:2000])
    y, has = head.target(obs)
    eta = y + 0.5 * torch.from_numpy(rng.normal(size=(4000, 1))).float()
    head.calibrate(eta[:2000], y[:2000], has[:2000])
    table = head.predict(head.calibrated(eta[2000:]), obs.index[2000:])
    covered = ((table["lower"] <= obs["outcome"][2000:]) & (obs["outcome"][2000:] <= table["upper"])).mean()
    assert 0.87 < covered < 0.93


@pytest.mark.parametrize("unit", [2.7e-6, 1.0, 1e6])
def test_the_unit_of_time_changes_nothing_but_the_names(unit):
    obs, x = survival_data(200)
    scored = survival_scores(obs, x)
    assert survival_scores(obs.assign(time=obs["time"] * unit), x) == pytest.approx(scored, rel=1e-5)


def survival_scores(obs, x):
    """C-index and integrated Brier score of the second half of the rows."""
    head = head_of("survival", obs[:100], times=times(obs))
    y, has = head.target(obs)
    eta = torch.from_numpy(x).float()[:, None]
    head.calibrate(eta[:100], y[:100], has[:100])
    told = head.predict(head.calibrated(eta[100:]), obs.index[100:])
    assert told.columns.is_unique
    truth = obs.astype({"event": bool})
    found = evaluation.score(truth[100:], told, truth[:100])
    return [found["cindex"], found["ibs"]]


def test_times_of_a_calendar_keep_their_order():
    obs, x = survival_data(150)
    late = obs.assign(time=1.6e9 + 10 * obs["time"])  # seconds since 1970
    found = {}
    for name, table in (("plain", obs), ("late", late)):
        head = head_of("survival", table[:120], times=[])
        y, has = head.target(table)
        eta = torch.from_numpy(x).float()[:, None]
        head.calibrate(eta, y, has)
        found[name] = float(head.loss(eta, y, has.float())), head
    assert found["late"][0] == pytest.approx(found["plain"][0], rel=1e-6)
    plain, state = (found[name][1].state for name in ("plain", "late"))
    np.testing.assert_allclose(state["times"], 1.6e9 + 10 * np.array(plain["times"]))
    np.testing.assert_allclose(state["cumulative_hazard"], plain["cumulative_hazard"], rtol=1e-6)


def test_the_baseline_hazard_is_that_of_the_table_of_all_pairs():
    obs, x = survival_data(90)
    head = head_of("survival", obs, times=[])
    y, has = head.target(obs)
    has[::7] = False
    head.calibrate(torch.from_numpy(x)[:, None], y, has)
    rows = obs[has.numpy()]
    time, hazard = rows["time"].to_numpy(), np.exp(head.state["slope"] * x[has.numpy()])
    at_risk = (hazard * (time >= time[:, None])).sum(1)
    expected = [(rows["event"] / at_risk)[time <= knot].sum() for knot in head.state["times"]]
    np.testing.assert_allclose(head.state["cumulative_hazard"], expected, rtol=1e-6)
    assert head.state["times"] == sorted({*time[rows["event"]], time.max()})


@pytest.mark.parametrize(("first", "scale"), [(0.0, 1.0), (0.0, 365.25), (20_000.0, 1.0), (1.6e9, 86_400.0)])
def test_survival_is_predicted_where_events_are_whoever_is_followed_for_long(first, scale):
    """Days, years, calendar days and seconds: half of the grid lies before the median event, and none is before its event."""
    rng = np.random.default_rng(0)
    time = first + scale * np.ceil(rng.exponential(200, 300))
    obs = pd.DataFrame({"time": time, "event": rng.random(300) < 0.6})
    grid = np.array(times(obs))
    events = np.sort(time[obs["event"]])
    assert 20 < len(grid) <= 30 and np.abs((grid < np.median(events)).mean() - 0.5) < 0.06
    nearest = events[np.searchsorted(events, grid, side="right") - 1]
    assert (np.abs(grid - nearest) <= 1e-5 * nearest).all() and (grid >= nearest).all()
    long = pd.concat([obs, pd.DataFrame({"time": [first + 1e5 * scale], "event": [False]})], ignore_index=True)
    assert times(long) == grid.tolist()
    assert len(times(obs.assign(event=False))) == 30
