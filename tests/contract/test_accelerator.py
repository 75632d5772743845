"""A graphics card finds what the processor finds: every fusion method and generative imputer, with windows of signals, to the bundle."""

import pytest
import torch

from mmomics import plugins
from mmomics.cohort.data import from_mudata
from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.training import bundle, imputer
from mmomics.training.device import choose
from mmomics.training.fit import fit
from mmomics.training.predictor import Predictor
from mmomics.training.units import Unit
from tests.contract.test_bundles import as_data, summary
from tests.folds import TASKS, make_fold
from tests.training import test_windows

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no graphics card: nothing to hold against the processor")
METHODS = plugins.names("fusion")
GENERATIVE = [name for name in METHODS if plugins.family("fusion", name) == "generative"]
QUICK = Training(members=3, epochs=4, batch_size=32)
UNITS = [Unit(0, 0, 0), Unit(0, 0, 1)]
CLOSE = 2e-3  # of the spread of the predictor: sums in another order, carried on by the steps of training


def close(found, wanted):
    torch.testing.assert_close(found, wanted, atol=CLOSE * float(wanted.std()), rtol=0.0)


def on_both(method, fold, units=UNITS):
    return (fit(Model(method=method), {(0, 0): fold}, units, QUICK, device) for device in ("cpu", "cuda"))


@pytest.mark.parametrize("method", METHODS)
def test_a_method_learns_the_same(method):
    fold, _ = make_fold("binary", n_obs=120)
    for ours, theirs in zip(*on_both(method, fold), strict=True):
        close(theirs.eta, ours.eta)
        close(theirs.oof[theirs.held], ours.oof[ours.held])
        close(theirs.hidden[ours.hidden.isfinite()], ours.hidden[ours.hidden.isfinite()])


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("method", {plugins.family("fusion", name): name for name in METHODS}.values())
def test_every_outcome_and_a_bundle_that_the_processor_reads(method, task, tmp_path):
    fold, obs = make_fold(task, n_obs=120)
    (ours,), (theirs,) = on_both(method, fold, UNITS[:1])
    bundle.save(tmp_path / "bundle", Predictor.of(theirs, method), {}, summary())
    predictor, _ = bundle.load(tmp_path / "bundle")
    told, wanted = predictor.predict(as_data(fold, obs)), ours.predictions(as_data(fold, obs).subjects).set_index("subject")
    for column in wanted.columns.intersection(told.columns).drop(["true"], errors="ignore"):
        if told[column].dtype.kind == "f":
            close(torch.from_numpy(told.loc[wanted.index, column].to_numpy()), torch.from_numpy(wanted[column].to_numpy()))


@pytest.mark.parametrize("method", METHODS)
def test_windows_of_signals(method):
    fold = test_windows.fold_of(from_mudata(test_windows.study()))
    (ours,), (theirs,) = on_both(method, fold, UNITS[:1])
    close(theirs.eta, ours.eta)


@pytest.mark.parametrize("name", GENERATIVE)
def test_an_imputer_draws_the_same(name):
    fold, _ = make_fold("regression", n_obs=150, missing=0.2)
    ours, theirs = (imputer.fit(name, fold, UNITS[0], QUICK, device) for device in ("cpu", "cuda"))
    for place in fold.x:
        close(theirs.draw(place, fold.x, fold.seen, 3, 0), ours.draw(place, fold.x, fold.seen, 3, 0))


def test_a_card_is_chosen_where_there_is_one():
    assert choose("auto") == "cuda" and choose("cuda") == "cuda"
