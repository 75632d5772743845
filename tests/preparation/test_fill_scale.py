"""Fill and scale, against numpy and scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.preprocessing import RobustScaler, StandardScaler

from mmomics import plugins
from mmomics.preparation.contract import Obs, step
from tests.preparation.draw import draw


def filled(name, train, x):
    nothing = Obs(pd.DataFrame(index=range(len(x))))
    return step("fill", name).fit(train, nothing).apply(x.copy(), nothing)


@pytest.mark.parametrize("name", ["mean", "median"])
def test_simple_fills_agree_with_scikit_learn(name):
    x, _ = draw(missing=0.3)
    expected = SimpleImputer(strategy=name).fit(x[:25].astype(float)).transform(x.astype(float))
    np.testing.assert_allclose(filled(name, x[:25], x), expected, rtol=1e-5, atol=1e-6)


def test_the_minimum_is_that_of_training():
    x, _ = draw(missing=0.3)
    found = filled("minimum", x[:25], x)
    np.testing.assert_array_equal(found, np.where(np.isnan(x), np.nanmin(x[:25], axis=0), x))


def test_neighbours_agree_with_scikit_learn_on_standardised_values():
    x, _ = draw(missing=0.2)
    scaler = StandardScaler().fit(x[:25].astype(float))
    expected = scaler.inverse_transform(KNNImputer(n_neighbors=5).fit(scaler.transform(x[:25])).transform(scaler.transform(x)))
    np.testing.assert_allclose(filled("neighbours", x[:25], x), expected, rtol=1e-3, atol=1e-3)


def test_neighbours_are_nearer_the_truth_than_the_mean_and_few_are_kept():
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(400, 3)) @ rng.normal(size=(3, 40)) + 0.2 * rng.normal(size=(400, 40))).astype("float32")
    holes = np.where(rng.random(x.shape) < 0.1, np.float32(np.nan), x)
    error = {name: np.abs(filled(name, holes[:300], holes[300:]) - x[300:]).mean() for name in ("neighbours", "mean")}
    assert error["neighbours"] < 0.5 * error["mean"]
    assert len(step("fill", "neighbours").fit(holes, Obs(pd.DataFrame(index=range(400)))).anchors) == 256


@pytest.mark.parametrize("name", plugins.names("preparation/fill"))
def test_measured_values_stay(name):
    x, _ = draw(missing=0.3)
    found, there = filled(name, x[:25], x), ~np.isnan(x)
    np.testing.assert_array_equal(found[there], x[there])
    assert np.isfinite(found).all()


def test_robust_scale_agrees_with_scikit_learn():
    x, _ = draw(missing=0.2)
    x[:, 0] = np.where(np.arange(len(x)) < 8, 3.0, 0.0)  # quartiles are the same
    center, scale = plugins.load("preparation/scale", "robust").measure(x)
    reference = RobustScaler(unit_variance=True).fit(x.astype(float))
    np.testing.assert_allclose(center, reference.center_, atol=1e-5)
    np.testing.assert_allclose(scale[1:], reference.scale_[1:], rtol=1e-5)
    np.testing.assert_allclose(scale[0], x[:, 0].std(), rtol=1e-6)


def test_without_scale_values_are_centred_only():
    x, _ = draw(missing=0.2)
    center, scale = plugins.load("preparation/scale", "none").measure(x)
    np.testing.assert_allclose(center, np.nanmean(x.astype(float), axis=0))
    assert (scale == 1).all()
