"""Models combined: what an ensemble says of a fold, and the bundle that says it of new subjects."""

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save

from mmomics import plugins
from mmomics.config.run import Model
from mmomics.errors import UserError
from mmomics.training import bundle
from mmomics.training.ensemble import EnsemblePredictor, combine, whole
from mmomics.training.fit import fit
from mmomics.training.fold import label
from mmomics.training.predictor import Predictor
from mmomics.training.units import Unit
from tests.contract.test_bundles import QUICK, as_data
from tests.folds import TASKS, make_fold

MEMBERS = ("late_linear", "linear", "hierarchical")
STACK = plugins.load("ensembles", "stack").Ensemble(None)


def trained(task, fold):
    return {name: fit(Model(method=name), {(0, 0): fold}, [Unit(0, 0, 0)], QUICK)[0] for name in MEMBERS}


@pytest.mark.parametrize("task", TASKS)
def test_an_ensemble_is_a_weighted_mean_of_its_members(task, tmp_path):
    fold, obs = make_fold(task)
    data = as_data(fold, obs)
    fits = trained(task, fold)
    told = combine(STACK, fold, data.obs.index, [one.predictors(data.subjects) for one in fits.values()])
    assert float(told.weights.sum()) == pytest.approx(1) and (told.weights >= 0).all()
    assert list(told.subjects) == list(data.subjects[fold.test.numpy()])
    by_hand = sum(w * one.fold.head.calibrated(one.eta[fold.test]) for w, one in zip(told.weights, fits.values(), strict=True))
    torch.testing.assert_close(told.eta, by_hand)

    labels, _ = make_fold(task)
    labels.head, labels.y, labels.has = fold.head, fold.head.target(obs)[0], torch.ones(len(obs), dtype=torch.bool)
    head = whole(labels, data.obs.index, told.predictors())
    bundles = {name: tmp_path / name for name in MEMBERS}
    for name, one in fits.items():
        bundle.save(bundles[name], Predictor.of(one, name), {}, {"title": "", "seed": 0})
    weights = dict(zip(MEMBERS, map(float, told.weights), strict=True))
    predictor = EnsemblePredictor("stack", {name: bundle.load_one(bundles[name])[0] for name in MEMBERS}, weights, head)
    bundle.save_ensemble(tmp_path / "stack", predictor, bundles, {"title": "", "seed": 0})
    again, model = bundle.load(tmp_path / "stack")
    assert model["package"] == "ensembles" and list(again.preparation) == list(fold.x)
    table = again.predict(data)
    pd.testing.assert_frame_equal(table, predictor.predict(data))
    expected = head.predict(head.calibrated(told.eta), told.subjects).select_dtypes("number")  # a set may turn on the last digit
    pd.testing.assert_frame_equal(table.loc[told.subjects, expected.columns], expected, atol=1e-5)
    with pytest.raises(UserError, match="ensemble"):
        bundle.load_one(tmp_path / "stack")


def test_what_test_rows_look_like_changes_no_weight():
    fold, obs = make_fold("binary")
    subjects = as_data(fold, obs).obs.index
    tables = [one.predictors(subjects.to_numpy()) for one in trained("binary", fold).values()]
    first = combine(STACK, fold, subjects, tables)
    for table in tables:
        table.loc[table["role"] == "test", "eta0"] = 9.0
    second = combine(STACK, fold, subjects, tables)
    torch.testing.assert_close(first.weights, second.weights)
    assert first.head.state == second.head.state
    np.testing.assert_allclose(second.eta.numpy(), 9.0, rtol=1e-6)


def test_what_folds_of_another_mean_and_spread_say_is_brought_to_the_scale_of_the_whole():
    """Each fold predicts its test rows perfectly, in its own centre and scale: so then does the ensemble that is shipped."""
    obs = pd.DataFrame(
        {"outcome": np.random.default_rng(0).normal(50, 10, 60) + 40 * (np.arange(60) % 3)}, [f"s{row}" for row in range(60)]
    )
    outcome = {"task": "regression", "unit": "", "classes": []}
    splits = pd.concat(
        [pd.DataFrame({"repeat": 0, "fold": fold, "subject": obs.index, "role": np.where(np.arange(60) % 3 == fold, "test", "train"),
                       "inner": np.where(np.arange(60) % 3 == fold, -1, np.arange(60) // 3 % 4)}) for fold in (0, 1, 2, -1)]
    )  # fmt: skip
    parts = []
    for fold in (0, 1, 2):
        labels = label(obs, outcome, splits, 0, fold)
        y = labels.head.target(obs)[0]
        perfect = pd.DataFrame({"subject": obs.index, "role": np.where(np.arange(60) % 3 == fold, "test", "train"), "eta0": y[:, 0]})
        parts.append(combine(STACK, labels, obs.index, [perfect]).predictors())
    head = whole(label(obs, outcome, splits, 0, -1), obs.index, pd.concat(parts))
    assert head.state["slope"] == pytest.approx(1, abs=1e-3)
    assert max(head.state["scores"][0]) < 0.01


def test_an_ensemble_is_calibrated_as_the_settings_say():
    rng = np.random.default_rng(0)
    obs = pd.DataFrame({"outcome": rng.choice(["no", "yes"], 400)}, [f"s{row}" for row in range(400)])
    splits = pd.DataFrame({"repeat": 0, "fold": 0, "subject": obs.index, "role": "train", "inner": np.arange(400) % 4})
    labels = label(obs, {"task": "binary", "unit": "", "classes": ["no", "yes"]}, splits, 0, 0)
    told = pd.DataFrame({"subject": obs.index, "role": "train", "eta0": labels.y[:, 0].numpy() + rng.normal(size=400).astype("float32")})
    member = pd.concat([told, told.assign(role="test")])
    for calibration in ("slope", "isotonic"):
        one = combine(STACK, labels, obs.index, [member], calibration)
        shipped = whole(labels, obs.index, one.predictors(), calibration)
        assert ("isotonic" in one.head.state) == ("isotonic" in shipped.state) == (calibration == "isotonic")


def test_a_bundle_that_lacks_a_tensor_is_refused(tmp_path):
    fold, _ = make_fold("binary")
    (one,) = fit(Model(method="fused_graph"), {(0, 0): fold}, [Unit(0, 0, 0)], QUICK)
    bundle.save(tmp_path / "old", Predictor.of(one, "fused_graph"), {}, {"title": "", "seed": 0})
    weights = tmp_path / "old/weights.safetensors"
    left = {name: tensor for name, tensor in load_file(weights).items() if not name.startswith("network.method.anchors.axes")}
    weights.write_bytes(save(left))
    with pytest.raises(UserError, match=r"method.anchors.axes_m0.*train the model again"):
        bundle.load(tmp_path / "old")
