"""Batch effects: ComBat against scanpy and inmoose, and what is frozen."""

import sys
import warnings

import anndata
import numpy as np
import pandas as pd
import pytest

from mmomics.preparation.contract import Obs, step
from tests.preparation.draw import draw


def shifted(seed=0, n_obs=45, n_vars=60):
    """Three batches that differ in the place and spread of every feature."""
    x, obs = draw(n_obs, n_vars, missing=0, seed=seed)
    rng = np.random.default_rng(seed)
    for name in ("b0", "b1", "b2"):
        own = obs.batch == name
        x[own] = x[own] * rng.uniform(0.5, 2) + rng.normal(1, 0.5, n_vars).astype("float32")
    return x, obs


def fit(name, x, obs):
    return step("batch", name).fit(x, obs)


def test_combat_agrees_with_scanpy():
    import scanpy

    x, obs = shifted()
    assay = anndata.AnnData(x.astype(float), obs=pd.DataFrame({"batch": pd.Categorical(obs.batch)}, index=obs.table.index))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = scanpy.pp.combat(assay, key="batch", inplace=False)
    np.testing.assert_allclose(fit("combat", x, obs).apply(x.copy(), obs), expected, atol=2e-3, rtol=2e-3)


class Unbiased(np.matrix):
    """A matrix whose variances are over n - 1, as those of R."""

    def var(self, axis=None, **_):
        return np.asmatrix(np.asarray(self).var(axis=axis, ddof=1))


class OfR:
    """numpy, but for variances."""

    def __getattr__(self, name):
        return getattr(np, name)

    def var(self, values):
        return np.var(values, ddof=1)

    def transpose(self, values):
        return np.transpose(values).view(Unbiased)


def test_combat_agrees_with_inmoose_where_that_takes_variances_as_sva_does(monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from inmoose.pycombat import pycombat_norm

        module = sys.modules["inmoose.pycombat.pycombat_norm"]
        monkeypatch.setattr(module, "np", OfR())
        monkeypatch.setattr(module.it_sol, "__defaults__", (1e-9, 1000))
        x, obs = shifted()
        expected = np.asarray(module.pycombat_norm(x.T.astype(float), list(obs.batch))).T
    assert pycombat_norm is module.pycombat_norm
    np.testing.assert_allclose(fit("combat", x, obs).apply(x.copy(), obs), expected, atol=1e-5, rtol=1e-5)


def test_a_batch_of_one_sample_is_only_shifted_by_the_posterior_mean():
    x, obs = shifted()
    table = obs.table.copy()
    table.iloc[4, table.columns.get_loc("batch")] = "single"
    obs = Obs(table)
    grand = x.astype(float).mean(axis=0)
    within = np.sqrt(
        sum(((x[obs.batch == name] - x[obs.batch == name].astype(float).mean(axis=0)) ** 2).sum(axis=0) for name in set(obs.batch)) / len(x)
    )
    own = (x[4] - grand) / within
    posterior = (own.var(ddof=1) * own + own.mean()) / (own.var(ddof=1) + 1)  # Johnson's equation 3.1 with one sample and unit variance
    found = fit("combat", x, obs).apply(x.copy(), obs)
    np.testing.assert_allclose(found[4], x[4] - posterior * within, atol=1e-3)


def test_features_with_missing_values_are_corrected_too():
    x, obs = shifted()
    rng = np.random.default_rng(5)
    holes = np.where(rng.random(x.shape) < 0.2, np.float32(np.nan), x)
    whole, part = fit("combat", x, obs).apply(x.copy(), obs), fit("combat", holes, obs).apply(holes.copy(), obs)
    assert (np.isnan(part) == np.isnan(holes)).all()
    corrected = np.nanmean(np.abs(part - whole))
    assert corrected < 0.5 * np.nanmean(np.abs(holes - whole))  # close to what complete values give


@pytest.mark.parametrize("name", ["combat", "center"])
def test_batches_have_one_mean_afterwards(name):
    x, obs = shifted()
    found = pd.DataFrame(fit(name, x, obs).apply(x.copy(), obs)).groupby(obs.batch).mean()
    before = pd.DataFrame(x).groupby(obs.batch).mean()
    assert found.std().mean() < 0.15 * before.std().mean()
    if name == "center":
        np.testing.assert_allclose(found, np.tile(x.mean(axis=0), (3, 1)), atol=1e-4)


@pytest.mark.parametrize("name", ["combat", "center"])
def test_rows_of_a_new_batch_or_of_none_stay_as_they_are(name, caplog):
    x, obs = shifted()
    fitted = fit(name, x, obs)
    new = Obs(pd.DataFrame({"batch": ["new", None, "b1"]}))
    found = fitted.apply(x[:3].copy(), new)
    np.testing.assert_array_equal(found[:2], x[:2])
    assert not np.allclose(found[2], x[2])
    assert "2 of 3 rows are of no batch that training saw (new)" in caplog.text
    np.testing.assert_array_equal(fitted.apply(x[:3].copy(), Obs(pd.DataFrame(index=range(3)))), x[:3])


@pytest.mark.parametrize("name", ["combat", "center"])
def test_a_feature_that_only_tells_the_batch_says_nothing_afterwards(name):
    x, obs = shifted()
    x[:, 0] = np.where(obs.batch == "b0", 0.1, 17.3)
    found = fit(name, x, obs).apply(x.copy(), obs)[:, 0]
    assert found.min() == found.max()


@pytest.mark.parametrize("name", ["combat", "center"])
def test_one_batch_has_no_effect(name, caplog):
    x, obs = draw(n_batches=1)
    np.testing.assert_array_equal(fit(name, x, obs).apply(x.copy(), obs), x)
    assert "no batch effect to take out" in caplog.text


def test_small_batches_are_shrunk_towards_what_their_features_share():
    """Two samples of pure noise: combat moves their features less than their own means would."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 200)).astype("float32")
    obs = Obs(pd.DataFrame({"batch": ["small"] * 2 + ["large"] * 38}))
    moved = [
        np.abs(fit(name, x, obs).apply(x[:2].copy(), Obs(obs.table[:2])).mean(axis=0) - x[:2].mean(axis=0)).mean()
        for name in ("combat", "center")
    ]
    assert moved[0] < 0.8 * moved[1]
