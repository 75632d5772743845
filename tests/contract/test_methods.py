"""Every fusion method and baseline found in the folders keeps its contract."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
import torch
from lifelines.utils import concordance_index
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from mmomics import plugins
from mmomics.cohort import prepare
from mmomics.cohort.data import CohortData
from mmomics.config.protocol import Prepare, Training
from mmomics.config.run import Model
from mmomics.fusion.contract import Anchors, Generative
from mmomics.nn.streams import Streams
from mmomics.training.fold import make
from mmomics.training.network import make_network, make_params
from mmomics.training.units import Unit
from tests.folds import TASKS, fit, make_fold

METHODS = plugins.names("fusion")
ALL = [*METHODS, *plugins.names("baselines")]
QUICK = Training(members=4, epochs=4, batch_size=32)
PARAMS = {"forest": {"n_trees": 100}, "boosting": {"n_rounds": 30}}
CONTROL = "random"  # knows nothing, so nothing is asked of it


def method_of(name, n_vars, seeds=(1, 2), dropout=True):
    params = make_params("fusion", name, {} if dropout else {"dropout": 0.0, "input_dropout": 0.0})
    return plugins.load("fusion", name).Method(n_vars, params, Streams(list(seeds)))


def rows(n_vars, n_members=2, n_obs=9, seed=0):
    generator = torch.Generator().manual_seed(seed)
    one = {name: torch.randn(n_obs, size, generator=generator) for name, size in n_vars.items()}
    x = {name: values.expand(n_members, -1, -1).clone() for name, values in one.items()}
    return x, {name: torch.ones(n_members, n_obs, dtype=torch.bool) for name in n_vars}


def anchors(n_vars, n_members=2):
    names = {name: [tuple(f"{name}_{j}" for j in range(size))] * n_members for name, size in n_vars.items()}
    return Anchors(*rows(n_vars, n_members, n_obs=40, seed=9), names)


def ready(name, n_vars):
    method = method_of(name, n_vars)
    method.attach(anchors(n_vars))
    return method.eval()


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("n_modalities", [1, 3, 12])
def test_embedding_has_its_shape_and_is_finite(name, n_modalities):
    n_vars = {f"m{place}": 6 + place for place in range(n_modalities)}
    method = ready(name, n_vars)
    z = method.encode(*rows(n_vars))
    assert z.shape == (2, 9, method.n_latent) and torch.isfinite(z).all()


@pytest.mark.parametrize("name", METHODS)
def test_every_parameter_leads_with_the_members(name):
    assert all(len(parameter) == 2 for parameter in method_of(name, {"a": 5, "b": 7}).parameters())


@pytest.mark.parametrize("name", METHODS)
def test_what_is_not_seen_does_not_matter(name):
    n_vars = {"a": 5, "b": 7, "c": 6}
    method = ready(name, n_vars)
    x, seen = rows(n_vars)
    for hidden in [["a"], ["b"], ["c"], ["a", "b"], ["a", "b", "c"]]:
        shown = {key: flags & (key not in hidden) for key, flags in seen.items()}
        other = {key: values + 100.0 * (key in hidden) for key, values in x.items()}
        z = method.encode(x, shown)
        assert torch.isfinite(z).all()
        torch.testing.assert_close(method.encode(other, shown), z)
    assert not torch.allclose(method.encode({**x, "a": x["a"] + 1}, seen), method.encode(x, seen))


@pytest.mark.parametrize("name", METHODS)
def test_a_row_does_not_depend_on_its_neighbours(name):
    n_vars = {"a": 5, "b": 7}
    method = ready(name, n_vars)
    x, seen = rows(n_vars)
    alone = method.encode({key: values[:, 3:4] for key, values in x.items()}, {key: flags[:, 3:4] for key, flags in seen.items()})
    torch.testing.assert_close(method.encode(x, seen)[:, 3:4], alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", METHODS)
def test_members_do_not_know_each_other(name):
    n_vars = {"a": 5, "b": 7}
    both, one = ready(name, n_vars), method_of(name, n_vars, seeds=(2,))
    one.attach(anchors(n_vars, n_members=1))
    x, seen = rows(n_vars)
    z = one.eval().encode({key: values[:1] for key, values in x.items()}, {key: flags[:1] for key, flags in seen.items()})
    torch.testing.assert_close(both.encode(x, seen)[1:], z, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", [name for name in METHODS if plugins.family("fusion", name) == "generative"])
def test_generative_methods_decode_every_modality(name):
    n_vars = {"a": 5, "b": 7}
    method = ready(name, n_vars)
    assert isinstance(method, Generative)
    x, seen = rows(n_vars)
    noise = torch.randn(2, 9, method.n_noise, generator=torch.Generator().manual_seed(1))
    drawn, again, other = (method.draw(x, seen, part) for part in (noise, noise, -noise))
    assert drawn.shape == (2, 9, method.n_latent) and torch.equal(drawn, again) and not torch.allclose(drawn, other)
    for z in (method.encode(x, seen), drawn):
        for key, (value, sd) in method.decode(z).items():
            assert value.shape == (2, 9, n_vars[key]) and sd.shape == (2, 1, n_vars[key]) and (sd > 0).all()
    blind = {key: torch.zeros_like(flags) for key, flags in seen.items()}
    assert torch.isfinite(method.draw(x, blind, noise)).all()


@pytest.mark.parametrize("name", METHODS)
def test_an_untrained_network_is_the_linear_solution(name):
    fold, _ = make_fold("binary")
    network = make_network(name, {}, {key: values.shape[1] for key, values in fold.x.items()}, Streams([1]), (fold.head, {})).eval()
    x, seen = ({key: values[None] for key, values in part.items()} for part in (fold.x, fold.seen))
    network.method.attach(Anchors(x, seen, {key: [fold.features(key)] for key in fold.x}))
    scores = torch.randn(1, len(fold.y), 2 * len(fold.x) + 1, 1, generator=torch.Generator().manual_seed(0))
    eta, _ = network({key: values[None] for key, values in fold.x.items()}, {key: flags[None] for key, flags in fold.seen.items()}, scores)
    seen = torch.stack(list(fold.seen.values()), dim=1).float()
    own, parts, offset = scores[0, :, :, 0].split([len(fold.x), len(fold.x), 1], dim=1)
    torch.testing.assert_close(eta[0, :, 0], (own * seen).sum(1) / seen.sum(1), atol=1e-5, rtol=1e-4)
    network.path.begin(torch.zeros(1, len(fold.x)), torch.ones(1))
    eta, _ = network({key: values[None] for key, values in fold.x.items()}, {key: flags[None] for key, flags in fold.seen.items()}, scores)
    torch.testing.assert_close(eta[0, :, 0], (parts * seen).sum(1) + offset[:, 0], atol=1e-5, rtol=1e-4)


@cache
def planted(name, task):
    """Predictions of the held-out rows of a fold with a signal in it, and how well they tell the outcome."""
    fold, obs = make_fold(task, n_obs=400, missing=0.1)
    (found,) = fit(Model(method=name, params=PARAMS.get(name, {})), {(0, 0): fold}, [Unit(0, 0, 0)], QUICK)
    subjects, test = np.array([f"s{row}" for row in range(len(obs))]), fold.test.numpy()
    table, truth = found.predictions(subjects), obs.iloc[test]
    assert list(table["subject"]) == list(subjects[test])
    if task == "survival":
        return table, concordance_index(truth["time"], -table["risk"], truth["event"])
    if task == "regression":
        return table, spearmanr(truth["outcome"], table["value"]).statistic
    p = table.filter(like="p_")
    return table, roc_auc_score(truth["outcome"] == p.columns[-1].removeprefix("p_"), p.iloc[:, -1])


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", ALL)
def test_finds_the_planted_signal_of_every_task(name, task):
    table, score = planted(name, task)
    assert np.isfinite(table.select_dtypes("number")).all().all()
    if task == "survival":
        curves = table.filter(like="s_").to_numpy()
        assert ((curves >= 0) & (curves <= 1)).all() and (np.diff(curves, axis=1) <= 1e-12).all()
    elif task == "regression":
        assert (table["lower"] < table["value"]).all() and (table["value"] < table["upper"]).all()
    else:
        np.testing.assert_allclose(table.filter(like="p_").sum(axis=1), 1, rtol=1e-6)
    if name != CONTROL:
        assert score > max(0.3 if task == "regression" else 0.6, planted(CONTROL, task)[1])


@pytest.mark.parametrize("name", ALL)
def test_the_outcome_of_test_rows_is_never_used(name):
    """Changing outcome and features of the test rows changes no prediction of training rows and no calibration."""
    model = Model(method=name, params=PARAMS.get(name, {}))
    fold, _ = make_fold("binary")
    other, _ = make_fold("binary")
    assert float(fold.y[fold.test].abs().sum()) == 0 and not fold.has[fold.test].any()
    for key in other.x:
        other.x[key][other.test] = 7.0
    first, second = (fit(model, {(0, 0): part}, [Unit(0, 0, 0)], QUICK)[0] for part in (fold, other))
    torch.testing.assert_close(first.eta[fold.train], second.eta[fold.train], equal_nan=True)
    assert first.fold.head.state == second.fold.head.state


@pytest.mark.parametrize("task", ["binary", "survival"])
@pytest.mark.parametrize("name", ALL)
def test_same_seed_same_numbers_whatever_trains_beside(name, task):
    """A unit trained alone and in company with others: the shard must never change the numbers."""
    model = Model(method=name, params=PARAMS.get(name, {}))
    folds = {(0, place): make_fold(task, seed=place, fold=place, missing=0.0)[0] for place in range(2)}
    units = [Unit(0, 0, 0), Unit(0, 1, 0), Unit(0, 1, 1)]
    settings = Training(members=2, epochs=2, batch_size=32)
    together = fit(model, folds, units, settings)
    alone = [fit(model, folds, [unit], settings)[0] for unit in units]
    for one, other in zip(together, alone, strict=True):
        torch.testing.assert_close(one.eta, other.eta, atol=1e-4, rtol=1e-3)
        np.testing.assert_allclose(one.history["value"].astype(float), other.history["value"].astype(float), rtol=1e-3)
    if name in METHODS:
        assert not np.allclose(together[1].history["value"], together[2].history["value"])  # another seed is another model


def uneven_cohort(rare="later"):
    """Two folds that keep different numbers of features and train on different numbers of rows; a third assay is `rare`.

    `rare="later"`: one training row of fold 0 has it, none of fold 1; `rare="unlabelled"`: only subjects without outcome have it.
    """
    rng = np.random.default_rng(0)
    n_obs = 90
    values = {name: rng.normal(size=(n_obs, size)).astype("float32") for name, size in (("rna", 30), ("mutation", 20), ("rare", 4))}
    values["mutation"] = (rng.random((n_obs, 20)) < 0.03).astype("float32")  # constant in some folds
    seen = {"rna": np.ones(n_obs, bool), "mutation": rng.random(n_obs) < 0.8, "rare": np.zeros(n_obs, bool)}
    label = np.where(values["rna"][:, 0] + rng.normal(size=n_obs) > 0, "yes", "no").astype(object)
    if rare == "unlabelled":
        seen["rare"][-6:], label[-6:] = True, None
    else:
        seen["rare"][:3] = True
    for name, matrix in values.items():
        matrix[~seen[name]] = np.nan
    obs = pd.DataFrame({"outcome": label}, index=[f"s{row}" for row in range(n_obs)])
    features = {name: np.array([f"{name}{column}" for column in range(matrix.shape[1])]) for name, matrix in values.items()}
    outcome = {"task": "binary", "unit": "", "classes": ["no", "yes"]}
    data = CohortData(obs=obs, values=values, seen=seen, features=features, outcome=outcome)
    tests = [np.arange(20, 50), np.arange(0, 20)]
    tables, preparations = [], {}
    for place, tested in enumerate(tests):
        train = ~np.isin(np.arange(n_obs), tested)
        inner = np.where(train, np.arange(n_obs) % 4, -1)
        role = np.where(train, "train", "test")
        tables.append(pd.DataFrame({"repeat": 0, "fold": place, "subject": data.subjects, "role": role, "inner": inner}))
        preparations[0, place] = prepare.fit(data, np.flatnonzero(train), Prepare())
    splits = pd.concat(tables, ignore_index=True)
    return {(0, place): make(data, splits, preparations, 0, place, None) for place in range(2)}


@pytest.mark.parametrize("name", ALL)
def test_folds_of_different_sizes_do_not_change_each_other(name):
    model = Model(method=name, params=PARAMS.get(name, {}))
    folds, units = uneven_cohort(), [Unit(0, 0, 0), Unit(0, 1, 0)]
    kept = [{key: len(fitted.features) for key, fitted in one.preparation.items()} for one in folds.values()]
    assert kept[0] != kept[1] and len(folds[0, 0].train) != len(folds[0, 1].train)
    together = fit(model, folds, units, QUICK)
    for found, unit in zip(together, units, strict=True):
        (alone,) = fit(model, {(0, unit.fold): folds[0, unit.fold]}, [unit], QUICK)
        torch.testing.assert_close(found.eta, alone.eta, atol=1e-4, rtol=1e-3)
        shares = found.history["term"].str.startswith("share_").to_numpy()
        value, other = (one.history["value"].to_numpy(dtype=float) for one in (found, alone))
        np.testing.assert_allclose(value[~shares], other[~shares], rtol=1e-3)
        np.testing.assert_allclose(value[shares], other[shares], atol=0.02)  # of next to nothing, so rounding shows in them


@pytest.mark.parametrize("rare", ["later", "unlabelled"])
@pytest.mark.parametrize("name", ALL)
def test_an_assay_that_a_fold_cannot_learn_from_is_left_out(name, rare):
    model = Model(method=name, params=PARAMS.get(name, {}))
    for found in fit(model, uneven_cohort(rare), [Unit(0, 0, 0), Unit(0, 1, 0)], QUICK):
        assert torch.isfinite(found.eta).all()
        assert not found.fold.seen["rare"].any() or (rare, found.unit.fold) == ("later", 0)
