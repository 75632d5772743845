"""Softened labels and weighed rows are what networks learn from, and nothing else sees them."""

import pytest
import torch
from sklearn.utils.class_weight import compute_sample_weight

from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.training.fit import fit
from mmomics.training.goals import balanced, goal
from mmomics.training.units import Unit
from tests.folds import make_fold

UNIT = Unit(0, 0, 0)
BOTH = {"label_smoothing": 0.2, "class_weights": "balanced"}


def settings(**changes):
    return Training(members=2, epochs=3, **changes)


def learned(fold, **changes):
    return fit(Model(method="hierarchical"), {(0, 0): fold}, [UNIT], settings(**changes))[0]


def few_of_the_last_class(task):
    """Forty rows, of which six are of the last class and four have no outcome."""
    n_classes = 2 if task == "binary" else 3
    which = torch.tensor([n_classes - 1] * 6 + [place % (n_classes - 1) for place in range(34)])
    y = torch.nn.functional.one_hot(which, n_classes).float()
    has = torch.arange(40) < 36
    return which, (y[:, 1:] if task == "binary" else y) * has[:, None], has


@pytest.mark.parametrize(("task", "true", "other"), [("binary", 0.9, 0.1), ("multiclass", 0.8 + 0.2 / 3, 0.2 / 3)])
def test_smoothed_labels_are_a_mixture_with_the_even_odds(task, true, other):
    _, y, has = few_of_the_last_class(task)
    soft = goal(make_fold(task)[0].head, y, has, settings(label_smoothing=0.2)).y[has]
    expected = y[has] * true + (1 - y[has]) * other
    torch.testing.assert_close(soft, expected)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_weights_are_those_of_scikit_learn(task):
    which, y, has = few_of_the_last_class(task)
    weight, _ = balanced(y, has)
    expected = compute_sample_weight("balanced", which[has].numpy())
    torch.testing.assert_close(weight[has].double(), torch.from_numpy(expected), rtol=1e-6, atol=1e-6)
    assert (weight[~has] == 0).all()
    folds, _ = balanced(torch.stack([y, y]), torch.stack([has, has]))  # of many folds at once
    torch.testing.assert_close(folds, torch.stack([weight, weight]))


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_of_a_predictor_without_features_the_prevalence_stays_the_best(task):
    """The weighed loss is least where the plain one is: at the shares of the classes."""
    which, y, has = few_of_the_last_class(task)
    head, aim = make_fold(task)[0].head, goal(make_fold(task)[0].head, y, has, settings(class_weights="balanced"))
    shares = torch.bincount(which[has]) / has.sum()
    eta = torch.log(shares[1:] / shares[:1]) if task == "binary" else torch.log(shares)
    eta.requires_grad_()
    loss = head.loss(eta.expand(40, -1) - aim.prior, aim.y, aim.weight)
    (slope,) = torch.autograd.grad(loss, eta)
    torch.testing.assert_close(slope, torch.zeros_like(slope), atol=1e-6, rtol=0)


@pytest.mark.parametrize("change", [{"label_smoothing": 0.2}, {"class_weights": "balanced"}])
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_networks_learn_from_the_goal_and_are_held_to_the_labels(task, change):
    fold, _ = make_fold(task, n_obs=100)
    plain, other = (found.history.set_index(["term", "epoch", "member"])["value"] for found in (learned(fold), learned(fold, **change)))
    assert plain["validation"][0].equals(other["validation"][0])  # the linear solution, by the same loss
    assert not plain["task"].equals(other["task"]) and not plain["validation"].equals(other["validation"])


@pytest.mark.parametrize("task", ["regression", "survival"])
def test_other_outcomes_have_neither(task):
    fold, _ = make_fold(task, n_obs=100)
    assert learned(fold).history.equals(learned(fold, **BOTH).history)
