"""Features that were made together end up in one block, whatever their sign."""

import torch
from sklearn.metrics import adjusted_rand_score

from mmomics.nn.blocks import correlation_blocks


def planted(n_obs=120, n_blocks=6, size=12, seed=0):
    generator = torch.Generator().manual_seed(seed)
    factors = torch.randn(n_obs, n_blocks, generator=generator)
    truth = torch.arange(n_blocks).repeat(size)
    sign = torch.randint(0, 2, (len(truth),), generator=generator) * 2.0 - 1
    return factors[:, truth] * sign + 0.7 * torch.randn(n_obs, len(truth), generator=generator), truth


def test_planted_blocks_are_found_whatever_the_sign():
    x, truth = planted()
    scores = [
        adjusted_rand_score(truth, correlation_blocks(x, torch.rand(6, generator=torch.Generator().manual_seed(s)))) for s in range(5)
    ]
    assert max(scores) > 0.99 and sorted(scores)[2] > 0.75


def test_features_without_variation_and_few_features_are_taken():
    x, _ = planted()
    x[:, :3] = 0
    noise = torch.rand(6, generator=torch.Generator().manual_seed(0))
    blocks = correlation_blocks(x, noise)
    assert blocks.shape == (72,) and blocks.min() >= 0 and blocks.max() < 6
    assert correlation_blocks(x[:, :2] * 0, noise[:2]).tolist() == [0, 0]
    assert correlation_blocks(x[:, 5:6], noise[:1]).tolist() == [0]
