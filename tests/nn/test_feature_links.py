"""Links between features are those that pandas' pairwise correlations name, and none where there is only chance."""

import numpy as np
import pandas as pd
import torch
from scipy.sparse import csr_array

from mmomics.nn import feature_links
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


def test_of_a_given_network_each_feature_keeps_what_dense_sorting_does():
    rng = np.random.default_rng(1)
    x, seen = two_assays()
    network = np.triu(np.where(rng.random((18, 18)) < 0.5, rng.choice([0.25, 0.5, 1.0], (18, 18)), 0), 1).astype("float32")
    network[:, 9] = network[9] = 0.0
    network += network.T
    places, weights = given(csr_array(network), x, seen, n_neighbors=3)
    r = pd.DataFrame(x.numpy()).where(seen.numpy()).corr().abs().to_numpy()
    for feature in range(18):
        strength = np.where(network[feature] > 0, network[feature] + 1e-3 * r[feature], 0)
        expected = [place for place in np.argsort(-strength)[:3] if strength[place] > 0]
        assert [int(place) for place, weight in zip(places[feature], weights[feature], strict=True) if weight != 0] == expected
        own = network[feature][expected]
        np.testing.assert_allclose(weights[feature][: len(own)].abs(), own / max(own.sum(), 1), rtol=1e-5)


def modules(n_vars, size, n_obs=200, seed=0):
    """Features in random places, of which `size` each go up or down with one factor, in two assays."""
    generator = torch.Generator().manual_seed(seed)
    factor = torch.randn(n_obs, n_vars // size, generator=generator)
    own = torch.randperm(n_vars, generator=generator) % (n_vars // size)
    sign = torch.where(torch.rand(n_vars, generator=generator) > 0.5, 1.0, -1.0)
    x = factor[:, own] * sign + 0.7 * torch.randn(n_obs, n_vars, generator=generator)
    seen = (torch.rand(n_obs, 2, generator=generator) > 0.2).repeat_interleave(n_vars // 2, dim=1)
    return (x - x.mean(0)) / x.std(0) * seen, seen, own, sign


def test_of_many_features_the_links_are_nearly_those_of_all_pairs(monkeypatch):
    x, seen, own, sign = modules(1500, size=25)
    whole, _ = correlated(x, seen, n_neighbors=4)
    for name, value in (("MANY", 500), ("N_LANDMARKS", 250), ("N_AROUND", 60)):
        monkeypatch.setattr(feature_links, name, value)
    places, weights = correlated(x, seen, n_neighbors=4)
    assert (places.unsqueeze(2) == whole.unsqueeze(1)).any(2).float().mean() > 0.85
    linked = weights != 0
    assert linked.float().mean() > 0.95
    assert (own[places] == own.unsqueeze(1))[linked].float().mean() > 0.99
    assert ((sign[places] * sign.unsqueeze(1) * weights > 0) | (own[places] != own.unsqueeze(1)))[linked].all()
    assert all(len(set(row[there].tolist())) == int(there.sum()) for row, there in zip(places, linked, strict=True))  # none twice


def test_with_many_features_the_pairs_looked_at_grow_as_the_features_do(monkeypatch):
    looked, plain = [], feature_links.Pairwise.correlation

    def counted(self, rows, columns):
        looked.append(len(rows) * len(columns))
        return plain(self, rows, columns)

    monkeypatch.setattr(feature_links.Pairwise, "correlation", counted)
    pairs = []
    for n_vars in (5000, 20000):
        looked.clear()
        correlated(*modules(n_vars, size=50, n_obs=30)[:2], n_neighbors=8)
        pairs.append(sum(looked))
    assert pairs[1] == 4 * pairs[0] < 20000**2 / 4
