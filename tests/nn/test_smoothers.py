"""Kernel ridge regression of many targets, against scikit-learn and against real refits."""

import numpy as np
import pytest
import torch
from scipy.optimize import nnls
from sklearn.kernel_ridge import KernelRidge

from mmomics.nn import smoothers
from mmomics.nn.smoothers import smooth, weigh


def data(n_obs=60, n_vars=200, n_targets=7):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n_obs, n_vars, generator=generator, dtype=torch.float64)
    y = x[:, :n_targets] @ torch.randn(n_targets, n_targets, generator=generator, dtype=torch.float64) + 1.5
    return x, y + torch.randn(n_obs, n_targets, generator=generator, dtype=torch.float64), torch.arange(n_obs) % 5


@pytest.fixture(params=[150, 10], ids=["by fold", "generalised"])
def one_penalty(monkeypatch, request):
    monkeypatch.setattr(smoothers, "PENALTIES", (0.3,))
    monkeypatch.setattr(smoothers, "FEW", request.param)


def test_predictions_are_those_of_scikit_learn(one_penalty):
    x, y, fold = data()
    new = torch.randn(4, x.shape[1], dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    middle = x.mean(0)
    alpha = 0.3 * float((x - middle).square().sum())
    expected = KernelRidge(alpha=alpha).fit(x - middle, y - y.mean(0)).predict(new - middle) + y.mean(0).numpy()
    np.testing.assert_allclose(smooth(x @ x.T, y, fold)(new @ x.T), expected, rtol=1e-8)


def test_out_of_fold_predictions_are_those_of_refits(one_penalty):
    x, y, fold = data()
    found = smooth(x @ x.T, y, fold).oof
    penalty = 0.3 * float((x - x.mean(0)).square().sum())
    for k in range(5):
        train, held = fold != k, fold == k
        middle, level = x[train].mean(0), y[train].mean(0)
        refit = KernelRidge(alpha=penalty).fit(x[train] - middle, y[train] - level)
        np.testing.assert_allclose(found[held], refit.predict(x[held] - middle) + level.numpy(), rtol=1e-8)


def test_a_target_of_noise_is_shrunk_and_one_of_signal_is_not():
    x, y, fold = data(n_obs=120, n_vars=10)
    y[:, 0] = torch.randn(120, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    model = smooth(x @ x.T, y, fold)
    shrunk = model(x @ x.T).var(0) / y.var(0)
    assert shrunk[0] < 0.1 and (shrunk[1:] > 0.5).all()


def test_weights_are_those_of_scipy_where_rows_are_many(monkeypatch):
    for name in ("CAUTION", "CAUTIOUS_ROWS", "ALIKE"):
        monkeypatch.setattr(smoothers, name, 0.0)
    generator = torch.Generator().manual_seed(0)
    guesses = torch.randn(3, 200, 4, generator=generator, dtype=torch.float64)
    y = 0.7 * guesses[0] - 0.4 * guesses[1] + torch.randn(200, 4, generator=generator, dtype=torch.float64)
    weight = weigh(guesses, y, torch.full((3,), 1 / 3, dtype=torch.float64))
    for target in range(4):
        np.testing.assert_allclose(weight[:, target], nnls(guesses[:, :, target].T.numpy(), y[:, target].numpy())[0], atol=1e-6)


def test_from_few_rows_weights_stay_at_the_prior():
    generator = torch.Generator().manual_seed(0)
    prior = torch.tensor([0.7, 0.3])
    y = torch.randn(2, 5, generator=generator)
    few = weigh(torch.stack([y, -y]), y, prior)
    many = weigh(torch.stack([y, -y]).repeat(1, 500, 1), y.repeat(500, 1), prior)
    assert (many[0] > few[0]).all() and (few[0] < 0.85).all() and (many[1] < 0.05).all()


def test_rows_that_are_all_alike_foretell_the_mean_of_the_other_folds():
    generator = torch.Generator().manual_seed(0)
    x = 3.0 + 1e-5 * torch.randn(60, 200, generator=generator)  # what differs is rounding in x @ x.T
    y, fold = torch.randn(60, 4, generator=generator), torch.arange(60) % 5
    model = smooth(x @ x.T, y, fold)
    torch.testing.assert_close(model(torch.randn(3, 200, generator=generator) @ x.T), y.mean(0).expand(3, -1))
    for k in range(5):
        torch.testing.assert_close(model.oof[fold == k], y[fold != k].mean(0).expand(12, -1))
