"""Links between features are those that pandas' pairwise correlations name, and none where there is only chance."""

import numpy as np
import pandas as pd
import torch
from scipy.sparse import csr_array

from mmomics.nn.feature_links import correlated, given


def two_assays(n_obs=150, seed=0):
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=(n_obs, 3))
    x = np.repeat(factor, 4, axis=1) * np.tile([1, -1, 1, 1], 3) + rng.normal(size=(n_obs, 12)) * np.linspace(0.3, 1.0, 12)
    x = np.hstack([x, rng.normal(size=(n_obs, 6))])
    seen = np.ones_like(x, dtype=bool)
    seen[rng.random(n_obs) < 0.3, :5] = False
    seen[rng.random(n_obs) < 0.3, 5:] = False
    x = (x - x.mean(0)) / x.std(0)
    return torch.tensor(x * seen, dtype=torch.float32), torch.tensor(seen)


def test_the_strongest_correlations_over_subjects_that_have_both():
    x, seen = two_assays()
    places, weights = correlated(x, seen, n_neighbors=2)
    frame = pd.DataFrame(x.numpy()).where(seen.numpy())
    expected = frame.corr().to_numpy(copy=True)
    np.fill_diagonal(expected, 0)
    for feature in range(12):
        own = weights[feature] != 0
        assert own.any()
        strongest = np.argsort(-np.abs(expected[feature]))[: int(own.sum())]
        assert set(places[feature][own].tolist()) == set(strongest)
        np.testing.assert_array_equal(np.sign(weights[feature][own].numpy()), np.sign(expected[feature][places[feature][own].numpy()]))
        np.testing.assert_allclose(float(weights[feature].abs().sum()), 1, rtol=1e-5)


def test_chance_links_next_to_nothing():
    x = torch.randn(100, 300, generator=torch.Generator().manual_seed(0))
    _, weights = correlated(x, torch.ones(100, 300, dtype=torch.bool), n_neighbors=4)
    assert (weights != 0).any(1).float().mean() < 0.05
    places, weights = correlated(x[:, :1], torch.ones(100, 1, dtype=torch.bool), n_neighbors=4)
    assert places.shape == weights.shape == (1, 4) and (weights == 0).all()


def test_given_links_win_over_correlation_and_take_its_sign():
    x, seen = two_assays()
    network = np.zeros((18, 18), "float32")
    network[0, 1] = network[1, 0] = 1.0  # made of one factor with opposite signs
    network[0, 17] = network[17, 0] = 0.4  # nothing in common
    network[0, 2] = network[2, 0] = 0.2
    places, weights = given(csr_array(network), x, seen, n_neighbors=2)
    assert places[0].tolist() == [1, 17] and weights[0, 0] < 0 < weights[0, 1]
    torch.testing.assert_close(weights[0].abs(), torch.tensor([1.0, 0.4]) / 1.4)
    assert (weights[5] == 0).all()
