"""Models combined: what an ensemble says of a fold, and the bundle that says it of new subjects."""

import numpy as np
import pandas as pd
import pytest
import torch

from mmomics import plugins
from mmomics.config.run import Model
from mmomics.errors import UserError
from mmomics.training import bundle
from mmomics.training.ensemble import EnsemblePredictor, combine, whole
from mmomics.training.fit import fit
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

    held_out = pd.DataFrame(told.eta.numpy()).add_prefix("eta")
    held_out.insert(0, "subject", told.subjects)
    labels, _ = make_fold(task)
    labels.head, labels.y, labels.has = fold.head, fold.head.target(obs)[0], torch.ones(len(obs), dtype=torch.bool)
    head = whole(labels, data.obs.index, held_out)
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
