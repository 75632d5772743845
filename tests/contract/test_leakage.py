"""Whatever is learned is learned on training rows: changing the test rows changes nothing that was fitted."""

import numpy as np
import pandas as pd
import pytest
import torch

from mmomics import plugins
from mmomics.cohort import prepare
from mmomics.cohort.data import CohortData
from mmomics.config.protocol import Prepare, Training
from mmomics.config.run import Model
from mmomics.preparation.contract import PLACES
from mmomics.training import fold, imputer
from mmomics.training.units import Unit
from tests.folds import fit

ALL = [*plugins.names("fusion"), *plugins.names("baselines")]
GENERATIVE = [name for name in plugins.names("fusion") if plugins.family("fusion", name) == "generative"]
QUICK = Training(members=3, epochs=3, batch_size=32)
PARAMS = {"forest": {"n_trees": 60}, "boosting": {"n_rounds": 15}}
N_OBS, N_TEST = 90, 20
TASKS = ("binary", "multiclass", "regression", "survival")


def cohort(task, corrupt):
    """A cohort whose last rows are tested; with `corrupt`, everything about them is different."""
    rng = np.random.default_rng(0)
    values = {name: rng.normal(5, 2, size=(N_OBS, size)).astype("float32") for name, size in (("rna", 40), ("meth", 30))}
    seen = {"rna": rng.random(N_OBS) > 0.2, "meth": rng.random(N_OBS) > 0.2}
    if corrupt:
        seen = {name: np.where(np.arange(N_OBS) < N_OBS - N_TEST, flags, ~flags) for name, flags in seen.items()}
        for matrix in values.values():
            matrix[-N_TEST:] = np.random.default_rng(1).normal(-300, 90, size=(N_TEST, matrix.shape[1]))
    for name, matrix in values.items():
        matrix[~seen[name]] = np.nan
    label = rng.integers(0, 3 if task == "multiclass" else 2, N_OBS)
    obs = pd.DataFrame(index=[f"s{row}" for row in range(N_OBS)])
    if task == "survival":
        obs["time"], obs["event"] = rng.exponential(100, N_OBS), label == 1
        if corrupt:
            obs.iloc[-N_TEST:, 1] = ~obs["event"].iloc[-N_TEST:]
            obs.iloc[-N_TEST:, 0] = obs["time"].iloc[-N_TEST:].to_numpy()[::-1] * 20  # beyond all others: the grid of the output grows
    elif task == "regression":
        obs["outcome"] = rng.normal(size=N_OBS) + (np.arange(N_OBS) >= N_OBS - N_TEST) * 50.0 * corrupt
    else:
        classes = np.array(["a", "b", "c"])
        obs["outcome"] = classes[np.where((np.arange(N_OBS) >= N_OBS - N_TEST) & corrupt, 1 - np.minimum(label, 1), label)]
    classes = {"binary": ["a", "b"], "multiclass": ["a", "b", "c"]}.get(task, [])
    features = {name: np.array([f"{name}{column}" for column in range(matrix.shape[1])]) for name, matrix in values.items()}
    return CohortData(obs=obs, values=values, seen=seen, features=features, outcome={"task": task, "unit": "", "classes": classes})


def one_fold(data):
    train = np.arange(N_OBS) < N_OBS - N_TEST
    splits = pd.DataFrame(
        {"repeat": 0, "fold": 0, "subject": data.subjects, "role": np.where(train, "train", "test"),
         "inner": np.where(train, np.arange(N_OBS) % 4, -1)}
    )  # fmt: skip
    preparation = prepare.fit(data, np.flatnonzero(train), Prepare(n_features=25))
    return fold.make(data, splits, {(0, 0): preparation}, 0, 0, None)


def same_preparation(first, second):
    arrays, about = prepare.to_arrays(first)
    others, other = prepare.to_arrays(second)
    assert about == other and arrays.keys() == others.keys() and arrays
    for key, array in arrays.items():
        np.testing.assert_array_equal(array, others[key], err_msg=key)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("step", [(place, name) for place in PLACES for name in plugins.names(f"preparation/{place}")], ids="-".join)
def test_no_step_of_the_preprocessing_changes_with_the_test_rows_or_their_outcome(step, task):
    place, name = step
    found = []
    for corrupt in (False, True):
        data = cohort(task, corrupt)
        data.obs["batch"] = [f"b{row % 3}" for row in range(N_OBS - N_TEST)] + ["other" if corrupt else "b1"] * N_TEST
        found.append(prepare.fit(data, np.arange(N_OBS - N_TEST), Prepare(n_features=25, **{place: name})))
    same_preparation(*found)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", ALL)
def test_nothing_fitted_changes_with_the_test_rows(name, task):
    model = Model(method=name, params=PARAMS.get(name, {}))
    clean, dirty = (fit(model, {(0, 0): one_fold(cohort(task, corrupt))}, [Unit(0, 0, 0)], QUICK)[0] for corrupt in (False, True))
    assert not torch.equal(clean.fold.x["rna"][-N_TEST:], dirty.fold.x["rna"][-N_TEST:])  # the corruption is there
    same_preparation(clean.fold.preparation, dirty.fold.preparation)
    weights, others = clean.network.state_dict(), dirty.network.state_dict()
    assert weights.keys() == others.keys() and weights
    for key in weights:
        torch.testing.assert_close(weights[key], others[key], msg=key)
    if clean.scores:
        assert clean.scores.joint == dirty.scores.joint
        for part in ("coef", "joint"):
            for modality, weight in getattr(clean.scores.start, part).items():
                torch.testing.assert_close(weight, getattr(dirty.scores.start, part)[modality])
    assert clean.fold.head.state.keys() == dirty.fold.head.state.keys()
    for key, value in clean.fold.head.state.items():
        # a number, a list of them, or one list for each inner fold
        mine, theirs = (np.hstack(one if isinstance(one, list) else [one]) for one in (value, dirty.fold.head.state[key]))
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-12, err_msg=key)


@pytest.mark.parametrize("name", [*plugins.names("imputation"), *GENERATIVE])
def test_no_imputer_changes_with_the_test_rows(name):
    clean, dirty = (one_fold(cohort("binary", corrupt)) for corrupt in (False, True))
    rows = clean.train
    x, seen = {k: v[rows] for k, v in clean.x.items()}, {k: v[rows] for k, v in clean.seen.items()}
    first, second = (imputer.fit(name, part, Unit(0, 0, 0), QUICK).predict("rna", x, seen) for part in (clean, dirty))
    torch.testing.assert_close(first, second)
