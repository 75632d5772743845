"""Isotonic calibration: the curve of scikit-learn, that keeps every ranking, mends what a line cannot, and is left out on few rows."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import log_loss, roc_auc_score

from mmomics import plugins
from mmomics.heads._isotonic import FEWEST

CLASSES = {"binary": ["well", "ill"], "multiclass": ["a", "b", "c"]}


def bent(task, n, seed=0):
    """Predictors whose odds are wrong in a way that no line mends: too sure only where they are high."""
    rng = np.random.default_rng(seed)
    k = 1 if task == "binary" else 3
    true = rng.normal(size=(n, k)) * 1.5
    eta = torch.from_numpy(np.where(true > 0, 6 * true, 0.5 * true)).float()
    if task == "binary":
        label = np.where(rng.random(n) < 1 / (1 + np.exp(-true[:, 0])), "ill", "well")
    else:
        p = np.exp(true) / np.exp(true).sum(1, keepdims=True)
        label = np.array(["a", "b", "c"])[(rng.random(n)[:, None] > p.cumsum(1)).sum(1).clip(0, 2)]
    return eta, pd.DataFrame({"outcome": label})


def heads(task, n=2000):
    eta, obs = bent(task, n)
    made = {}
    for method in ("slope", "isotonic"):
        head = plugins.load("heads", task).HEAD({"task": task, "classes": CLASSES[task]}, {})
        head.calibrate(eta, *head.target(obs), method=method)
        made[method] = head
    return made


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_it_mends_what_a_line_cannot(task):
    eta, obs = bent(task, 4000, seed=1)
    loss = {}
    for method, head in heads(task).items():
        p = head.predict(head.calibrated(eta), obs.index).filter(like="p_")
        np.testing.assert_allclose(p.sum(axis=1), 1)
        assert ((p > 0) & (p < 1)).all().all()
        loss[method] = log_loss(pd.Categorical(obs["outcome"], CLASSES[task]).codes, p)
    assert loss["isotonic"] < loss["slope"] - (0.005 if task == "binary" else 0.002)


def test_no_ranking_is_lost():
    eta, obs = bent("binary", 1000, seed=2)
    head = heads("binary")["isotonic"]
    p = head.predict(head.calibrated(eta), obs.index)["p_ill"]
    assert (np.diff(p.to_numpy()[np.argsort(eta[:, 0].numpy())]) >= 0).all()
    ill = obs["outcome"] == "ill"
    assert roc_auc_score(ill, p) == pytest.approx(roc_auc_score(ill, torch.sigmoid(head.calibrated(eta)[:, 0].double())), abs=1e-9)


def test_the_order_of_the_classes_of_a_row_is_kept():
    eta, obs = bent("multiclass", 500, seed=3)
    head = heads("multiclass")["isotonic"]
    p = head.predict(head.calibrated(eta), obs.index).filter(like="p_").to_numpy()
    ordered = np.take_along_axis(p, head.calibrated(eta).numpy().argsort(1), axis=1)
    assert (np.diff(ordered, axis=1) >= 0).all()


def test_the_curve_is_that_of_scikit_learn():
    eta, obs = bent("binary", 2000)
    head = heads("binary")["isotonic"]
    before = torch.sigmoid(head.calibrated(eta)[:, 0].double()).numpy()
    expected = IsotonicRegression(out_of_bounds="clip").fit(before, obs["outcome"] == "ill").predict(before)
    ours = head.predict(head.calibrated(eta), obs.index)["p_ill"]
    np.testing.assert_allclose(ours, expected, atol=1 / 2001 + 1e-9)  # the slope counts as one row of 2001


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_few_rows_keep_the_slope_alone(task):
    made = heads(task, n=FEWEST)
    assert made["isotonic"].state == made["slope"].state
    assert "isotonic" in heads(task, n=8 * FEWEST)["isotonic"].state
