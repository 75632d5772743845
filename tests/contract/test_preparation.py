"""What every step of the preprocessing promises, whichever file it stands in."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mmomics import plugins
from mmomics.cohort.data import CohortData
from mmomics.cohort.prepare import apply, fit, from_arrays, load, save, to_arrays
from mmomics.config.protocol import Prepare, Training
from mmomics.config.run import Model
from mmomics.preparation.contract import PLACES, STEPS, Obs, step
from mmomics.preparation.fit import fit as fit_steps
from mmomics.preparation.moments import Columns
from mmomics.training import bundle
from mmomics.training.fit import fit as train_model
from mmomics.training.fold import make
from mmomics.training.predictor import Predictor
from mmomics.training.units import Unit

SETTINGS = [
    *({place: name} for place in PLACES for name in plugins.names(f"preparation/{place}")),
    {"min_prevalence": 0.1},
    {"reference": "quantile", "batch": "combat", "transform": "rank", "select": "redundancy", "fill": "neighbours", "scale": "robust"},
    {"reference": "quotient", "batch": "center", "transform": "yeo_johnson", "select": "supervised", "fill": "minimum", "scale": "none"},
]
BOTH = SETTINGS[-2:]
N, TRAIN = 40, np.arange(25)
every = pytest.mark.parametrize("settings", SETTINGS, ids=lambda keys: "-".join(map(str, keys.values())))


def cohort(seed=0, n_obs=N, n_vars=30, missing=0.15, task="binary"):
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=(n_obs, n_vars)) * rng.uniform(0.2, 3, n_vars) + rng.normal(size=n_vars) * 6).astype("float32")
    x[rng.random(x.shape) < missing] = np.nan
    x[:, 3] = 5.0  # constant
    x[:, 4] = np.nan  # never measured
    obs = pd.DataFrame(
        {"outcome": rng.choice(["a", "b"], n_obs), "batch": [f"b{row % 3}" for row in range(n_obs)]},
        index=[f"s{row}" for row in range(n_obs)],
    )
    seen = rng.random(n_obs) < 0.9
    x[~seen] = np.nan
    return CohortData(
        obs,
        {"rna": x},
        {"rna": seen},
        {"rna": np.array([f"g{j}" for j in range(n_vars)])},
        {"task": task, "unit": "", "classes": ["a", "b"]},
    )


def same(first, second):
    arrays, about = to_arrays(first)
    others, other = to_arrays(second)
    assert about == other and arrays.keys() == others.keys()
    for key, array in arrays.items():
        np.testing.assert_array_equal(array, others[key], err_msg=key)
        assert array.dtype == others[key].dtype


def fitted(data, settings, rows=TRAIN, n_features=20):
    return fit(data, rows, Prepare(n_features=n_features, **settings))


@every
def test_changing_the_test_rows_changes_nothing_fitted(settings):
    data, other = cohort(), cohort()
    rng = np.random.default_rng(1)
    other.values["rna"][25:] = rng.normal(size=(15, 30)) * 1e4
    other.seen["rna"][25:] = True
    other.obs.iloc[25:, 0] = "b"
    other.obs.iloc[25:, 1] = "another"
    same(fitted(data, settings), fitted(other, settings))


@every
def test_no_row_depends_on_another(settings):
    data = cohort()
    rna = fitted(data, settings)["rna"]
    whole = rna.apply(data.values["rna"], data.features["rna"], obs=Obs(data.obs))
    for row in (0, 7, 30):
        alone = rna.apply(data.values["rna"][[row]], data.features["rna"], obs=Obs(data.obs.iloc[[row]]))
        np.testing.assert_allclose(alone[0], whole[row], atol=1e-5)


@every
def test_values_given_are_not_changed(settings):
    data, other = cohort(), cohort()
    apply(fitted(data, settings), data)
    np.testing.assert_array_equal(data.values["rna"], other.values["rna"])
    pd.testing.assert_frame_equal(data.obs, other.obs)


@every
@hypothesis_settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), share=st.floats(0, 1), size=st.sampled_from([1.0, 1e-6, 1e6]))
def test_the_result_is_finite_and_cut_whatever_is_missing(settings, seed, share, size):
    data = cohort(seed)
    rna = fitted(data, settings)["rna"]
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=(12, 30)) * size).astype("float32")
    x[rng.random(x.shape) < share] = np.nan
    x[0], x[1, :2] = np.nan, [np.inf, -np.inf]
    found = rna.apply(x, data.features["rna"], obs=Obs(pd.DataFrame({"batch": ["b0", "b1", "b2"] * 4})))
    assert np.isfinite(found).all() and np.abs(found).max() <= 8 and found.dtype == np.float32


@every
def test_files_and_json_give_back_what_was_fitted(settings, tmp_path):
    data = cohort()
    folds = {(0, fold): fitted(data, settings, np.arange(fold, 30)) for fold in (0, 1, 2)}
    save(tmp_path / "p.safetensors", folds)
    loaded = load(tmp_path / "p.safetensors")
    for key, preparation in folds.items():
        same(loaded[key], preparation)
        arrays, about = to_arrays(preparation)
        again = from_arrays(arrays, json.loads(json.dumps(about)))
        same(again, preparation)
        np.testing.assert_array_equal(apply(loaded[key], data)["rna"], apply(preparation, data)["rna"])


@every
def test_features_are_found_by_name_and_further_ones_ignored(settings):
    data = cohort()
    rna = fitted(data, settings)["rna"]
    straight = rna.apply(data.values["rna"], data.features["rna"], obs=Obs(data.obs))
    order = np.random.default_rng(2).permutation(30)
    mixed = np.column_stack([np.full(N, 1e5, dtype="float32"), data.values["rna"][:, order]])
    names = np.concatenate([["new"], data.features["rna"][order]])
    np.testing.assert_allclose(rna.apply(mixed, names, obs=Obs(data.obs)), straight, atol=1e-6)


@every
def test_absent_features_stand_at_the_centre_and_the_others_stay_finite(settings):
    data = cohort()
    rna = fitted(data, settings)["rna"]
    left = ~np.isin(data.features["rna"], rna.features[::3])
    found = rna.apply(data.values["rna"][:, left], data.features["rna"][left], obs=Obs(data.obs))
    assert (found[:, ::3] == 0).all() and np.isfinite(found).all() and found.any()


@every
@pytest.mark.filterwarnings("error")
def test_five_rows_of_one_batch_are_enough(settings):
    data = cohort()
    data.obs["batch"] = "only"
    data.seen["rna"][:] = True
    data.values["rna"][:5] = np.random.default_rng(0).normal(size=(5, 30))
    preparation = fitted(data, settings, np.arange(5))
    assert np.isfinite(apply(preparation, data)["rna"]).all()
    assert len(preparation["rna"].features) > 5


@every
def test_batches_of_one_and_rows_of_none_are_met(settings):
    data = cohort()
    data.obs.iloc[0, 1] = "single"
    data.obs.iloc[[1, 2, 30], 1] = np.nan
    assert np.isfinite(apply(fitted(data, settings), data)["rna"]).all()
    bare = CohortData(data.obs.drop(columns=["batch", "outcome"]), data.values, data.seen, data.features, data.outcome)
    assert np.isfinite(apply(fitted(data, settings), bare)["rna"]).all()


@every
def test_a_feature_and_a_row_of_each_kind_that_says_nothing_is_left_out_or_neutral(settings):
    preparation = fitted(cohort(), settings, n_features=30)
    assert not {"g3", "g4"} & set(preparation["rna"].features)


def test_unset_steps_leave_nothing_behind():
    arrays, about = to_arrays(fitted(cohort(), {}))
    assert set(about["rna"]) == {"features", "clip", "fill"}
    assert set(arrays) == {"rna.center", "rna.scale", "rna.fill.value"}


@pytest.mark.parametrize("name", plugins.names("preparation/transform"))
def test_a_transform_can_be_undone(name):
    rng = np.random.default_rng(0)
    x = np.exp(rng.normal(size=(80, 6))).astype("float32")
    transform = step("transform", name).fit(x, Obs(pd.DataFrame(index=range(80))))
    inside = np.sort(x, axis=0)[5:-5]
    np.testing.assert_allclose(transform.undo(transform.apply(inside.copy(), Obs(pd.DataFrame(index=range(70))))), inside, rtol=1e-3)
    y = np.linspace(-30, 30, 50, dtype="float32")[:, None].repeat(6, axis=1)
    back = transform.undo(y)
    assert np.isfinite(back).all() and (np.diff(back, axis=0) >= 0).all()


@pytest.mark.parametrize("settings", [{}, *({"transform": name} for name in plugins.names("preparation/transform"))])
def test_imputed_values_come_back_on_the_scale_of_the_assay(settings):
    data = cohort(missing=0)
    rna = fitted(data, {**settings, "reference": None})["rna"]
    rows = TRAIN[data.seen["rna"][TRAIN]]
    prepared = rna.apply(data.values["rna"][rows], data.features["rna"])
    mean, sd = rna.restore(prepared, np.full_like(prepared, 0.01))
    place = pd.Index(data.features["rna"]).get_indexer(rna.features)
    np.testing.assert_allclose(mean, data.values["rna"][rows][:, place], rtol=2e-3, atol=0.05 if settings else 2e-3)
    assert (sd > 0).all() and np.isfinite(sd).all()
    if not settings:
        np.testing.assert_allclose(sd, 0.01 * rna.scale[None].repeat(len(sd), axis=0), rtol=1e-5)


@pytest.mark.parametrize("name", plugins.names("preparation/transform"))
def test_what_is_imputed_through_a_transform_has_the_moments_of_the_values(name):
    """Of lognormal values of which nothing is known, these are the mean and the standard deviation of the feature itself."""
    x = np.exp(np.random.default_rng(0).normal(size=(400, 3))).astype("float32")
    names = np.array(["a", "b", "c"])
    settings = Prepare(transform=name)
    found = fit_steps(Columns(x), names, settings, Obs(pd.DataFrame(index=range(400)))).restore(np.zeros((1, 3)), np.ones((1, 3)))
    np.testing.assert_allclose(found[0][0], x.mean(0), rtol=0.1)
    assert (found[1][0] / x.std(0) > 0.7).all() and (found[1][0] / x.std(0) < 1.7).all()
    far = fit_steps(Columns(x), names, settings, Obs(pd.DataFrame(index=range(400)))).restore(np.full((1, 3), 6.0), np.ones((1, 3)))
    assert (far[0] <= x.max(0)).all() and (far[1] <= np.ptp(x, axis=0) / 2).all()


def test_every_place_is_a_setting_and_every_default_is_a_file():
    default = Prepare()
    for place in PLACES:
        name = getattr(default, place)
        assert name is None or name in plugins.names(f"preparation/{place}")
    assert set(STEPS) < set(PLACES)


@pytest.mark.parametrize("settings", BOTH, ids=["first", "second"])
def test_a_bundle_holds_every_step(settings, tmp_path):
    """A model predicts from its bundle what it predicted, for subjects with reordered and further features."""
    data = cohort(n_obs=60)
    splits = pd.DataFrame(
        {
            "repeat": 0,
            "fold": 0,
            "subject": data.subjects,
            "role": ["train"] * 45 + ["test"] * 15,
            "inner": [*(np.arange(45) % 4), *[-1] * 15],
        }
    )
    preparation = fitted(data, settings, np.arange(45))
    fold = make(data, splits, {(0, 0): preparation}, 0, 0, None)
    (found,) = train_model(Model(method="linear"), {(0, 0): fold}, [Unit(0, 0, 0)], Training(members=2, epochs=2))
    bundle.save(tmp_path / "bundle", Predictor.of(found, "linear"), {}, {"cohort": "c", "title": "t", "seed": 0})
    predictor, _ = bundle.load(tmp_path / "bundle")
    same(predictor.preparation, preparation)
    order = np.random.default_rng(0).permutation(30)
    values = np.column_stack([data.values["rna"][:, order], np.ones(60, dtype="float32")])
    names = np.append(data.features["rna"][order], "further")
    new = CohortData(data.obs, {"rna": values}, data.seen, {"rna": names}, data.outcome)
    expected = found.predictions(data.subjects).set_index("subject")
    np.testing.assert_allclose(predictor.predict(new).loc[expected.index, ["p_b"]], expected[["p_b"]], atol=1e-5)
