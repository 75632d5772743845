"""A bundle predicts what the model predicted, without the training data, on whatever assays are there."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from mmomics import plugins
from mmomics.cohort.data import CohortData
from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.errors import UserError
from mmomics.training.bundle import load, save
from mmomics.training.predictor import Predictor, tabulate
from mmomics.training.units import Unit
from tests.folds import TASKS, fit, make_fold

ALL = [*plugins.names("fusion"), *plugins.names("baselines")]
QUICK = Training(members=2, epochs=3, batch_size=32)
PARAMS = {"forest": {"n_trees": 80}, "boosting": {"n_rounds": 15}}


def as_data(fold, obs, modalities=None, order=None):
    """The fold's subjects as a cohort, some modalities left out, features in another order."""
    values, seen, features = {}, {}, {}
    for name in modalities or fold.x:
        place = np.arange(fold.x[name].shape[1]) if order is None else order(fold.x[name].shape[1])
        matrix = fold.x[name].numpy()[:, place].copy()
        matrix[~fold.seen[name].numpy()] = np.nan
        values[name], seen[name] = matrix, fold.seen[name].numpy()
        features[name] = fold.preparation[name].features[place]
    obs = obs.set_index(pd.Index([f"s{row}" for row in range(len(obs))]))
    return CohortData(obs=obs, values=values, seen=seen, features=features, outcome=fold.head.outcome)


def trained(name, task="binary"):
    fold, obs = make_fold(task, n_obs=150)
    (found,) = fit(Model(method=name, params=PARAMS.get(name, {})), {(0, 0): fold}, [Unit(0, 0, 0)], QUICK)
    return found, fold, obs


def summary():
    return {"cohort": "synthetic", "title": "A synthetic cohort", "seed": 0}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", ALL)
def test_round_trip(name, task, tmp_path):
    found, fold, obs = trained(name, task)
    save(tmp_path / "bundle", Predictor.of(found, name), PARAMS.get(name, {}), summary())
    assert sorted(path.name for path in (tmp_path / "bundle").iterdir()) == ["model.json", "weights.safetensors"]
    predictor, model = load(tmp_path / "bundle")
    data = as_data(fold, obs)
    table = predictor.predict(data)
    expected = found.predictions(data.subjects).set_index("subject")
    told, expected = table.loc[expected.index], expected.drop(columns=["repeat", "fold", "seed"])
    pd.testing.assert_frame_equal(told[expected.columns], expected, atol=1e-5)
    assert model["training"]["cohort"] == "synthetic" and model["versions"]["torch"]


@pytest.mark.parametrize("name", ALL)
def test_features_are_matched_by_name_and_assays_may_be_absent(name, tmp_path):
    found, fold, obs = trained(name)
    save(tmp_path / "bundle", Predictor.of(found, name), PARAMS.get(name, {}), summary())
    predictor, _ = load(tmp_path / "bundle")
    plain = predictor.predict(as_data(fold, obs))
    reordered = predictor.predict(as_data(fold, obs, order=lambda size: np.arange(size)[::-1]))
    pd.testing.assert_frame_equal(plain, reordered, atol=1e-5)
    one = predictor.predict(as_data(fold, obs, modalities=["m1"]))
    assert np.isfinite(one.select_dtypes("number")).all().all()
    assert set(one["modalities"]) <= {"m1", ""}


def test_a_damaged_bundle_is_one_clear_line(tmp_path):
    found, _, _ = trained("late_linear")
    bundle = tmp_path / "bundle"
    save(bundle, Predictor.of(found, "late_linear"), {}, summary())
    weights = (bundle / "weights.safetensors").read_bytes()
    (bundle / "weights.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(UserError, match="damaged"):
        load(bundle)
    model = json.loads((bundle / "model.json").read_text())
    (bundle / "weights.safetensors").write_bytes(weights)
    (bundle / "model.json").write_text(json.dumps({key: value for key, value in model.items() if key != "outcome"}))
    with pytest.raises(UserError, match="damaged or was edited"):
        load(bundle)
    (bundle / "model.json").write_text(json.dumps({**model, "format": 99}))
    with pytest.raises(UserError, match="format 99"):
        load(bundle)
    (bundle / "model.json").write_text(json.dumps({**model, "format": 1}))
    with pytest.raises(UserError, match="older mmomics"):
        load(bundle)
    with pytest.raises(UserError, match="not a readable model bundle"):
        load(tmp_path / "nowhere")


def test_ensembles_say_how_far_their_members_differ(tmp_path):
    found, fold, obs = trained("hierarchical")
    table = Predictor.of(found, "hierarchical").predict(as_data(fold, obs))
    assert (table["low_p_yes"] <= table["p_yes"] + 1e-6).all() and (table["p_yes"] <= table["high_p_yes"] + 1e-6).all()
    assert torch.isfinite(torch.tensor(table["high_p_yes"].to_numpy())).all()


def test_classes_that_are_called_as_the_range_of_another_are_no_matter():
    head = plugins.load("heads", "multiclass").HEAD
    classes = ["HER2", "HER2_low", "low_HER2", "neg"]
    obs = pd.DataFrame({"outcome": classes * 10})
    own = head.fit({"task": "multiclass", "unit": "", "classes": classes}, obs)
    eta = torch.randn(3, 40, 4, generator=torch.Generator().manual_seed(0))
    own.calibrate(eta.mean(0), *own.target(obs))
    table = tabulate(own, eta.mean(0), eta, obs.index.astype(str), {})
    assert table.columns.is_unique and (table["low_p_HER2"] <= table["high_p_HER2"]).all()
