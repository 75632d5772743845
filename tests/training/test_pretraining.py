"""Encoders learn before the outcome, from everybody, and the linear start stays; an embedding that nobody learned is not given out."""

import logging

import numpy as np
import pytest
import torch

from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.training import pretraining
from mmomics.training.bundle import load, save
from mmomics.training.embed import embedding
from mmomics.training.predictor import Predictor
from mmomics.training.units import Unit
from tests.contract.test_bundles import as_data, summary
from tests.folds import fit, make_fold

UNIT = Unit(0, 0, 0)


def learned(method, fold, **changes):
    settings = Training(**{"members": 2, "epochs": 1, "batch_size": 32, "pretraining": 4, **changes})
    return fit(Model(method=method), {(0, 0): fold}, [UNIT], settings)[0]


def before(found):
    """Learning curves before the outcome: mean over members, by term and epoch."""
    own = found.history[found.history["term"].str.startswith(pretraining.PREFIX)]
    return own.astype({"value": float}).groupby(["term", "epoch"])["value"].mean()


@pytest.fixture(scope="module")
def noise():
    """A fold whose outcome has nothing to do with anything, which no training improves on."""
    return make_fold("binary", n_obs=100, signal=0.0)


@pytest.mark.parametrize(("method", "term"), [("poe_vae", "reconstruction"), ("contrastive", "contrast")])
def test_own_terms_fall_and_the_linear_start_stays(method, term, noise):
    found, plain = learned(method, noise[0]), learned(method, noise[0], pretraining=0)
    curves = before(found)
    assert curves[pretraining.PREFIX + term].index.tolist() == [-4, -3, -2, -1]
    assert curves[pretraining.PREFIX + term].iloc[-1] < curves[pretraining.PREFIX + term].iloc[0]
    assert before(plain).empty
    start, expected = (one.history.query("term == 'validation' and epoch == 0")["value"].to_numpy() for one in (found, plain))
    np.testing.assert_array_equal(start, expected)


def test_the_outcome_plays_no_part(noise):
    fold, _ = noise
    other, _ = make_fold("binary", n_obs=100, signal=0.0)
    other.y = (1 - other.y) * other.has[:, None]
    unlabelled = other.train[::3]
    other.has[unlabelled], other.y[unlabelled] = False, 0
    found, same = before(learned("contrastive", fold)), before(learned("contrastive", other))
    assert len(found) and found.equals(same)


def test_a_method_without_own_terms_skips_it(noise, caplog):
    with caplog.at_level(logging.INFO):
        found = learned("hierarchical", noise[0])
    assert before(found).empty and "hierarchical has no losses of its own and is not pre-trained" in caplog.text


def test_an_embedding_is_given_where_one_was_learned(noise, tmp_path, caplog):
    fold, obs = noise
    start = {"epochs": 2, "learning_rate": 0.5}  # which the held-out loss refuses
    kept, pretrained = learned("contrastive", fold, pretraining=0, **start), learned("contrastive", fold)
    assert not kept.network.trained.any() and kept.embedding is None
    assert pretrained.network.trained.all() and pretrained.embedding is not None
    for name, found in {"kept": kept, "pretrained": pretrained}.items():
        save(tmp_path / name, Predictor.of(found, "contrastive"), {}, summary())
    with caplog.at_level(logging.INFO):
        assert embedding(load(tmp_path / "kept")[0], as_data(fold, obs)) is None
    assert "contrastive kept the linear solution" in caplog.text
    z = embedding(load(tmp_path / "pretrained")[0], as_data(fold, obs))
    assert z is not None and z.std() > 0


def test_members_at_the_linear_start_are_left_out_of_the_embedding(noise):
    fold, obs = noise
    found = learned("contrastive", fold)
    predictor = Predictor.of(found, "contrastive")
    found.network.pretrained = torch.tensor([True, False])
    with torch.no_grad():
        found.network.readout.weight.zero_()
    x, seen = (predictor.widened(part, torch.arange(100)) for part in predictor.tensors(as_data(fold, obs)))
    z = predictor.network.eval().method.encode(x, seen)[0].detach()
    one = embedding(predictor, as_data(fold, obs))
    np.testing.assert_allclose(np.linalg.norm(one, axis=0)[:5], torch.linalg.svdvals(z - z.mean(0))[:5], rtol=1e-3)


def test_what_trains_beside_it_changes_nothing(noise):
    """Another seed in the same pass leaves a unit's numbers as they are."""
    fold, _ = noise
    settings = Training(members=2, epochs=2, batch_size=32, pretraining=3, label_smoothing=0.1, class_weights="balanced")
    units = [Unit(0, 0, 0), Unit(0, 0, 1)]
    both = fit(Model(method="poe_vae"), {(0, 0): fold}, units, settings)
    (alone,) = fit(Model(method="poe_vae"), {(0, 0): fold}, units[1:], settings)
    torch.testing.assert_close(both[1].eta, alone.eta, rtol=1e-4, atol=1e-5)
    assert before(both[1]).round(3).equals(before(alone).round(3))
