"""What generative imputers have beyond ridge: bent relations, calibrated intervals, draws that keep correlations and possible values."""

from functools import cache

import numpy as np
import pytest
import torch

from mmomics.config.protocol import Training
from mmomics.errors import UserError
from mmomics.imputation._bounds import Bounds
from mmomics.imputation._foretell import Foretelling
from mmomics.training import imputer
from mmomics.training.hidden import score
from mmomics.training.rows import Rows
from mmomics.training.units import Unit
from tests.folds import make_fold

UNIT = Unit(0, 0, 0)
QUICK = Training(members=2, epochs=6, batch_size=64)


def bent_fold(n_obs=400, size=30):
    """Three modalities of two hidden factors; the second shows their product and squares, in which nothing is linear. Its last feature
    is noise, its first has two values.
    """
    fold, _ = make_fold("regression", n_obs=n_obs, sizes=(size, size, size), missing=0.1)
    generator = torch.Generator().manual_seed(3)
    z = torch.randn(n_obs, 2, generator=generator)
    parts = {"m0": z, "m1": torch.stack([z[:, 0] * z[:, 1], (z[:, 0] ** 2 - 1) / 1.4, z[:, 1].sign()], 1), "m2": z.flip(1)}
    for name, part in parts.items():
        mixed = part @ torch.randn(part.shape[1], size, generator=generator) / part.shape[1] ** 0.5
        values = 0.8 * mixed + 0.6 * fold.x[name]
        if name == "m1":
            values[:, -1] = torch.randn(n_obs, generator=generator)
            values[:, 0] = torch.where(values[:, 0] > values[:, 0].quantile(0.7), 1.5, -0.65)
        fold.x[name] = values / values[fold.train].std(0) * fold.seen[name].unsqueeze(-1)
    return fold


@cache
def fitted(name):
    return imputer.fit(name, bent_fold(), UNIT, QUICK)


def asked(fold, modality="m1"):
    rows = fold.test[(fold.seen[modality] & (fold.seen["m0"] | fold.seen["m2"]))[fold.test]]
    return ({key: values[rows] for key, values in part.items()} for part in (fold.x, fold.seen))


@pytest.mark.parametrize("mean", [0.02, 0.1, 0.5, 1.0, 3.0])
def test_draws_of_a_feature_that_stops_at_a_value_keep_their_mean(mean):
    values = torch.randn(400, 2, generator=torch.Generator().manual_seed(0)).abs()
    values[:100] = 0.0
    values[:, 1] *= -1  # stops above
    bounds = Bounds(values, torch.ones_like(values, dtype=torch.bool))
    asked = mean * torch.tensor([1.0, -1.0]).expand(20000, 2)
    drawn = bounds.draw(asked.clamp(bounds.low, bounds.high), torch.full((20000, 2), 0.6), torch.randn(20000, 2))
    assert drawn[:, 0].min() >= 0 and drawn[:, 1].max() <= 0
    torch.testing.assert_close(drawn.mean(0), asked[0].clamp(bounds.low, bounds.high), atol=0.02, rtol=0.02)


def test_bent_relations_are_found_where_ridge_finds_little():
    tables = {name: score(fitted(name), bent_fold(), UNIT) for name in ("ridge", "poe_vae")}
    ours, ridge = (table[table["modality"] == "m1"] for table in (tables["poe_vae"], tables["ridge"]))
    assert ours["pearson"].mean() > ridge["pearson"].mean() + 0.1
    assert ours["rmse"].mean() < 0.93 * ridge["rmse"].mean()
    assert 0.85 < tables["poe_vae"]["coverage"].mean() < 0.95


def test_predictability_tells_noise_from_signal():
    share = fitted("poe_vae").predictability("m1")
    assert share[-1] < 0.1 and share[1:-1].mean() > 0.3 and ((share >= 0) & (share <= 1)).all()


def test_draws_are_as_correlated_as_what_was_measured():
    fold = bent_fold()
    x, seen = asked(fold)
    truth, draw = x["m1"].numpy(), fitted("poe_vae").draw("m1", x, seen, 1, seed=0)[0].numpy()
    places = np.triu_indices(truth.shape[1], 1)
    measured, drawn = (np.corrcoef(values.T)[places] for values in (truth, draw))
    alone = np.random.default_rng(0).permuted(draw, axis=0)
    assert np.corrcoef(measured, drawn)[0, 1] > 0.7 > np.corrcoef(measured, np.corrcoef(alone.T)[places])[0, 1]


def test_features_of_two_values_are_drawn_as_such():
    fold = bent_fold()
    x, seen = asked(fold)
    imputed = fitted("gan")
    mean, sd = imputed.predict("m1", x, seen)
    draws = imputed.draw("m1", x, seen, 200, seed=0)[:, :, 0]
    low, high = fold.x["m1"][fold.train][:, 0].unique()[[0, -1]]
    assert set(draws.unique().tolist()) == {float(low), float(high)}
    assert ((mean[:, 0] >= low) & (mean[:, 0] <= high)).all()
    torch.testing.assert_close(draws.mean(0), mean[:, 0], atol=0.45, rtol=0)
    torch.testing.assert_close(draws.std(0).mean(), sd[:, 0].mean(), atol=0.1, rtol=0)


def test_values_stop_where_training_values_stop():
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(200, 2, generator=generator)
    values[:, 0] = values[:, 0].clamp_min(-0.5)
    drawn = Bounds(values, torch.ones_like(values, dtype=torch.bool)).draw(
        torch.zeros(500, 2), torch.ones(500, 2), torch.randn(500, 2, generator=generator) * 3
    )
    assert drawn[:, 0].min() == -0.5 and drawn[:, 1].min() < values[:, 1].min()


def test_a_common_pattern_has_a_fit_of_its_own():
    fold = bent_fold()
    x, seen = ({key: values[fold.train] for key, values in part.items()} for part in (fold.x, fold.seen))
    seen["m2"][::2] = False
    foretelling = Foretelling(x, seen, fold.inner[fold.train], list(x))
    without = {**seen, "m2": torch.zeros_like(seen["m2"])}
    mean, _ = foretelling.predict("m1", x, without)
    alone = Foretelling({key: x[key] for key in ("m0", "m1")}, {key: seen[key] for key in ("m0", "m1")}, foretelling.fold, ["m0", "m1"])
    torch.testing.assert_close(mean, alone.predict("m1", x, without)[0])


def test_a_modality_that_nobody_has_is_refused():
    fold, _ = make_fold("regression", sizes=(6, 5))
    fold.seen["m1"][:] = False
    found = imputer.fit("poe_vae", fold, UNIT, QUICK)
    with pytest.raises(UserError, match="no training subject has it"):
        found.predict("m1", fold.x, fold.seen)


@pytest.mark.parametrize("name", ["kernel_ridge", "poe_vae"])
def test_what_is_foretold_stays_in_range_where_a_predictor_never_varied(name):
    fold, _ = make_fold("regression", n_obs=120, sizes=(6, 20, 5), missing=0.2)
    alike = fold.seen["m0"] & fold.seen["m1"]
    fold.x["m1"][alike] = 2.0 + 1e-5 * fold.x["m1"][alike]  # varies only in the rows that lack m0
    found = imputer.fit(name, fold, UNIT, QUICK)
    fold.x["m1"][~alike] *= 50
    mean, sd = found.predict("m0", fold.x, fold.seen)
    own = fold.x["m0"][fold.train][fold.seen["m0"][fold.train]]
    assert mean.abs().max() <= own.abs().max() and sd.max() < 2
    assert found.draw("m0", fold.x, fold.seen, 20, seed=0).abs().max() < 15


def test_draws_do_not_follow_a_mean_out_of_range():
    values = torch.randn(200, 2, generator=torch.Generator().manual_seed(0))
    drawn = Bounds(values, torch.ones_like(values, dtype=torch.bool)).draw(torch.full((50, 2), 1e9), torch.ones(50, 2), torch.zeros(50, 2))
    torch.testing.assert_close(drawn, values.amax(0).expand(50, -1))


def gappy_fold(share=0.4):
    """The first modality lies about 3, and a share of its entries was not measured but filled in with that."""
    fold = bent_fold(300)
    fold.x["m0"] = fold.x["m0"] + 3 * fold.seen["m0"].unsqueeze(1)
    there = torch.rand(fold.x["m0"].shape, generator=torch.Generator().manual_seed(0)) > share
    truth = fold.x["m0"]
    fold.x["m0"] = torch.where(there | ~fold.seen["m0"].unsqueeze(1), truth, 3.0)
    fold.measured = {"m0": there}
    return fold


@pytest.mark.parametrize("name", ["ridge", "kernel_ridge", "poe_vae"])
def test_intervals_cover_what_was_measured_where_much_was_not(name):
    fold = gappy_fold()
    table = score(imputer.fit(name, fold, UNIT, QUICK), fold, UNIT).query("modality == 'm0'")
    assert 0.86 < table["coverage"].mean() < 0.95
    rows = fold.test[(fold.seen["m0"] & (fold.seen["m1"] | fold.seen["m2"]))[fold.test]]
    np.testing.assert_array_equal(table["n"], fold.measured["m0"][rows].sum(0))


def test_what_was_filled_in_is_no_truth():
    fold, other = gappy_fold(), gappy_fold()
    found = imputer.fit("ridge", fold, UNIT, QUICK)
    gone = ~fold.measured["m0"] & fold.seen["m0"].unsqueeze(1)
    gone[fold.train] = False
    other.x["m0"][gone] = 40.0
    first, second = (score(found, one, UNIT).query("modality == 'm0'") for one in (fold, other))
    np.testing.assert_allclose(first.select_dtypes(float), second.select_dtypes(float))
    rows = fold.test[(fold.seen["m0"] & (fold.seen["m1"] | fold.seen["m2"]))[fold.test]]
    there, truth = fold.measured["m0"][rows, 4], fold.x["m0"][rows, 4]
    mean, _ = found.predict("m0", *({key: values[rows] for key, values in part.items()} for part in (fold.x, fold.seen)))
    assert first["pearson"].iloc[4] == pytest.approx(np.corrcoef(truth[there], mean[:, 4][there])[0, 1], abs=1e-5)


def test_held_out_rows_that_fill_up_a_shorter_fold_count_once():
    fold, _ = make_fold("regression", n_obs=100, sizes=(6, 5), missing=0.0)
    fold.inner[fold.inner >= 0] = 1
    fold.inner[fold.train[:7]] = 0  # seven rows against seventy-three
    found = imputer.fit("poe_vae", fold, UNIT, QUICK)
    rows = Rows([fold], [torch.zeros(100, 1, 11)], [0, 0], [0, 1], torch.device("cpu"))
    (_, *_, where), *_ = found.network.held_out(rows)
    assert where[..., 0].sum(1).tolist() == [7, 73]
