"""Preprocessing is learned on training rows only, and applied by name."""

import dataclasses
import json

import anndata
import mudata
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from mmomics import keys
from mmomics.cohort.data import CohortData, from_mudata
from mmomics.cohort.prepare import apply, fit, from_arrays, load, save, to_arrays
from mmomics.config.protocol import Prepare
from mmomics.errors import UserError
from mmomics.normalization.centred_log_ratio import normalize as ratios


def draw(seed=0, n_obs=30, n_vars=12):
    rng = np.random.default_rng(seed)
    values, seen = {}, {}
    for name in ("rna", "protein"):
        x = (rng.normal(size=(n_obs, n_vars)) * rng.uniform(0.1, 5, n_vars) + rng.normal(size=n_vars) * 10).astype("float32")
        x[rng.random(x.shape) < 0.2] = np.nan
        x[:, 0] = 3.1  # constant
        x[: n_obs * 2 // 3, 1] = np.nan  # missing too often
        seen[name] = rng.random(n_obs) < 0.8
        x[~seen[name]] = np.nan
        values[name] = x
    features = {name: np.array([f"g{i}" for i in range(n_vars)]) for name in values}
    obs = pd.DataFrame(index=[f"P{i}" for i in range(n_obs)])
    return CohortData(obs, values, seen, features, {"task": "regression", "unit": "", "classes": []})


TRAIN = np.arange(20)


def same(first, second):
    assert first.keys() == second.keys()
    for name in first:
        for field in ("features", "center", "scale"):
            np.testing.assert_array_equal(getattr(first[name], field), getattr(second[name], field))
        assert first[name].clip == second[name].clip


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), n_features=st.integers(1, 15))
def test_changing_the_test_rows_changes_nothing_fitted(seed, n_features):
    data = draw(seed)
    chosen = Prepare(n_features=n_features)
    before = fit(data, TRAIN, chosen)
    rng = np.random.default_rng(seed)
    for name, values in data.values.items():
        values[20:] = rng.normal(size=values[20:].shape) * 1e6
        data.seen[name][20:] = rng.random(10) < 0.5
    same(before, fit(data, TRAIN, chosen))


def test_standardised_values_agree_with_scikit_learn():
    data = draw()
    preparation = fit(data, TRAIN, Prepare(clip=1e6))
    out = apply(preparation, data)
    for name, fitted in preparation.items():
        kept = [data.features[name].tolist().index(feature) for feature in fitted.features]
        x = data.values[name][:, kept]
        expected = StandardScaler().fit(x[TRAIN].astype(float)).transform(x.astype(float))
        np.testing.assert_allclose(out[name], np.nan_to_num(expected), atol=1e-4)
        assert out[name].dtype == np.float32


def test_which_features_are_kept():
    data = draw()
    fitted = fit(data, TRAIN, Prepare())["rna"]
    assert not {"g0", "g1"} & set(fitted.features)  # constant; missing too often
    best = fit(data, TRAIN, Prepare(n_features=4))["rna"]
    train = pd.DataFrame(data.values["rna"], columns=data.features["rna"]).iloc[TRAIN]
    variance = train.drop(columns=["g0", "g1"]).var(ddof=0)
    assert set(best.features) == set(variance.nlargest(4).index)
    assert best.features.tolist() == [feature for feature in data.features["rna"] if feature in set(best.features)]  # in their order


def test_the_share_of_missing_values_counts_measured_rows_only():
    data = draw()
    data.seen["rna"][:] = True
    data.values["rna"][:] = np.random.default_rng(0).normal(size=data.values["rna"].shape)
    data.values["rna"][:5, 2] = np.nan
    assert "g2" in fit(data, TRAIN, Prepare(max_missing=0.25))["rna"].features
    assert "g2" not in fit(data, TRAIN, Prepare(max_missing=0.24))["rna"].features


def test_extreme_values_are_cut():
    data = draw()
    data.values["rna"][25] = 1e9
    data.seen["rna"][25] = True
    out = apply(fit(data, TRAIN, Prepare(clip=3)), data)["rna"]
    assert out[25].max() == 3
    assert np.abs(out).max() == 3


def test_rows_without_the_modality_are_zero():
    data = draw()
    out = apply(fit(data, TRAIN, Prepare()), data)
    for name, values in out.items():
        assert (values[~data.seen[name]] == 0).all()
        assert np.isfinite(values).all()


def test_features_are_found_by_name():
    data = draw()
    fitted = fit(data, TRAIN, Prepare())["rna"]
    rng = np.random.default_rng(1)
    straight = fitted.apply(data.values["rna"], data.features["rna"])
    order = rng.permutation(len(data.features["rna"]))
    mixed = np.column_stack([data.values["rna"][:, order], np.ones(30, dtype="float32")])
    np.testing.assert_array_equal(fitted.apply(mixed, np.append(data.features["rna"][order], "new")), straight)
    gone = fitted.features[2]
    left = data.features["rna"] != gone
    without = fitted.apply(data.values["rna"][:, left], data.features["rna"][left])
    assert (without[:, 2] == 0).all()
    np.testing.assert_array_equal(np.delete(without, 2, axis=1), np.delete(straight, 2, axis=1))
    with pytest.raises(UserError, match="none of the 10 features is there"):
        fitted.apply(np.ones((1, 1), dtype="float32"), np.array(["other"]))


@pytest.mark.parametrize("reason", ["nobody has it", "nothing varies"])
def test_a_modality_of_no_use_is_left_out(caplog, reason):
    data = draw()
    if reason == "nobody has it":
        data.seen["rna"][TRAIN] = False
    else:
        data.values["rna"][TRAIN] = 7
    preparation = fit(data, TRAIN, Prepare())
    assert list(preparation) == ["protein"]
    assert "rna is left out" in caplog.text


def test_a_cohort_that_lacks_a_modality_gets_zeros():
    data = draw()
    preparation = fit(data, TRAIN, Prepare())
    del data.values["rna"], data.seen["rna"], data.features["rna"]
    assert not apply(preparation, data)["rna"].any()


def test_many_features_are_treated_like_few():
    """Moments are computed in chunks: a feature's place must not matter."""
    data = draw(n_vars=12)
    wide = dataclasses.replace(
        data,
        values={"rna": np.tile(data.values["rna"], (1, 500))},
        seen={"rna": data.seen["rna"]},
        features={"rna": np.array([f"{i}:{feature}" for i in range(500) for feature in data.features["rna"]])},
    )
    narrow, fitted = fit(data, TRAIN, Prepare())["rna"], fit(wide, TRAIN, Prepare(n_features=10**6))["rna"]
    np.testing.assert_allclose(fitted.center.reshape(500, -1), np.tile(narrow.center, (500, 1)), rtol=1e-6)
    np.testing.assert_allclose(fitted.scale.reshape(500, -1), np.tile(narrow.scale, (500, 1)), rtol=1e-6)


def test_files_and_bundles_give_back_what_was_fitted(tmp_path):
    data = draw()
    folds = {
        (repeat, fold): fit(data, np.arange(fold + 2, 25 - repeat), Prepare(n_features=5 + fold))
        for repeat in (0, 1)
        for fold in (-1, 0, 1)
    }
    save(tmp_path / "p.safetensors", folds)
    loaded = load(tmp_path / "p.safetensors")
    assert loaded.keys() == folds.keys()
    for key, preparation in folds.items():
        same(loaded[key], preparation)
        arrays, metadata = to_arrays(preparation)
        same(from_arrays(arrays, json.loads(json.dumps(metadata))), preparation)


def test_a_file_that_is_none(tmp_path):
    (tmp_path / "p.safetensors").write_bytes(b"no")
    for path in (tmp_path / "p.safetensors", tmp_path / "absent"):
        with pytest.raises(UserError, match="is no file that"):
            load(path)


def test_each_modality_has_its_own_settings():
    data = draw()
    found = fit(data, TRAIN, {"rna": Prepare(n_features=3, transform="rank"), "protein": Prepare(n_features=5, fill="minimum")})
    alone = fit(data, TRAIN, Prepare(n_features=5, fill="minimum"))
    assert len(found["rna"].features) == 3 and found["rna"].transform is not None
    same({"protein": found["protein"]}, {"protein": alone["protein"]})
    assert found["protein"].transform is None


def test_prevalence_is_of_what_was_measured_where_ratios_set_noughts_apart():
    counts = np.random.default_rng(0).poisson(30, size=(40, 6)).astype("float32")
    counts[:, 0], counts[:38, 1] = 0, 0
    microbes = anndata.AnnData(ratios(counts), obs=pd.DataFrame(index=[f"P{i}" for i in range(40)]))
    microbes.layers[keys.MEASURED], microbes.var[keys.FEATURE] = counts, [f"taxon{i}" for i in range(6)]
    cohort = mudata.MuData({"gut": microbes})
    cohort.uns["outcome"] = {"task": "regression", "unit": "", "classes": []}
    data = from_mudata(cohort)
    kept = {share: fit(data, np.arange(40), Prepare(min_prevalence=share))["gut"].features.tolist() for share in (0, 0.05, 0.1)}
    assert len(kept[0]) == 6 and "taxon0" not in kept[0.05] and len(kept[0.05]) == 5 and kept[0.1] == [f"taxon{i}" for i in range(2, 6)]
    microbes.X = np.where(counts == 0, np.nan, microbes.X)  # as of intensities, of which none is one
    assert from_mudata(cohort).nothing == {}
    microbes.X = ratios(counts)
    del microbes.layers[keys.MEASURED]
    assert len(fit(from_mudata(cohort), np.arange(40), Prepare(min_prevalence=0.1))["gut"].features) == 6  # nothing tells them


def test_a_shape_of_windows_is_kept(tmp_path):
    data = draw()
    whole = fit(data, TRAIN, Prepare())["rna"]
    save(tmp_path / "p.safetensors", {(0, 0): {"rna": dataclasses.replace(whole, shape=(2, 5))}})
    assert load(tmp_path / "p.safetensors")[0, 0]["rna"].shape == (2, 5)


def test_the_cohort_is_not_copied():
    """What a fold takes is of the size of its features in a chunk, not of the cohort."""
    import tracemalloc

    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 40_000)).astype("float32")
    obs = pd.DataFrame(index=[f"P{i}" for i in range(200)])
    names = np.array([f"g{i}" for i in range(40_000)])
    data = CohortData(obs, {"rna": x}, {"rna": np.ones(200, dtype=bool)}, {"rna": names}, {"task": "", "unit": "", "classes": []})
    fit(data, TRAIN, Prepare())
    tracemalloc.start()
    fit(data, np.arange(160), Prepare())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.nbytes


@pytest.mark.parametrize("name", ["acc", "rosmap", "brca", "kipan"])
def test_real_cohorts_are_standardised_on_their_training_rows(aligned, name):
    data = from_mudata(aligned(name).cohort)
    rows = np.arange(0, len(data.obs), 2)
    preparation = fit(data, rows, Prepare(clip=1e6))
    assert preparation.keys() == data.values.keys()
    out = apply(preparation, data)
    for modality, fitted in preparation.items():
        x = out[modality][rows[data.seen[modality][rows]]].astype(float)
        np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-3)
        complete = ~np.isnan(data.values[modality][rows[data.seen[modality][rows]]]).any(axis=0)
        kept = pd.Series(complete, data.features[modality])[fitted.features].to_numpy()
        np.testing.assert_allclose(x.std(axis=0)[kept], 1, atol=1e-3)
