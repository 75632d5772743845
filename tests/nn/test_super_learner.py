"""The super learner: cautious where predictors are alike, decided where they are not."""

import pytest
import torch

from mmomics import plugins
from mmomics.nn.super_learner import combine, learn

HEAD = plugins.load("heads", "binary").HEAD({"task": "binary", "classes": ["no", "yes"]}, {})


def problem(noise, n_obs=600, seed=0):
    """Predictors of a binary outcome (n_obs, n_predictors, 1), each the true logit with its own noise, rightly scaled."""
    generator = torch.Generator().manual_seed(seed)
    logit = 1.5 * torch.randn(n_obs, generator=generator)
    y = (torch.rand(n_obs, generator=generator) < torch.sigmoid(logit)).float()[:, None]
    noisy = [(logit + sd * torch.randn(n_obs, generator=generator)) / (1 + sd**2) for sd in noise]
    return torch.stack(noisy, dim=1).unsqueeze(-1), y, torch.arange(n_obs) % 5


def test_copies_share_alike():
    eta, y, inner = problem([1.0])
    torch.testing.assert_close(learn(HEAD, eta.repeat(1, 4, 1), y, inner), torch.full((4,), 0.25))


def test_what_knows_nothing_is_not_trusted():
    eta, y, inner = problem([0.3, 30.0, 30.0, 30.0, 30.0, 30.0])
    weight = learn(HEAD, eta, y, inner)
    assert weight[0] > 0.8 and float(weight.sum()) == pytest.approx(1) and (weight >= 0).all()


def losses(noise, n_obs, n_seeds=6):
    """Mean loss of new rows: of the learned combination, of the average of all, and of the predictor with the least noise."""
    found = []
    for seed in range(n_seeds):
        new, new_y, _ = problem(noise, 4000, seed=100 + seed)
        weights = learn(HEAD, *problem(noise, n_obs, seed)), torch.full((len(noise),), 1 / len(noise)), torch.eye(len(noise))[0]
        found.append([HEAD.loss(combine(new, weight), new_y, torch.ones(len(new))) for weight in weights])
    return torch.tensor(found).mean(0).tolist()


def test_few_rows_lose_little_against_the_average_of_equals():
    learned, average, one = losses([1.0] * 5, 60)
    assert learned - average < 0.8 * (one - average)


def test_it_beats_the_average_where_predictors_differ():
    learned, average, best = losses([0.5, 1.0, 1.5, 3.0, 3.0, 3.0, 3.0, 3.0], 200)
    assert learned < best + 0.1 * (average - best)


def test_many_bad_predictors_do_not_drown_a_few_good_ones():
    eta, y, inner = problem([0.5] * 4 + [6.0] * 12, 300)
    weight = learn(HEAD, eta, y, inner)
    assert float(weight[:4].sum()) > 0.95 and float(weight.max()) < 0.9


def test_two_folds_and_one_are_enough():
    eta, y, _ = problem([0.5, 6.0], 100)
    for n_folds in (1, 2):
        weight = learn(HEAD, eta, y, torch.arange(100) % n_folds)
        assert weight.isfinite().all() and float(weight.sum()) == pytest.approx(1) and weight[0] >= weight[1]
