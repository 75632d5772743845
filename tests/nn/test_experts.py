"""Subsets of modalities are drawn and mixed with equal shares, and the divergence is that of torch, over the features."""

import itertools

import pytest
import torch
from scipy.stats import chisquare
from torch.distributions import Normal, kl_divergence

from mmomics.fusion.generative import mopoe_vae
from mmomics.nn.experts import FEW, divergence, product, subset, subsets
from mmomics.nn.streams import Streams


@pytest.mark.parametrize("seen", [(1, 1), (1, 1, 1), (0, 1, 1, 0, 1, 1), (0, 1), (1,) * 7])
def test_every_subset_of_what_a_row_has_is_drawn_as_often(seen):
    there = torch.tensor(seen, dtype=torch.bool).expand(40000, -1)
    luck = torch.rand(40000, len(seen) + 1, generator=torch.Generator().manual_seed(0))
    found, counts = subset(there, luck).unique(dim=0, return_counts=True)
    assert len(found) == 2 ** sum(seen) - 1 and found.any(1).all() and not (found & ~there[0]).any()
    assert len(found) == 1 or chisquare(counts).pvalue > 1e-3


def test_the_rarest_luck_draws_a_subset_and_nothing_where_nothing_is_seen():
    ends = torch.tensor([[0.0], [1 - 2**-24]]) * torch.ones(1, 31)
    assert subset(torch.ones(2, 30, dtype=torch.bool), ends).any(1).all()
    assert not subset(torch.zeros(2, 30, dtype=torch.bool), ends).any()


@pytest.mark.parametrize("n_modalities", range(1, 6))
def test_the_mixture_of_few_is_that_of_all_subsets_of_what_is_seen(n_modalities):
    generator = torch.Generator().manual_seed(n_modalities)
    x = {f"m{place}": torch.randn(1, 12, 4, generator=generator) for place in range(n_modalities)}
    seen = {name: torch.rand(1, 12, generator=generator) > 0.3 for name in x}
    method = mopoe_vae.Method(dict.fromkeys(x, 4), mopoe_vae.Params(n_latent=3), Streams([0])).eval()
    with torch.no_grad():
        z, (mean, precision) = method.encode(x, seen)[0], (part[0] for part in method.experts(x, seen))
    for row in range(12):
        had = [place for place in range(n_modalities) if seen[f"m{place}"][0, row]]
        some = [list(each) for size in range(1, len(had) + 1) for each in itertools.combinations(had, size)] or [[]]
        expected = torch.stack([product(mean[row : row + 1, each], precision[row : row + 1, each])[0][0] for each in some]).mean(0)
        torch.testing.assert_close(z[row], expected)


@pytest.mark.parametrize("n_modalities", [6, 12, 31, 40])
def test_of_many_each_modality_is_in_half_and_each_pair_in_a_quarter_of_the_subsets(n_modalities):
    some = subsets(n_modalities)
    together = some.T @ some / len(some)
    torch.testing.assert_close(together, torch.full_like(together, 0.25) + 0.25 * torch.eye(n_modalities))
    assert len(some.unique(dim=0)) == len(some) <= max(32, 2 * n_modalities)


def test_the_divergence_is_that_of_normal_distributions_over_the_features():
    generator = torch.Generator().manual_seed(0)
    mean, sd = torch.randn(2, 9, 5, generator=generator), torch.rand(2, 9, 5, generator=generator) + 0.1
    expected = kl_divergence(Normal(mean, sd), Normal(0.0, 1.0)).sum(-1).mean(-1)
    torch.testing.assert_close(divergence(mean, sd, 3000), expected / 3000)
    torch.testing.assert_close(divergence(mean, sd, 8), expected / FEW)
