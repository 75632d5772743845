"""Measures of imputed features are those of scipy and scikit-learn over the values that were measured."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import r2_score

from mmomics.training.agreement import INSIDE, agreement


def test_measures_are_those_of_the_values_that_were_measured():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(60, 4))
    mean, sd = truth + 0.5 * rng.normal(size=truth.shape), rng.uniform(0.3, 0.8, truth.shape)
    truth[rng.random(truth.shape) < 0.2] = np.nan
    found = agreement(truth, mean, sd)
    for k in range(4):
        known = ~np.isnan(truth[:, k])
        true, told, own = truth[known, k], mean[known, k], sd[known, k]
        assert found["n"][k] == known.sum()
        assert found["pearson"][k] == pytest.approx(stats.pearsonr(true, told).statistic)
        assert found["spearman"][k] == pytest.approx(stats.spearmanr(true, told).statistic)
        assert found["r2"][k] == pytest.approx(r2_score(true, told))
        assert found["coverage"][k] == pytest.approx(np.mean(np.abs(true - told) <= INSIDE * own))
        assert found["width"][k] == pytest.approx(2 * INSIDE * own.mean())


def test_a_feature_of_two_values_has_no_coverage_and_one_that_never_varies_no_correlation():
    truth = np.column_stack([np.arange(20) % 2, np.ones(20), np.arange(20) % 3]).astype(float)
    found = agreement(truth, truth + 0.1, np.ones_like(truth))
    assert np.isnan(found["coverage"][:2]).all() and np.isnan(found["width"][:2]).all() and found["coverage"][2] == 1
    assert np.isnan(found["pearson"][1]) and found["rmse"] == pytest.approx(0.1)
