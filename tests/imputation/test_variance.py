"""The variance function finds what counts and shares have, leaves what has none, and keeps the mean."""

import numpy as np
import pytest
import torch

from mmomics.imputation._variance import Variance

N = 600


def of(y, mean):
    mean, y = (torch.from_numpy(np.asarray(part, dtype="float32")) for part in (mean, y))
    return Variance(mean, (y - mean).square(), torch.ones(mean.shape, dtype=torch.bool)), mean


def agreement(found, true):
    """Correlation of the logarithms, feature by feature."""
    return np.array([np.corrcoef(a, b)[0, 1] for a, b in zip(np.log(found.numpy()).T, np.log(true).T, strict=True)])


def test_counts_scatter_more_where_they_are_high():
    rng = np.random.default_rng(0)
    mu, size = np.exp(rng.normal(2, 0.7, (N, 20))), 3.0
    variance, mean = of(rng.negative_binomial(size, size / (size + mu)), mu)
    assert np.median(agreement(variance(mean), mu + mu**2 / size)) > 0.9


def test_shares_scatter_less_towards_their_ends():
    rng = np.random.default_rng(1)
    mu = rng.beta(0.8, 0.8, (N, 20)).clip(0.02, 0.98)
    variance, mean = of(rng.beta(mu * 10, (1 - mu) * 10), mu)
    assert np.median(agreement(variance(mean), mu * (1 - mu) / 11)) > 0.8


@pytest.mark.parametrize("n", [30, N])
def test_where_all_scatter_alike_so_it_is_said(n):
    rng = np.random.default_rng(2)
    mu = rng.normal(size=(n, 200))
    variance, mean = of(mu + rng.normal(size=mu.shape), mu)
    factor = variance(mean) / variance.error
    assert float(factor.log().abs().mean()) < 0.1


def test_the_mean_over_rows_stays_and_what_was_not_measured_does_not_count():
    rng = np.random.default_rng(3)
    mu = rng.normal(size=(200, 10)).astype("float32")
    squared = torch.from_numpy((np.exp(0.5 * mu) * rng.normal(size=mu.shape)) ** 2).float()
    there = torch.from_numpy(rng.random(mu.shape) > 0.3)
    variance, mean = Variance(torch.from_numpy(mu), squared, there), torch.from_numpy(mu)
    torch.testing.assert_close((variance(mean) * there).sum(0) / there.sum(0), variance.error)
    other = Variance(mean.where(there, torch.tensor(9.0)), squared.where(there, torch.tensor(50.0)), there)
    torch.testing.assert_close(other(mean), variance(mean))


def test_constant_features_and_single_rows_have_a_variance():
    for n in (1, 5):
        variance = Variance(torch.zeros(n, 3), torch.zeros(n, 3), torch.ones(n, 3, dtype=torch.bool))
        assert (variance(torch.ones(2, 3)) == 0).all()
