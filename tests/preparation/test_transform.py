"""Shapes: normal scores and powers, against scipy and scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, rankdata, skew
from sklearn.preprocessing import PowerTransformer, StandardScaler

from mmomics.preparation.contract import Obs, step


def nothing(n):
    return Obs(pd.DataFrame(index=range(n)))


def fit(name, x):
    return step("transform", name).fit(x, nothing(len(x)))


@pytest.mark.parametrize("n_obs", [5, 60, 101])
def test_normal_scores_of_the_training_rows_are_those_of_their_ranks(n_obs):
    rng = np.random.default_rng(0)
    x = np.exp(rng.normal(size=(n_obs, 4))).astype("float32")
    x[:, 1] = np.maximum(x[:, 1], 1)  # many equal values
    expected = norm.ppf((rankdata(x, axis=0) - 0.375) / (n_obs + 0.25))
    np.testing.assert_allclose(fit("rank", x).apply(x.copy(), nothing(n_obs)), expected, atol=2e-4)


def test_many_rows_are_scored_from_a_few_knots():
    rng = np.random.default_rng(0)
    x = np.exp(2 * rng.normal(size=(900, 3))).astype("float32")
    fitted = fit("rank", x)
    assert fitted.knots.shape == (101, 3)
    expected = norm.ppf((rankdata(x, axis=0) - 0.375) / 900.25)
    np.testing.assert_allclose(fitted.apply(x.copy(), nothing(900)), expected, atol=0.1)


def test_missing_values_do_not_count():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 2)).astype("float32")
    holes = x.copy()
    holes[::3, 0] = np.nan
    there = ~np.isnan(holes[:, 0])
    found = fit("rank", holes).apply(holes.copy(), nothing(50))
    np.testing.assert_allclose(found[there, 0], norm.ppf((rankdata(x[there, 0]) - 0.375) / (there.sum() + 0.25)), atol=1e-4)
    assert np.isnan(found[~there, 0]).all()


def test_an_extreme_value_gets_the_outermost_score():
    x = np.random.default_rng(0).normal(size=(50, 1)).astype("float32")
    fitted = fit("rank", x)
    found = fitted.apply(np.array([[7378.0], [-7378.0]], dtype="float32"), nothing(2))[:, 0]
    outermost = fitted.apply(x.copy(), nothing(50)).max()
    np.testing.assert_allclose(found, [outermost, -outermost], rtol=1e-4)


def test_powers_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    x = np.column_stack([np.exp(rng.normal(size=200)), rng.normal(30, 2, 200), -rng.gamma(2, size=200), rng.uniform(size=200)]).astype(
        "float32"
    )
    z = StandardScaler().fit_transform(x.astype(float))
    reference = PowerTransformer(standardize=False).fit(z)
    fitted = fit("yeo_johnson", x)
    np.testing.assert_allclose(fitted.power, reference.lambdas_, atol=1e-3)
    np.testing.assert_allclose(fitted.apply(x.copy(), nothing(200)), reference.transform(z), atol=2e-3)


def test_powers_make_skewed_features_even():
    x = np.exp(np.random.default_rng(0).normal(size=(300, 5))).astype("float32")
    assert (np.abs(skew(fit("yeo_johnson", x).apply(x.copy(), nothing(300)))) < 0.3).all()
    assert (skew(x) > 2).all()


def test_powers_of_features_with_missing_or_extreme_values_are_finite():
    x = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
    x[::3, 0], x[3, 1], x[:, 2], x[:, 3] = np.nan, 7378, np.nan, 2
    fitted = fit("yeo_johnson", x)
    assert np.isfinite(fitted.power).all()
    found = fitted.apply(np.full((2, 4), 1e30, dtype="float32"), nothing(2))
    assert np.isfinite(found).all()
