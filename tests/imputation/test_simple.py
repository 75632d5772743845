"""What only the simple imputers promise: impossible requests, rows without anything, features that nothing is known of."""

import pytest
import torch
from sklearn.cross_decomposition import PLSRegression

from mmomics import plugins
from mmomics.errors import UserError
from mmomics.imputation.contract import others_seen, without

SIMPLE = plugins.names("imputation")
LEARNING = [name for name in SIMPLE if name != "mean"]


def fitted(name, x, seen):
    imputer = plugins.load("imputation", name).Imputer()
    imputer.fit(x, seen)
    return imputer


def factors(n_obs=150, sizes=(12, 9, 6), noise=0.3, seed=0):
    """Modalities of two common factors; the last feature of each is noise alone."""
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(n_obs, 2, generator=generator)
    x = {}
    for place, size in enumerate(sizes):
        values = z @ torch.randn(2, size, generator=generator) + noise * torch.randn(n_obs, size, generator=generator)
        values[:, -1] = torch.randn(n_obs, generator=generator)
        x[f"m{place}"] = (values - values.mean(0)) / values.std(0)
    seen = {name: torch.rand(n_obs, generator=generator) > 0.3 for name in x}
    seen["m0"] |= ~torch.stack(list(seen.values())).any(0)
    return {name: values * seen[name].unsqueeze(1) for name, values in x.items()}, seen, x


@pytest.mark.parametrize("name", SIMPLE)
def test_an_assay_that_nobody_in_training_has_is_refused(name):
    x, seen, _ = factors()
    imputer = fitted(name, x, {**seen, "m1": torch.zeros_like(seen["m1"])})
    with pytest.raises(UserError, match="modality 'm1': no training subject has it, so it cannot be imputed"):
        imputer.predict("m1", x, seen)
    mean, _ = imputer.predict("m0", x, {**seen, "m1": torch.zeros_like(seen["m1"])})  # and does no harm to the others
    assert torch.isfinite(mean).all()


@pytest.mark.parametrize("name", SIMPLE)
def test_a_subject_with_nothing_measured_gets_the_mean_and_the_whole_spread(name):
    x, seen, _ = factors()
    nothing = {key: torch.zeros(4, dtype=torch.bool) for key in seen}
    mean, sd = fitted(name, x, seen).predict("m1", {key: values[:4] for key, values in x.items()}, nothing)
    own = x["m1"][seen["m1"]]
    torch.testing.assert_close(mean, own.mean(0).expand(4, -1))
    torch.testing.assert_close(sd, own.std(0).expand(4, -1))


@pytest.mark.parametrize("name", SIMPLE)
def test_modalities_that_hardly_anyone_shares_are_filled_by_the_mean(name):
    x, seen, _ = factors()
    apart = {**seen, "m1": torch.arange(150) < 4, "m0": torch.arange(150) >= 3, "m2": torch.arange(150) >= 3}
    mean, sd = fitted(name, x, apart).predict("m1", x, apart)
    torch.testing.assert_close(mean, x["m1"][:4].mean(0).expand_as(mean))
    assert torch.isfinite(sd).all()


@pytest.mark.parametrize("name", LEARNING)
def test_several_assays_missing_at_once_are_predicted_from_the_rest(name):
    x, seen, truth = factors()
    imputer = fitted(name, x, seen)
    only = {key: torch.full((150,), key == "m2") for key in seen}
    for target in ("m0", "m1"):
        mean, _ = imputer.predict(target, {"m0": truth["m0"] * 0, "m1": truth["m1"] * 0, "m2": truth["m2"]}, only)
        error = (mean - truth[target]).square().mean(0)
        assert error[:-1].mean() < 0.6, error  # variance 1


@pytest.mark.parametrize("name", LEARNING)
def test_what_cannot_be_predicted_is_said_to_be_so(name):
    x, seen, _ = factors()
    told = fitted(name, x, seen).predictability("m0")
    assert told[:-1].min() > 0.4 and told[-1] < 0.1
    assert (told >= 0).all() and (told <= 1).all()


def test_the_mean_predicts_nothing():
    x, seen, _ = factors()
    assert not fitted("mean", x, seen).predictability("m0").any()


@pytest.mark.parametrize("name", SIMPLE)
def test_intervals_cover_what_they_say(name):
    train, seen, _ = factors(400, seed=1)
    generator = torch.Generator().manual_seed(2)
    rows = torch.randperm(400, generator=generator)
    learn, held = rows[:300], rows[300:]
    imputer = fitted(name, {k: v[learn] for k, v in train.items()}, {k: v[learn] for k, v in seen.items()})
    own = seen["m0"][held] & (seen["m1"] | seen["m2"])[held]
    mean, sd = imputer.predict("m0", {k: v[held][own] for k, v in train.items()}, {k: v[held][own] for k, v in seen.items()})
    inside = ((train["m0"][held][own] - mean).abs() <= 1.645 * sd).float().mean()
    assert 0.86 < inside < 0.94


def test_pls_is_scikit_learns():
    x, seen, _ = factors()
    everyone = {name: torch.ones_like(flags) for name, flags in seen.items()}
    learned = plugins.load("imputation", "pls").Imputer().learn("m0", x, everyone)
    guess = learned("m0", x, everyone)
    others = torch.cat([x["m1"], x["m2"]], 1).numpy()
    for place, n in enumerate((1, 2, 4, 8)):
        expected = PLSRegression(n, scale=False).fit(others, x["m0"].numpy()).predict(others)
        torch.testing.assert_close(guess[place], torch.from_numpy(expected).float(), atol=1e-4, rtol=1e-4)


def test_soft_impute_ends_in_the_matrix_of_soft_thresholded_singular_values():
    module = plugins.load("imputation", "soft_impute")
    _, seen, truth = factors()
    everyone = {name: torch.ones_like(flags) for name, flags in seen.items()}
    whole = torch.cat(list(truth.values()), 1).double()
    u, size, v = torch.linalg.svd(whole, full_matrices=False)
    imputer = module.Imputer()
    learned = imputer.learn("m0", truth, everyone)
    guess = torch.cat([learned(name, truth, everyone)[0] for name in truth], 1)  # the largest penalty
    expected = u @ torch.diag((size - module.PENALTIES[0] * size[0]).clamp_min(0)) @ v
    torch.testing.assert_close(guess, expected.float(), atol=0.02, rtol=0.02)


def test_nearest_neighbours_are_those_of_scikit_learn():
    from sklearn.neighbors import KNeighborsRegressor

    _, _, truth = factors()
    everyone = {name: torch.ones(150, dtype=torch.bool) for name in truth}
    learned = plugins.load("imputation", "nearest_neighbors").Imputer().learn("m0", truth, everyone)
    others = torch.cat([truth[name] / truth[name].shape[1] ** 0.5 for name in ("m1", "m2")], 1).numpy()
    expected = KNeighborsRegressor(5).fit(others, truth["m0"].numpy()).predict(others)
    torch.testing.assert_close(learned("m0", truth, everyone)[1], torch.from_numpy(expected), atol=1e-5, rtol=1e-5)


def test_a_device_is_hidden_with_its_windows():
    seen = {name: torch.tensor([True]) for name in ("ecg", "ecg_signal", "rna")}
    for name in ("ecg", "ecg_signal"):
        assert [other for other, flags in without(name, seen).items() if flags] == ["rna"]
    assert not others_seen("ecg", {**seen, "rna": torch.tensor([False])})


def test_a_row_that_no_donor_has_anything_in_common_with_gets_the_mean_and_the_whole_spread():
    x, seen, _ = factors()
    seen["m2"] = torch.arange(150) < 40
    seen["m0"], seen["m1"] = torch.arange(150) >= 40, torch.arange(150) >= 30  # ten donors of m1 have m2 and not m0
    seen["m1"][30:40] = torch.arange(10) < 2  # but for two
    x = {name: values * seen[name].unsqueeze(1) for name, values in x.items()}
    imputer = fitted("nearest_neighbors", x, seen)
    only = {name: torch.full((1,), name == "m2") for name in seen}
    learned = imputer.learn("m1", x, seen)("m1", {name: values[:1] for name, values in x.items()}, only)
    donors = x["m1"][seen["m1"] & seen["m2"]]
    assert len(donors) == 2
    torch.testing.assert_close(learned, donors.mean(0).expand_as(learned))  # not with donors at infinite distance
    seen["m1"][30:40] = False
    lonely = fitted("nearest_neighbors", x, seen)
    mean, sd = lonely.predict("m1", {name: values[:1] for name, values in x.items()}, only)
    own = x["m1"][seen["m1"]]
    torch.testing.assert_close(mean[0], own.mean(0))
    torch.testing.assert_close(sd[0], own.std(0), rtol=0.01, atol=0)


@pytest.mark.parametrize("name", LEARNING)
def test_visits_of_one_subject_are_left_out_together(name):
    generator = torch.Generator().manual_seed(0)
    x = {key: torch.randn(40, 30, generator=generator).repeat(3, 1) for key in ("m0", "m1")}  # three visits alike, and nothing in common
    seen = {key: torch.ones(120, dtype=torch.bool) for key in x}
    told = []
    for inner in (torch.arange(40).repeat(3) % 5, torch.arange(120) // 40):
        imputer = plugins.load("imputation", name).Imputer()
        imputer.fit(x, seen, inner)
        told.append(float(imputer.predictability("m0").mean()))
    assert told[0] < 0.1
    if name != "soft_impute":  # twenty factors cannot tell forty subjects apart
        assert told[1] > 2 * told[0]


@pytest.mark.parametrize("name", SIMPLE)
def test_errors_are_those_of_what_was_measured(name):
    _, _, truth = factors(300)
    seen = {key: torch.ones(300, dtype=torch.bool) for key in truth}
    there = torch.rand(truth["m0"].shape, generator=torch.Generator().manual_seed(1)) > 0.4
    x = {**truth, "m0": truth["m0"] * there}
    imputer = plugins.load("imputation", name).Imputer()
    imputer.fit(x, seen, None, {"m0": there})
    mean, sd = imputer.predict("m0", x, seen)
    inside = ((mean - truth["m0"]).abs() <= 1.645 * sd)[there].float().mean()
    assert 0.87 < inside < 0.96  # these rows were learned from, so their errors are a little smaller than they say


def common(n_obs=400, seed=0):
    """Two assays that move with something of which the third, seen of everybody, says nothing."""
    generator = torch.Generator().manual_seed(seed)
    moved = torch.randn(n_obs, 1, generator=generator)
    x = {name: moved + 0.5 * torch.randn(n_obs, 20, generator=generator) for name in ("a", "b")}
    x["c"] = torch.randn(n_obs, 15, generator=generator)
    seen = {name: torch.arange(n_obs) < n_obs // 2 for name in ("a", "b")} | {"c": torch.ones(n_obs, dtype=torch.bool)}
    return x, seen


@pytest.mark.parametrize("name", SIMPLE)
def test_draws_of_features_and_assays_move_together_as_what_is_not_foretold_does(name):
    x, seen = common()
    imputer = fitted(name, {key: values * seen[key].unsqueeze(1) for key, values in x.items()}, seen)
    rows = ~seen["a"]
    asked = [{key: part[key][rows] for key in part} for part in (x, seen)]
    a, b = (imputer.draw(key, *asked, n=6, seed=3).mean(-1) for key in ("a", "b"))  # (n, n_rows): a contrast of all features
    truth = x["a"][rows].mean(1)
    assert 0.6 < float(a.var() / truth.var()) < 1.6
    assert torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1] > 0.8
    assert not torch.equal(a[0], a[1])


@pytest.mark.parametrize("name", [name for name in LEARNING if name != "kernel_ridge"])
def test_who_has_less_to_go_by_gets_a_wider_interval(name):
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(500, 3, generator=generator)
    x = {"target": z @ torch.randn(3, 10, generator=generator) + 0.3 * torch.randn(500, 10, generator=generator)}
    x |= {"good": z @ torch.randn(3, 12, generator=generator), "poor": torch.randn(500, 4, generator=generator)}
    seen = {"target": torch.ones(500, dtype=torch.bool), "good": torch.arange(500) % 2 == 0, "poor": torch.ones(500, dtype=torch.bool)}
    train, test = torch.arange(500) < 300, torch.arange(500) >= 300
    imputer = fitted(name, *({key: part[key][train] for key in part} for part in (x, seen)))
    asked = [{key: part[key][test] for key in part} for part in (x, seen)]
    mean, sd = imputer.predict("target", *asked)
    inside = (x["target"][test] - mean).abs() < 1.645 * sd
    poor = ~asked[1]["good"]
    assert inside[poor].float().mean() > 0.83 and sd[poor].mean() > 1.1 * sd[~poor].mean()


@pytest.mark.parametrize("name", LEARNING)
def test_noise_is_not_called_predictable(name):
    generator = torch.Generator().manual_seed(1)
    x = {key: torch.randn(60, n_vars, generator=generator) for key, n_vars in (("a", 100), ("b", 60))}
    found = fitted(name, x, {key: torch.ones(60, dtype=torch.bool) for key in x}).predictability("a")
    assert (found > 0).float().mean() <= 0.08
