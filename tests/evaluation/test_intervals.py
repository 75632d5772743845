"""Intervals hold what they promise."""

import numpy as np
import pytest
from scipy import stats

from mmomics.evaluation.intervals import Estimate, corrected_t, holm, percentile, rubin, wilson


def test_without_overlap_the_corrected_t_is_the_t_test():
    scores = np.random.default_rng(0).normal(0.3, 1, 12)
    found, expected = corrected_t(scores, 0), stats.ttest_1samp(scores, 0)
    interval = expected.confidence_interval(0.95)
    assert found == pytest.approx((scores.mean(), interval.low, interval.high, expected.pvalue))


def test_overlap_widens_by_nadeau_and_bengio():
    scores = np.random.default_rng(0).normal(size=10)
    plain, corrected = corrected_t(scores, 0), corrected_t(scores, 1 / 9)
    ratio = (corrected.upper - corrected.lower) / (plain.upper - plain.lower)
    assert ratio == pytest.approx(np.sqrt((1 / 10 + 1 / 9) / (1 / 10)))


def cross_validated(rng, n=60, folds=5, repeats=4):
    """Squared error of least squares in each fold and repeat."""
    x = rng.normal(size=(n, 4))
    y = x[:, 0] + rng.normal(size=n)
    scores = []
    for _ in range(repeats):
        number = rng.permutation(n) % folds
        for k in range(folds):
            coef = np.linalg.lstsq(x[number != k], y[number != k], rcond=None)[0]
            scores.append(np.mean((y[number == k] - x[number == k] @ coef) ** 2))
    return np.array(scores)


def test_coverage_of_the_corrected_interval():
    """In repeated 5-fold cross-validation the naive interval is far too narrow, the corrected one is not."""
    rng = np.random.default_rng(1)
    trials = [cross_validated(rng) for _ in range(400)]
    truth = np.mean([scores.mean() for scores in trials])
    share = {}
    for name, overlap in {"naive": 0.0, "corrected": 1 / 4}.items():
        found = [corrected_t(scores, overlap) for scores in trials]
        share[name] = np.mean([one.lower <= truth <= one.upper for one in found])
    assert share["naive"] < 0.8
    assert 0.88 < share["corrected"] <= 0.99


def test_undefined_folds_are_left_out():
    assert corrected_t(np.array([1.0, np.nan, 3.0]), 0.25) == corrected_t(np.array([1.0, 3.0]), 0.25)
    assert np.isnan(corrected_t(np.array([np.nan]), 0.25)).all()
    single = corrected_t(np.array([0.7, np.nan]), 0.25)
    assert single.mean == 0.7
    assert np.isnan(single[1:]).all()


def test_scores_without_spread():
    assert corrected_t(np.zeros(5), 0.25) == (0, 0, 0, 1)
    assert corrected_t(np.full(5, 0.5), 0.25) == (0.5, 0.5, 0.5, 0)


def test_coverage_of_the_percentile_interval():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(300):
        sample = rng.normal(1, 1, 40)
        counts = rng.multinomial(40, np.full(40, 1 / 40), 300)
        found = percentile(sample.mean(), counts @ sample / 40)
        hits += found.lower <= 1 <= found.upper
    assert 0.88 < hits / 300 < 0.98


def test_p_value_of_the_percentile_interval():
    draws = np.linspace(-1, 1, 1001)
    assert percentile(0.0, draws).p_value == 1
    assert percentile(5.0, draws + 5).p_value == pytest.approx(2 / 1002)
    assert percentile(0.0, np.zeros(100)).p_value == 1
    assert np.isnan(percentile(0.5, np.full(10, np.nan))[1:]).all()


def test_wilson_is_the_score_test_turned_around():
    for successes, n in [(0, 10), (3, 10), (40, 40)]:
        lower, upper = wilson(successes, n)
        for bound in (lower, upper):
            if 0 < bound < 1:
                assert abs(successes / n - bound) / np.sqrt(bound * (1 - bound) / n) == pytest.approx(1.959964, abs=1e-5)
    assert 0 < wilson(0, 10)[1] < 0.4


def test_intervals_are_cut_to_what_is_possible():
    assert Estimate(0.9, 0.7, 1.1, 0.5).within(0, 1) == (0.9, 0.7, 1.0, 0.5)
    assert np.isnan(Estimate(0.9, np.nan, np.nan, 0.5).within(0, 1).lower)


def imputed(rng, n=40, missing=0.4, draws=8):
    """Means of a sample, and their mean variance, with what is missing completely at random drawn properly from its posterior."""
    y = rng.normal(size=n)[rng.random(n) > missing]
    gaps = n - len(y)
    variance = y.var(ddof=1) * (len(y) - 1) / rng.chisquare(len(y) - 1, draws)
    centre = rng.normal(y.mean(), np.sqrt(variance / len(y)))
    drawn = rng.normal(centre[:, None], np.sqrt(variance)[:, None], (draws, gaps))
    whole = np.concatenate([np.broadcast_to(y, (draws, len(y))), drawn], axis=1)
    return whole.mean(1), whole.var(1, ddof=1).mean() / n


def test_rubins_interval_covers_and_knows_how_much_is_missing():
    rng = np.random.default_rng(0)
    inside, shares = [], []
    for _ in range(800):
        means, within = imputed(rng)
        found, share = rubin(Estimate(float(means.mean()), 0, 0, 0), within, means, 39)
        inside.append(found.lower < 0 < found.upper)
        shares.append(share)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.02)
    assert np.mean(shares) == pytest.approx(0.4, abs=0.07)  # of a mean, as much as of the values


def test_without_variation_between_draws_rubins_interval_is_that_of_the_sample():
    found, share = rubin(Estimate(0.5, 0, 0, 0), 0.01, np.full(5, 0.5), 1e6)
    half = stats.norm.ppf(0.975) * 0.1
    assert share == 0 and found[:3] == pytest.approx((0.5, 0.5 - half, 0.5 + half), abs=1e-5)
    assert np.isnan(rubin(Estimate(0.5, 0, 0, 0), 0.01, np.array([0.5]), 10)[1])
    assert rubin(Estimate(0.5, 0, 0, 0), 0.0, np.full(5, 0.5), 10)[0][:3] == (0.5, 0.5, 0.5)


@pytest.mark.parametrize("n_free", [2, 3, 4])
def test_an_interval_with_draws_is_never_narrower_than_without(n_free):
    whole = stats.t.interval(0.95, n_free, 0.5, 0.1)
    for spread in (0.001, 0.01, 0.03, 0.1, 0.3):
        for draws in (2, 5, 20):
            found = rubin(Estimate(0.5, 0, 0, 0), 0.01, 0.5 + spread * np.linspace(-1, 1, draws), n_free)[0]
            assert found.lower < whole[0] and found.upper > whole[1]


def test_holms_p_values_are_those_of_its_definition_and_no_test_stays_none():
    found = holm(np.array([0.01, np.nan, 0.04, 0.03, 0.5]))  # 4 x 0.01, then 3 x 0.03, then 2 x 0.04 but no less than the one before
    np.testing.assert_allclose(found, [0.04, np.nan, 0.09, 0.09, 0.5])
    assert len(holm(np.array([]))) == 0
