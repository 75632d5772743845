"""Every imputer, and every fusion method that decodes, keeps the imputer's contract."""

from functools import cache

import numpy as np
import pytest
import torch

from mmomics import plugins
from mmomics.config.protocol import Training
from mmomics.errors import UserError
from mmomics.training import imputer
from mmomics.training.hidden import score
from mmomics.training.impute import fill
from mmomics.training.units import Unit
from tests.folds import make_fold

GENERATIVE = [name for name in plugins.names("fusion") if plugins.family("fusion", name) == "generative"]
IMPUTERS = [*plugins.names("imputation"), *GENERATIVE]
SETTINGS = Training(members=2, epochs=40, batch_size=32, learning_rate=3e-3)


def related_fold(n_obs=300):
    """Three modalities that share one hidden factor."""
    fold, _ = make_fold("regression", n_obs=n_obs, sizes=(10, 12, 8), missing=0.2)
    factor = torch.randn(n_obs, 1, generator=torch.Generator().manual_seed(5))
    for name in fold.x:
        values = fold.x[name] * 0.6 + 0.8 * factor
        fold.x[name] = values * fold.seen[name].unsqueeze(-1)
    return fold


@cache
def fit_once(name):
    return imputer.fit(name, related_fold(), Unit(0, 0, 0), SETTINGS)


@pytest.mark.parametrize("name", IMPUTERS)
def test_predictions_use_the_other_modalities_only(name):
    fold, fitted = related_fold(), fit_once(name)
    mean, sd = fitted.predict("m1", fold.x, fold.seen)
    assert mean.shape == fold.x["m1"].shape == sd.shape and torch.isfinite(mean).all() and (sd > 0).all()
    other, _ = fitted.predict("m1", {**fold.x, "m1": torch.full_like(fold.x["m1"], 9.0)}, fold.seen)
    torch.testing.assert_close(mean, other)


@pytest.mark.parametrize("name", IMPUTERS)
def test_single_values_are_completed_without_a_look_at_what_is_missing(name):
    fold, fitted = related_fold(), fit_once(name)
    rows = fold.test[fold.seen["m1"][fold.test]]
    x, seen = ({key: part[rows] for key, part in parts.items()} for parts in (fold.x, fold.seen))
    measured = torch.rand(x["m1"].shape, generator=torch.Generator().manual_seed(1)) > 0.3
    mean, sd, _ = fitted.complete("m1", x, seen, measured)
    assert mean.shape == sd.shape == x["m1"].shape and torch.isfinite(mean).all() and (sd > 0).all()
    other, *_ = fitted.complete("m1", {**x, "m1": x["m1"].where(measured, 9.0)}, seen, measured)
    torch.testing.assert_close(mean, other)


@pytest.mark.parametrize("name", plugins.names("imputation"))
def test_a_feature_of_two_values_is_drawn_as_one_of_them_and_one_that_stops_is_not_drawn_beyond(name):
    fold = related_fold()
    had = fold.x["m1"][:, :2].clone()
    fold.x["m1"][:, 0], fold.x["m1"][:, 1] = (had[:, 0] > 0.5).float(), had[:, 1].clamp_min(0.0)
    fold.x["m1"] *= fold.seen["m1"].unsqueeze(-1)
    fitted = imputer.fit(name, fold, Unit(0, 0, 0), SETTINGS)
    mean, sd = fitted.predict("m1", fold.x, fold.seen)
    assert (mean[:, 0] > 0).all() and (mean[:, 0] < 1).all()
    torch.testing.assert_close(sd[:, 0], (mean[:, 0] * (1 - mean[:, 0])).sqrt())
    drawn = fitted.draw("m1", fold.x, fold.seen, 40, seed=1)
    assert set(drawn[..., 0].unique().tolist()) == {0.0, 1.0} and drawn[..., 1].min() == 0.0
    assert float(drawn[..., 0].mean()) == pytest.approx(float(mean[:, 0].mean()), abs=0.03)
    filled = fitted.complete("m1", fold.x, fold.seen, torch.arange(12).expand_as(fold.x["m1"]) > 1, n=2)[2]
    assert set(filled[..., 0].unique().tolist()) == {0.0, 1.0} and filled[..., 1].min() == 0.0


@pytest.mark.parametrize("name", IMPUTERS)
def test_hidden_truth_is_never_seen_by_fit(name):
    fold, corrupted = related_fold(), related_fold()
    first = fit_once(name)
    for values in corrupted.x.values():
        values[corrupted.test] = 5.0
    asked = ({key: values[:20] for key, values in part.items()} for part in (fold.x, fold.seen))
    x, seen = asked
    second = imputer.fit(name, corrupted, Unit(0, 0, 0), SETTINGS)
    for one, other in zip(first.predict("m0", x, seen), second.predict("m0", x, seen), strict=True):
        torch.testing.assert_close(one, other)
    torch.testing.assert_close(first.draw("m0", x, seen, 3, seed=5), second.draw("m0", x, seen, 3, seed=5))


@pytest.mark.parametrize("name", [name for name in IMPUTERS if name != "mean"])
def test_beats_the_mean_where_modalities_are_related(name):
    fold = related_fold()
    unit = Unit(0, 0, 0)
    table, mean = (score(fit_once(which), fold, unit) for which in (name, "mean"))
    assert table["pearson"].mean() > 0.3
    assert table["rmse"].mean() < 0.97 * mean["rmse"].mean()
    assert table["coverage"].between(0, 1).all() and table["coverage"].mean() > 0.7


@pytest.mark.parametrize("name", IMPUTERS)
def test_draws_scatter_around_the_mean(name):
    fold, fitted = related_fold(), fit_once(name)
    x, seen = ({key: values[:5] for key, values in part.items()} for part in (fold.x, fold.seen))
    draws = fitted.draw("m2", x, seen, 400, seed=1)
    mean, sd = fitted.predict("m2", x, seen)
    assert draws.shape == (400, *mean.shape)
    torch.testing.assert_close(draws, fitted.draw("m2", x, seen, 400, seed=1))
    np.testing.assert_allclose(draws.mean(0), mean, atol=0.35)
    assert 0.7 < float(draws.std(0).mean() / sd.mean()) < 1.4


def test_a_method_that_cannot_decode_is_refused():
    with pytest.raises(UserError, match="cannot draw modalities"):
        imputer.fit("transformer", related_fold(), Unit(0, 0, 0), SETTINGS)


def test_scores_are_those_of_scipy():
    from scipy.stats import pearsonr, spearmanr

    fold = related_fold()
    unit = Unit(0, 0, 0)
    fitted = fit_once("ridge")
    table = score(fitted, fold, unit)
    others = fold.seen["m0"] | fold.seen["m2"]
    rows = fold.test[(fold.seen["m1"] & others)[fold.test]]
    mean, _ = fitted.predict("m1", {k: v[rows] for k, v in fold.x.items()}, {k: v[rows] for k, v in fold.seen.items()})
    truth = fold.x["m1"][rows]
    own = table[table["modality"] == "m1"].reset_index()
    assert (own["n"] == len(rows)).all()
    for column in range(3):
        assert own["pearson"][column] == pytest.approx(pearsonr(truth[:, column], mean[:, column]).statistic, abs=1e-5)
        assert own["spearman"][column] == pytest.approx(spearmanr(truth[:, column], mean[:, column]).statistic, abs=1e-5)


def test_with_one_modality_there_is_nothing_to_score_or_fill():
    fold, _ = make_fold("regression", sizes=(10,), missing=0.0)
    unit = Unit(0, 0, 0)
    for name in IMPUTERS:
        fitted = imputer.fit(name, fold, unit, SETTINGS)
        table = score(fitted, fold, unit)
        assert table.empty and {"modality", "pearson", "rmse"} <= set(table.columns)
        assert fill(fitted, fold) == {}
