"""References: quantile normalisation and the probabilistic quotient, frozen on training samples."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from mmomics.preparation.contract import Obs, step
from tests.preparation.draw import draw


def fit_apply(name, train, x):
    nothing = Obs(pd.DataFrame(index=range(len(x))))
    return step("reference", name).fit(train, nothing).apply(x.copy(), nothing)


def test_quantile_normalisation_agrees_with_its_definition():
    x, _ = draw(missing=0)
    expected = np.sort(x.astype(float), axis=1).mean(axis=0)[rankdata(x, axis=1, method="ordinal") - 1]
    np.testing.assert_allclose(fit_apply("quantile", x, x), expected, rtol=1e-5)


def test_every_complete_sample_gets_the_reference_distribution_however_it_was_stretched():
    x, _ = draw(missing=0)
    new = np.exp(0.3 * x[:5]) * 100
    np.testing.assert_allclose(np.sort(fit_apply("quantile", x, new), axis=1), np.sort(fit_apply("quantile", x, x[:5]), axis=1), rtol=1e-5)


def test_equal_values_stay_equal_and_order_is_kept_with_missing_values():
    x, _ = draw(missing=0.3)
    x[0, :10] = 1.5
    found = fit_apply("quantile", x, x)
    assert len(np.unique(found[0, :10])) == 1
    for before, after in zip(x, found, strict=True):
        there = ~np.isnan(before)
        assert (np.isnan(after) == ~there).all()
        order = np.argsort(before[there], kind="stable")
        assert (np.diff(after[there][order]) >= -1e-6).all()


def test_values_that_are_missing_at_random_move_the_others_little():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 2000)).astype("float32")
    holes = np.where(rng.random(x.shape) < 0.3, np.float32(np.nan), x)
    whole, part = fit_apply("quantile", x, x), fit_apply("quantile", x, holes)
    inner = np.abs(x) < 2
    assert np.nanmax(np.abs(whole - part)[inner]) < 0.2


def test_the_quotient_of_logarithms_is_the_published_one():
    """Dieterle's steps on linear values: quotients to the median spectrum, their median is the dilution."""
    rng = np.random.default_rng(0)
    dilution = rng.uniform(0.2, 5, 31)
    linear = np.exp(rng.normal(3, 1, (1, 41)) + rng.normal(0, 0.3, (31, 41))) * dilution[:, None]
    quotient = np.median(linear / np.median(linear, axis=0), axis=1)
    found = fit_apply("quotient", np.log(linear).astype("float32"), np.log(linear).astype("float32"))
    np.testing.assert_allclose(np.exp(found), linear / quotient[:, None], rtol=1e-4)
    again = fit_apply("quotient", np.log(linear).astype("float32"), np.log(linear * 7).astype("float32"))
    np.testing.assert_allclose(again, found, atol=1e-4)  # a more concentrated sample is the same sample
