"""The penalised models agree with scikit-learn and scikit-survival."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge

from mmomics import plugins
from mmomics.nn.cross_fit import FEWEST, elastic_net, ridge
from mmomics.nn.elastic_net import solve
from tests.folds import CLASSES


def problem(task, n_obs=80, n_vars=30, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_obs, n_vars))
    eta = x[:, 0] - x[:, 1]
    if task == "survival":
        obs = pd.DataFrame({"time": rng.exponential(np.exp(-eta)), "event": rng.random(n_obs) < 0.7})
    elif task == "regression":
        obs = pd.DataFrame({"outcome": eta + rng.normal(size=n_obs)})
    elif task == "binary":
        obs = pd.DataFrame({"outcome": np.where(eta + rng.logistic(size=n_obs) > 0, "yes", "no")})
    else:
        obs = pd.DataFrame({"outcome": np.array(["a", "b", "c"])[np.digitize(eta + rng.normal(size=n_obs), [-1, 1])]})
    head = plugins.load("heads", task).HEAD.fit({"task": task, "classes": CLASSES.get(task, [])}, obs)
    y, _ = head.target(obs)
    return head, torch.from_numpy(x), y.double(), obs


def fit(head, x, y, penalty, ratio):
    everyone = torch.ones(1, len(x), dtype=x.dtype)
    return solve(head, x, y, everyone, penalty * ratio, x.new_full((x.shape[1], 1), penalty * (1 - ratio)))


@pytest.mark.parametrize("task", ["binary", "multiclass"])
@pytest.mark.parametrize("ratio", [0.0, 0.5, 1.0])
def test_logistic_agrees_with_scikit_learn(task, ratio):
    head, x, y, obs = problem(task)
    ours = fit(head, x, y, 0.05, ratio).eta(x)[0].numpy()
    theirs = LogisticRegression(C=1 / (0.05 * len(x)), l1_ratio=ratio, solver="saga", tol=1e-10, max_iter=50_000).fit(x, obs["outcome"])
    expected = theirs.decision_function(x).reshape(len(x), -1)
    ours, expected = (part - part.mean(1, keepdims=True) if task == "multiclass" else part for part in (ours, expected))
    np.testing.assert_allclose(ours, expected, atol=5e-3)


@pytest.mark.parametrize("ratio", [0.0, 0.5])
def test_least_squares_agrees_with_scikit_learn(ratio):
    head, x, y, _ = problem("regression")
    ours = fit(head, x, y, 0.1, ratio).eta(x)[0, :, 0].numpy()
    model = ElasticNet(alpha=0.1, l1_ratio=ratio, tol=1e-12) if ratio else Ridge(alpha=0.1 * len(x))
    np.testing.assert_allclose(ours, model.fit(x, y[:, 0]).predict(x), atol=2e-3)


@pytest.mark.parametrize("ratio", [0.5, 1.0])
def test_cox_agrees_with_scikit_survival(ratio):
    coxnet = pytest.importorskip("sksurv.linear_model", reason="scikit-survival is not installed")
    head, x, y, obs = problem("survival")
    penalty = 0.05
    # scikit-survival divides the likelihood by the rows, we by the events
    share = obs["event"].mean()
    ours = fit(head, x, y, penalty / share, ratio).coef[:, 0, 0].numpy()
    outcome = np.array(list(zip(obs["event"], obs["time"], strict=True)), dtype=[("event", bool), ("time", float)])
    theirs = coxnet.CoxnetSurvivalAnalysis(alphas=[penalty], l1_ratio=ratio, tol=1e-10).fit(x.numpy(), outcome).coef_[:, 0]
    np.testing.assert_allclose(ours, theirs, atol=5e-3)


def test_ridge_through_principal_axes_is_ridge():
    head, x, y, _ = problem("binary", n_obs=40, n_vars=100)
    inner = torch.arange(40) % 4
    found = ridge(head, x.float(), y.float(), inner)
    # at the chosen penalty, whatever it is, the gradient of the penalised loss is zero: recover the penalty and check every feature
    eta = (x.float() @ found.full[0] + found.full[1]).double().requires_grad_()
    (slope,) = torch.autograd.grad(head.loss(eta, y, torch.ones(40, dtype=torch.float64)), eta)
    pull, coef = (x.T @ slope)[:, 0], found.full[0][:, 0].double()
    penalty = -(pull @ coef) / (coef @ coef)
    np.testing.assert_allclose(pull + penalty * coef, 0, atol=2e-3 * float(pull.abs().max()))


@pytest.mark.parametrize("method", [ridge, elastic_net])
def test_out_of_fold_predictors_do_not_see_their_row(method):
    head, x, y, _ = problem("binary", n_obs=60)
    inner = torch.arange(60) % 3
    before = method(head, x.float(), y.float(), inner)
    changed = y.clone().float()
    changed[inner == 0] = 1 - changed[inner == 0]
    after = method(head, x.float(), changed, inner)
    same_penalty = torch.allclose(before.oof[inner == 0], after.oof[inner == 0], atol=1e-3)
    # the penalty itself may move with the labels; the fits without fold 0 may not
    assert same_penalty or before.loss != after.loss
    assert not torch.allclose(before.oof[inner == 1], after.oof[inner == 1], atol=1e-3)


def test_each_problem_is_solved_as_if_alone():
    head, x, y, _ = problem("binary")
    weight = (torch.arange(80)[None] % 4 != torch.arange(4)[:, None]).double()
    together = solve(head, x, y, weight, 0.01, x.new_full((30, 1), 0.01))
    for place in range(4):
        kept = weight[place] > 0
        alone = solve(head, x[kept], y[kept], torch.ones(1, int(kept.sum()), dtype=x.dtype), 0.01, x.new_full((30, 1), 0.01))
        np.testing.assert_allclose(together.coef[:, place], alone.coef[:, 0], atol=2e-3)


@pytest.mark.parametrize("method", [ridge, elastic_net])
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression", "survival"])
def test_of_a_handful_of_rows_the_intercept_is_all_that_is_learned(method, task):
    head, x, y, _ = problem(task)
    inner = torch.arange(len(x)) % 3
    for n in (FEWEST - 1, 3, 1):
        few = method(head, x[:n].float(), y[:n].float(), inner[:n])
        assert not few.coef.any() and not few.without.any() and not few.telling
        assert few.coef.shape == (30, head.n_out) and few.oof.shape == (n, head.n_out)
    assert method(head, x.float(), y.float(), inner).coef.any()
