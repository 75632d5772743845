"""Windows of a signal from the cohort's file through every method to the bundle and its explanation."""

import dataclasses

import anndata
import mudata
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import roc_auc_score

from mmomics import keys, plugins
from mmomics.cohort import prepare
from mmomics.cohort.data import from_mudata, read_cohort, write_cohort
from mmomics.config.protocol import Prepare, Training
from mmomics.config.run import Model
from mmomics.errors import UserError
from mmomics.explain.attributions import attribute, features_table, stretches
from mmomics.fusion.contract import Anchors, Generative
from mmomics.nn.sizes import Sizes
from mmomics.nn.streams import Streams
from mmomics.report.facts import read_facts
from mmomics.training import bundle, hidden, impute, imputer, linear_models, linear_path
from mmomics.training import fit as fitting
from mmomics.training.fold import make
from mmomics.training.network import make_params
from mmomics.training.predictor import Predictor
from mmomics.training.units import Unit
from tests.folds import fit

METHODS = plugins.names("fusion")
QUICK = Training(members=2, epochs=2, batch_size=32)
SIZES = Sizes({"rna": 6, "ecg": 4, "ecg_signal": 120}, {"ecg_signal": (2, 60)})
UNIT = Unit(0, 0, 0)


def study(n_obs=80, n_times=100, n_channels=2, missing=0.2, cause="rna", seed=0):
    """A cohort of genes and an ECG at 50 Hz with windows; the outcome is in a gene, or in the frequency of the first channel."""
    rng = np.random.default_rng(seed)
    label = rng.random(n_obs) < 0.5
    rna = rng.normal(size=(n_obs, 12)).astype("float32")
    if cause == "rna":
        rna[:, 0] += 2.0 * label
    hertz = np.where(label & (cause == "signal"), 6.0, 4.0) + rng.normal(0, 0.3, n_obs)
    phase = rng.uniform(0, 2 * np.pi, n_obs)
    signal = rng.normal(size=(n_obs, n_channels, n_times)).astype("float32")
    signal[:, 0] += np.sin(2 * np.pi * hertz[:, None] * np.arange(n_times) / 50 + phase[:, None])
    signal[0, 0, : n_times // 4] = np.nan
    rows = np.flatnonzero(rng.random(n_obs) >= missing)
    signal[rows[1]] = np.nan  # features, but no windows
    names = np.array([f"s{row}" for row in range(n_obs)])
    mods = {"rna": (rna, np.arange(n_obs)), "ecg": (rng.normal(size=(n_obs, 3)).astype("float32"), rows)}
    made = {}
    for name, (values, own) in mods.items():
        features = [f"{name}{column}" for column in range(values.shape[1])]
        var = pd.DataFrame({keys.FEATURE: features}, index=[f"{name}:{feature}" for feature in features])
        made[name] = anndata.AnnData(values[own], obs=pd.DataFrame(index=names[own]), var=var, uns={"kind": name, "values": "x"})
    made["ecg"].obsm["signal"] = signal[rows]
    made["ecg"].uns["signal"] = {"fs": 50.0, "channels": ["I", "II"][:n_channels]}
    cohort = mudata.MuData(made)
    cohort.obs = pd.DataFrame({"outcome": np.where(label, "yes", "no").astype(object)}, index=names).loc[cohort.obs_names]
    cohort.uns["outcome"] = {"task": "binary", "unit": "", "classes": np.array(["no", "yes"], dtype=object)}
    return cohort


def fold_of(data, modalities=None):
    n_obs = len(data.obs)
    test = np.arange(n_obs) >= n_obs * 3 // 4
    role, inner = np.where(test, "test", "train"), np.where(test, -1, np.arange(n_obs) % 5)
    splits = pd.DataFrame({"repeat": 0, "fold": 0, "subject": data.subjects, "role": role, "inner": inner})
    prepared = prepare.fit(data, np.flatnonzero(~test), Prepare())
    return make(data, splits, {(0, 0): prepared}, 0, 0, modalities)


def auc(data, fold, model, settings=QUICK):
    (found,) = fit(model, {(0, 0): fold}, [UNIT], settings)
    test = fold.test.numpy()
    return roc_auc_score(data.obs["outcome"].to_numpy()[test] == "yes", found.eta[test, 0])


def rows(n_members=2, n_obs=9, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = {name: torch.randn(n_obs, size, generator=generator).expand(n_members, -1, -1).clone() for name, size in SIZES.items()}
    return x, {name: torch.ones(n_members, n_obs, dtype=torch.bool) for name in SIZES}


def ready(name, seeds=(1, 2)):
    method = plugins.load("fusion", name).Method(SIZES, make_params("fusion", name, {}), Streams(list(seeds)))
    method.attach(Anchors(*rows(len(seeds), n_obs=40, seed=9)))
    return method.eval()


def test_windows_become_a_modality_of_their_own(tmp_path):
    cohort = study()
    write_cohort(tmp_path / "cohort.h5mu", cohort)
    data = read_cohort(tmp_path / "cohort.h5mu")
    assert list(data.values) == ["rna", "ecg", "ecg_signal"] and data.shapes == {"ecg_signal": (2, 100)}
    names = data.features["ecg_signal"]
    assert names[1] == "I@0.02s" and names[100] == "II@0.00s" and len(set(names)) == 200
    place = list(data.subjects).index(cohort["ecg"].obs_names[5])
    np.testing.assert_array_equal(data.values["ecg_signal"][place], cohort["ecg"].obsm["signal"][5].ravel())
    assert data.seen["ecg"].sum() == cohort["ecg"].n_obs == data.seen["ecg_signal"].sum() + 1
    facts = read_facts(tmp_path / "cohort.h5mu")
    assert facts.modalities.loc["ecg_signal"].tolist() == ["ecg", "windows", 200]
    np.testing.assert_array_equal(facts.has["ecg_signal"].loc[data.subjects], data.seen["ecg_signal"])


def test_windows_are_centred_and_scaled_per_channel_on_training_rows_alone():
    data = from_mudata(study())
    train = np.arange(50)
    data.values["ecg_signal"][:, 100:] = 5 + 3 * data.values["ecg_signal"][:, 100:]
    fitted = prepare.fit(data, train, Prepare(n_features=7))["ecg_signal"]
    assert fitted.shape == (2, 100) and len(fitted.features) == 200 and len(np.unique(fitted.scale)) == 2
    values = data.values["ecg_signal"][train][:, 100:]
    low, middle, high = np.nanquantile(values, [0.25, 0.5, 0.75])
    np.testing.assert_allclose([fitted.center[150], fitted.scale[150]], [middle, (high - low) / 1.349], rtol=1e-4)
    x = prepare.apply({"ecg_signal": fitted}, data)["ecg_signal"]
    assert np.isfinite(x).all() and (x[np.isnan(data.values["ecg_signal"])] == 0).all()
    data.values["ecg_signal"][50:] *= 100
    again = prepare.fit(data, train, Prepare())["ecg_signal"]
    np.testing.assert_array_equal(again.center, fitted.center)
    np.testing.assert_array_equal(again.scale, fitted.scale)


def test_a_dead_channel_is_nought_and_dead_windows_are_left_out():
    data = from_mudata(study())
    data.values["ecg_signal"][:, 100:] = 7.0
    fitted = prepare.fit(data, np.arange(50), Prepare())
    assert (prepare.apply(fitted, data)["ecg_signal"][:, 100:] == 0).all()
    data.values["ecg_signal"][:] = 7.0
    assert "ecg_signal" not in prepare.fit(data, np.arange(50), Prepare())


def test_preparations_with_windows_are_saved_and_windows_cut_otherwise_refused(tmp_path):
    data = from_mudata(study())
    prepare.save(tmp_path / "p.safetensors", {(0, 0): prepare.fit(data, np.arange(50), Prepare())})
    loaded = prepare.load(tmp_path / "p.safetensors")[0, 0]
    assert loaded["ecg_signal"].shape == (2, 100) and loaded["rna"].shape is None
    with pytest.raises(UserError, match=r"windows run from I@0.00s to II@1.58s .160 samples., in training"):
        prepare.apply(loaded, from_mudata(study(n_times=80)))


@pytest.mark.parametrize("name", METHODS)
def test_every_method_takes_windows_among_other_modalities(name):
    method, alone = ready(name), ready(name, seeds=(2,))
    x, seen = rows()
    z = method.encode(x, seen)
    assert z.shape == (2, 9, method.n_latent) and torch.isfinite(z).all()
    assert all(len(parameter) == 2 for parameter in method.parameters())
    assert not torch.allclose(method.encode({**x, "ecg_signal": x["ecg_signal"] + 1}, seen), z)
    for lacked in (["ecg_signal"], ["rna", "ecg"], list(SIZES)):
        shown = {key: flags & (key not in lacked) for key, flags in seen.items()}
        other = {key: values + 100.0 * (key in lacked) for key, values in x.items()}
        expected = method.encode(x, shown)
        assert torch.isfinite(expected).all()
        torch.testing.assert_close(method.encode(other, shown), expected)
    one = {key: values[1:, 3:4] for key, values in x.items()}, {key: flags[1:, 3:4] for key, flags in seen.items()}
    torch.testing.assert_close(alone.encode(*one), z[1:, 3:4], atol=1e-4, rtol=1e-3)
    if isinstance(method, Generative):
        assert list(method.decode(z)) == ["rna", "ecg"]


@pytest.mark.parametrize("name", [*METHODS, *plugins.names("baselines")])
def test_bundles_with_windows_predict_what_was_predicted(name, tmp_path):
    data = from_mudata(study())
    params = {"n_trees": 20} if name == "forest" else {}
    (found,) = fit(Model(method=name, params=params), {(0, 0): fold_of(data)}, [UNIT], QUICK)
    assert torch.isfinite(found.eta).all()
    predictor = Predictor.of(found, name)
    bundle.save(tmp_path / "b", predictor, params, {})
    loaded, _ = bundle.load(tmp_path / "b")
    assert loaded.n_vars.windows == {"ecg_signal": (2, 100)}
    expected = predictor.predict(data)
    pd.testing.assert_frame_equal(loaded.predict(data), expected)
    x, seen = loaded.tensors(data)
    everyone = torch.arange(len(data.obs))
    eta = loaded.member_eta(loaded.widened(x, everyone), loaded.widened(seen, everyone)).mean(0)
    torch.testing.assert_close(eta[found.fold.test], found.eta[found.fold.test], atol=1e-4, rtol=1e-3)
    lacking = dataclasses.replace(data, values={"rna": data.values["rna"]}, seen={"rna": data.seen["rna"]})
    assert np.isfinite(loaded.predict(lacking)["p_yes"]).all()


@pytest.mark.parametrize("name", ["hierarchical", "poe_vae"])
def test_the_frequency_of_a_signal_in_random_phase_is_learned_where_linear_models_see_nothing(name):
    data = from_mudata(study(200, 250, n_channels=1, missing=0.0, cause="signal"))
    fold = fold_of(data)
    settings = Training(members=2, epochs=25)
    assert auc(data, fold, Model(method=name), settings) > 0.8
    assert 0.3 < auc(data, fold, Model(method="linear")) < 0.7
    assert 0.3 < auc(data, fold_of(data, ["ecg_signal"]), Model(method="best_single")) < 0.7


@pytest.mark.parametrize("modalities", [None, ["ecg_signal"], ["rna", "ecg_signal"]])
def test_raw_samples_have_no_weight_in_a_linear_model(modalities):
    fold = fold_of(from_mudata(study()), modalities)
    (found,) = fitting.fit(Model(method="linear"), {(0, 0): fold}, [UNIT], QUICK)
    weights = dict(zip(fold.x, found.network.coef.split([x.shape[1] for x in fold.x.values()]), strict=True))
    assert not weights["ecg_signal"].any() and ("rna" not in weights or weights["rna"].any())
    before = {(0, 0): linear_models.fit(fold)}
    torch.testing.assert_close(fitting.fit(Model(method="linear"), {(0, 0): fold}, [UNIT], QUICK, known=before)[0].eta, found.eta)


@pytest.mark.parametrize("name", ["late_linear", "best_single"])
def test_what_was_fitted_before_and_what_is_fitted_here_say_the_same_of_windows(name):
    fold = fold_of(from_mudata(study()))
    before = {(0, 0): linear_models.fit(fold)}
    (given,), (alone,) = (fitting.fit(Model(method=name), {(0, 0): fold}, [UNIT], QUICK, known=known) for known in (before, None))
    torch.testing.assert_close(given.eta, alone.eta)


def test_windows_that_say_nothing_leave_the_linear_solution_as_it_was():
    """Windows carry no linear score: an untrained network predicts what it predicts without them, and a trained one about as well."""
    data = from_mudata(study(200, cause="rna", missing=0.1))
    whole, without = fold_of(data), fold_of(data, ["rna", "ecg"])
    scores = linear_path.fit(whole, linear_models.fit(whole))
    assert (scores.start.coef["ecg_signal"] == 0).all() and scores.start.coef["ecg_signal"].shape == (200, 1)
    alone = linear_path.fit(without, linear_models.fit(without))
    torch.testing.assert_close(scores.scores[:, [0, 1, 3, 4, 6]], alone.scores)
    flags = [torch.stack(list(fold.seen.values()), dim=1)[None] for fold in (whole, without)]
    with_windows, plain = (
        linear_path.LinearPath(1, len(one.log_trust)).begin(one.log_trust, torch.zeros(1))(one.scores[None], seen)
        for one, seen in zip((scores, alone), flags, strict=True)
    )
    torch.testing.assert_close(with_windows, plain, atol=1e-3, rtol=1e-3)
    settings = Training(members=3, epochs=20)
    assert auc(data, whole, Model(method="hierarchical"), settings) > auc(data, without, Model(method="hierarchical"), settings) - 0.05


@pytest.mark.parametrize("name", ["poe_vae", *plugins.names("imputation")])
def test_windows_help_to_impute_and_are_not_imputed(name):
    fold = fold_of(from_mudata(study(missing=0.4)))
    fitted = imputer.fit(name, fold, UNIT, QUICK)
    assert set(impute.fill(fitted, fold)) == {"ecg"}
    assert set(hidden.score(fitted, fold, UNIT)["modality"]) == {"rna", "ecg"}


def test_attributions_of_windows_are_summed_over_stretches_of_time():
    data = from_mudata(study(60, n_times=230))
    (found,) = fit(Model(method="hierarchical"), {(0, 0): fold_of(data)}, [UNIT], Training(members=2, epochs=6))
    predictor = Predictor.of(found, "hierarchical")
    x, seen = predictor.tensors(data)
    parts = attribute(predictor, x, seen)
    assert parts["ecg_signal"].shape == (1, 2, 60, 92)  # 46 stretches of five samples in each channel
    with torch.no_grad():
        everyone = torch.arange(60)
        wide, flags = predictor.widened(x, everyone), predictor.widened(seen, everyone)
        change = predictor.member_eta(wide, flags) - predictor.member_eta({name: 0 * values for name, values in wide.items()}, flags)
    total = sum(values.sum(-1) for values in parts.values())[0]
    torch.testing.assert_close(total, change[..., 0], atol=0.02, rtol=0.05)
    table = features_table(predictor, parts, x, seen)
    names = table.loc[table["modality"] == "ecg_signal", "feature"]
    assert len(names) == 92 and {"I@0.00s", "I@0.10s", "II@4.50s"} <= set(names)
    assert table["importance"].sum() == pytest.approx(1, rel=1e-4) and table["direction"].abs().max() <= 1


@pytest.mark.parametrize("n_times", [1, 50, 51, 230, 5000])
def test_stretches_are_at_most_fifty_per_channel_and_of_equal_length(n_times):
    found = stretches((3, n_times)).reshape(3, n_times)
    assert (found.diff(dim=1) >= 0).all() and len(found.unique()) == int(found.max()) + 1 <= 150
    counts = torch.bincount(found[0])
    assert (counts[:-1] == counts[0]).all() and counts[-1] <= counts[0]


@pytest.mark.parametrize("name", ["mean", "ridge", "nearest_neighbors", "kernel_ridge", "poe_vae"])
def test_a_device_is_not_imputed_from_its_own_windows(name):
    fold = fold_of(from_mudata(study()))
    found = imputer.fit(name, fold, UNIT, QUICK)
    mean, sd = found.predict("ecg", fold.x, fold.seen)
    other = {**fold.x, "ecg_signal": fold.x["ecg_signal"] + 5}
    torch.testing.assert_close(found.predict("ecg", other, fold.seen), (mean, sd))
    if name in plugins.names("imputation"):  # plain models take no windows at all
        torch.testing.assert_close(found.predict("rna", other, fold.seen), found.predict("rna", fold.x, fold.seen))
    for question in hidden.questions(fold, UNIT, [hidden.ALONE, hidden.PATTERN]):
        if question.modality == "ecg":
            assert not question.seen["ecg_signal"].any()
