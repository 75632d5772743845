"""Trust in modalities: equal unless another is clearly better on rows kept apart, and then the one that loses least."""

from types import SimpleNamespace

import pytest
import torch
from scipy.optimize import minimize

from mmomics.nn import trust
from mmomics.nn.cross_fit import better
from mmomics.training import linear_models, linear_path
from tests.folds import TASKS, make_fold

WORTH, ALIKE = (1.0, 0.1, 0.1), (0.5, 0.5, 0.5)  # how much of the truth three modalities see
TELLING = dict.fromkeys("abc", SimpleNamespace(telling=True))


def scores_of(eta, worth=WORTH, seed=0):
    """Scores of modalities that see a predictor (n_obs, n_out) through more or less noise, and whom each was measured in."""
    generator, worth = torch.Generator().manual_seed(seed), torch.tensor(worth)[:, None]
    noise = torch.randn(len(eta), len(worth), eta.shape[1], generator=generator)
    seen = torch.rand(len(eta), len(worth), generator=generator) > 0.2
    return (eta.unsqueeze(1) * worth + (1 - worth) * noise * eta.std()) * seen.unsqueeze(-1), seen


def labelled(worth=WORTH, seed=0, n_obs=200):
    """Two classes whose odds are the predictor: head, scores, seen, y, inner."""
    generator = torch.Generator().manual_seed(seed)
    eta = 2 * torch.randn(n_obs, 1, generator=generator)
    y = (torch.rand(n_obs, 1, generator=generator) < torch.sigmoid(eta)).float()
    return make_fold("binary")[0].head, *scores_of(eta, worth, seed), y, torch.arange(n_obs) % 5


@pytest.mark.parametrize("task", TASKS)
def test_the_trust_that_is_learned_loses_least(task):
    fold, _ = make_fold(task, n_obs=150, sizes=(8, 8), missing=0.0)
    y, inner = fold.y[fold.has], fold.inner[fold.has]
    scores, seen = scores_of(linear_models.fit(fold)["m0"].oof)
    found, _ = trust.learn(fold.head, scores, seen, y, inner, torch.zeros(3))

    def lost(log_trust):
        log_trust = torch.as_tensor(log_trust, dtype=torch.float32)
        pull = trust.PULL / len(y) * log_trust.square().sum()
        return float(fold.head.loss(trust.mean(scores, seen, log_trust), y, torch.ones(len(y))) + pull)

    best = minimize(lost, torch.zeros(3), method="Nelder-Mead", options={"maxiter": 400, "fatol": 1e-7})
    assert lost(found) == pytest.approx(best.fun, rel=1e-3)
    assert found[0] > found[1:].max()


def test_a_row_is_told_by_a_trust_that_its_own_fold_did_not_teach():
    head, scores, seen, y, inner = labelled()
    _, before = trust.learn(head, scores, seen, y, inner, torch.zeros(3))
    _, after = trust.learn(head, scores, seen, torch.where((inner == 0)[:, None], 1 - y, y), inner, torch.zeros(3))
    torch.testing.assert_close(before[inner == 0], after[inner == 0])
    assert not torch.allclose(before[inner == 1], after[inner == 1])


def test_a_modality_that_knows_far_more_is_trusted_more_and_one_among_equals_is_not():
    changed = {worth: [trust.begin(head, TELLING, *rest)[0].any() for head, *rest in _many(worth)] for worth in (WORTH, ALIKE)}
    assert sum(changed[WORTH]) == len(changed[WORTH]) and sum(changed[ALIKE]) <= 1
    head, scores, seen, y, inner = labelled()
    log_trust, mean = trust.begin(head, TELLING, scores, seen, y, inner)
    assert log_trust[0] > log_trust[1:].max() + 0.5
    assert better(head, mean, trust.mean(scores, seen, torch.zeros(3)), y, inner, trust.CLEARLY)


def _many(worth):
    return [labelled(worth, seed) for seed in range(6)]


def test_networks_begin_with_that_trust_and_new_subjects_are_told_by_it():
    fold, _ = make_fold("regression", n_obs=150, sizes=(20, 20, 20), missing=0.0)
    found = linear_path.fit(fold, linear_models.fit(fold))
    path = linear_path.LinearPath(2, 3).begin(found.log_trust, torch.zeros(2))
    seen = torch.stack(list(fold.seen.values()), dim=-1)
    with torch.no_grad():
        eta = path(found.scores.expand(2, -1, -1, -1), seen.expand(2, -1, -1))
    torch.testing.assert_close(eta[1], trust.mean(found.scores[:, :3], seen, found.log_trust))


def test_of_one_inner_fold_and_of_a_single_modality_trust_stays_as_it_was():
    head, scores, seen, y, inner = labelled()
    assert not trust.begin(head, TELLING, scores, seen, y, torch.zeros_like(inner))[0].any()
    log_trust, mean = trust.begin(head, {"a": TELLING["a"]}, scores[:, :1], seen[:, :1], y, inner)
    torch.testing.assert_close(mean, scores[:, 0])
    assert not log_trust.any()
