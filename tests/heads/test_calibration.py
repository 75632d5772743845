"""Calibration: the line of least loss, as scikit-learn finds it, and the average where there is nothing to go by."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LinearRegression, LogisticRegression

from mmomics import plugins
from mmomics.heads.contract import NOTHING
from tests.folds import CLASSES


def cohort(task, n=1500, seed=0):
    """A head, outcomes of which the first class is rare, and a predictor that is too weak and off the mark."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    outcome = {"task": task, "unit": "", "classes": CLASSES.get(task, [])}
    if task == "regression":
        obs = pd.DataFrame({"outcome": 100 + 9 * x + rng.normal(size=n)})
        eta = torch.tensor(0.07 * x - 3.0)[:, None]
    else:
        logits = np.column_stack([3 * (k + 1) * x / len(outcome["classes"]) + 1.5 * k for k in range(len(outcome["classes"]))])
        p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        label = (rng.random(n)[:, None] > p.cumsum(1)).sum(1)
        obs = pd.DataFrame({"outcome": np.array(outcome["classes"])[label]})
        eta = torch.tensor(logits - logits.mean(0)) / 7
        eta = eta[:, 1:] - eta[:, :1] if task == "binary" else eta
    head = plugins.load("heads", task).HEAD.fit(outcome, obs)
    return head, eta.float(), obs


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_the_line_is_that_of_scikit_learn(task):
    """Of classes with a penalty as heavy as one row: 1 / (2 C) of the squared slope is half the `bend`."""
    head, eta, obs = cohort(task)
    y, has = head.target(obs)
    head.calibrate(eta, y, has)
    model = LinearRegression() if task == "regression" else LogisticRegression(C=1 / head.bend, tol=1e-9, max_iter=1000)
    spread = float(eta.double().std(correction=0))
    found = model.fit(eta.double().numpy() / spread, y[:, 0].double().numpy())
    assert head.state["slope"] == pytest.approx(np.ravel(found.coef_)[0] / spread, rel=1e-4)
    assert head.state["slope"] > 4  # as the mean of many modalities asks for
    assert head.state["intercept"][0] == pytest.approx(np.ravel(found.intercept_)[0], rel=1e-4)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_classes_are_as_frequent_as_they_are(task):
    head, eta, obs = cohort(task)
    head.calibrate(eta, *head.target(obs))
    p = head.predict(head.calibrated(eta), obs.index).filter(like="p_")
    shares = obs["outcome"].value_counts(normalize=True)
    assert shares.min() < 0.3
    for name in CLASSES[task]:
        assert p[f"p_{name}"].mean() == pytest.approx(shares[name], abs=1e-4)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_where_there_is_nothing_the_average_is_predicted_and_nothing_is_learned(task):
    head, eta, obs = cohort(task, 600)
    y, has = head.target(obs)
    lacking = torch.arange(len(eta)) % 3 == 0
    partly, alone = head.copy(), head.copy()
    partly.calibrate(eta.masked_fill(lacking[:, None], NOTHING), y, has)
    alone.calibrate(eta, y, has & ~lacking)
    for key in ("slope", "intercept"):
        assert partly.state[key] == pytest.approx(alone.state[key])
    calibrated = partly.calibrated(eta.masked_fill(lacking[:, None], NOTHING))
    assert calibrated.isfinite().all()
    table = partly.predict(calibrated[lacking], obs.index[lacking.numpy()])
    if task == "regression":
        np.testing.assert_allclose(table["value"], obs["outcome"].mean(), rtol=1e-5)
        return
    for name, share in obs["outcome"].value_counts(normalize=True).items():
        np.testing.assert_allclose(table[f"p_{name}"], share, atol=1e-4)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_where_nothing_is_known_of_any_row_the_average_is_predicted_of_all(task):
    head, eta, obs = cohort(task, 60)
    y, has = head.target(obs)
    head.calibrate(torch.full_like(eta, NOTHING), y, has)
    torch.testing.assert_close(head.calibrated(eta), head.average(y[has]).expand_as(eta))


def test_survival_has_a_slope_alone_and_the_average_hazard_where_there_is_nothing():
    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    obs = pd.DataFrame({"time": rng.exponential(np.exp(-x)), "event": True})
    head = plugins.load("heads", "survival").HEAD.fit({"task": "survival", "times": [0.5], "classes": []}, obs)
    head.calibrate(torch.tensor(x / 9).float()[:, None], *head.target(obs))
    assert head.state["slope"] == pytest.approx(9, rel=0.2) and head.state["intercept"] == [0.0]
    assert head.calibrated(torch.tensor([[NOTHING]])).item() == 0


@pytest.mark.parametrize(("n", "odds"), [(4, 5), (40, 25), (400, 200)])
def test_classes_that_are_apart_do_not_run_away(n, odds):
    """The fewer they are, the less sure can it be that they are; never as sure as one in all of them and one more."""
    head, *_ = cohort("binary", 40)
    y = torch.arange(n)[:, None] % 2 * 1.0
    head.calibrate(2 * y - 1, y, torch.ones(n, dtype=torch.bool))
    told = head.calibrated(2 * y - 1).exp()
    assert odds / 2 < float(told.max()) < 2 * odds and float(told.max() * told.min()) == pytest.approx(1, rel=1e-3)


def test_a_predictor_that_is_wrong_says_next_to_nothing_and_keeps_its_ranking():
    head, eta, obs = cohort("binary", 300)
    head.calibrate(-eta, *head.target(obs))
    p = head.predict(head.calibrated(-eta), obs.index)["p_yes"]
    np.testing.assert_allclose(p, (obs["outcome"] == "yes").mean(), atol=1e-3)
    assert np.corrcoef(p.rank(), pd.Series(-eta[:, 0].numpy()).rank())[0, 1] > 0.99


def test_a_predictor_that_says_nothing_gives_the_average():
    head, eta, obs = cohort("binary", 300)
    head.calibrate(torch.zeros_like(eta), *head.target(obs))
    p = head.predict(head.calibrated(torch.zeros(1, 1)), pd.Index(["s"]))
    assert p["p_yes"].item() == pytest.approx((obs["outcome"] == "yes").mean(), abs=1e-4)
