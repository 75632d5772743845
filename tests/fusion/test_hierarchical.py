"""Whatever merges the modalities of a hierarchy, it hears two of many together and does not fade with their number."""

import itertools

import pytest
import torch
from sklearn.metrics import roc_auc_score

from mmomics.fusion.encoder_decoder import hierarchical
from mmomics.nn.streams import Streams
from tests.fusion.learn import learned

PRODUCTS = ["multiplication", "cross_product"]


def drawn(n_modalities, n_obs, n_vars, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return {f"m{place}": torch.randn(1, n_obs, n_vars, generator=generator) for place in range(n_modalities)}


def everyone(x):
    return {name: torch.ones(values.shape[:2], dtype=torch.bool) for name, values in x.items()}


def method_for(x, merge, n_members=1, **params):
    sizes = {name: values.shape[-1] for name, values in x.items()}
    return hierarchical.Method(sizes, hierarchical.Params(merge=merge, **params), Streams(list(range(n_members))))


def spread(n_modalities, merge):
    x = widened(drawn(n_modalities, 200, 50), 4)
    with torch.no_grad():
        return float(method_for(x, merge, n_members=4).eval().encode(x, everyone(x)).std(1).mean())


def widened(part, n_members):
    return {name: values.expand(n_members, *values.shape[1:]) for name, values in part.items()}


@pytest.mark.parametrize("merge", [*PRODUCTS, "concatenation"])
def test_an_outcome_that_two_of_eight_modalities_tell_together_is_found(merge):
    x = {name: values[0] for name, values in drawn(8, 800, 2).items()}
    y = (x["m0"][:, 0] * x["m1"][:, 0] > 0).float()
    method = method_for(drawn(8, 1, 2), merge, n_hidden=16, n_layers=1, dropout=0.1, input_dropout=0.1)
    found = learned(method, x, y, slice(0, 400))
    assert roc_auc_score(y[400:], found[400:]) > 0.8


@pytest.mark.parametrize("merge", PRODUCTS)
def test_the_start_is_as_spread_with_twelve_modalities_as_with_two(merge):
    two = spread(2, merge)
    assert 0.3 < spread(12, merge) / two < 3 and spread(1, merge) > 0.3 * two


@pytest.mark.parametrize("merge", PRODUCTS)
def test_who_has_nothing_is_where_a_row_without_any_is_and_who_has_one_is_told_apart(merge):
    x = drawn(3, 20, 5)
    method = method_for(x, merge).eval()
    nobody = {name: torch.zeros_like(there) for name, there in everyone(x).items()}
    without = method.encode(x, nobody)
    assert (without == without[:, :1]).all()
    alone = method.encode(x, nobody | {"m1": everyone(x)["m1"]})
    assert (alone.std(1).mean() > 1e-3).all()


@pytest.mark.parametrize("n_modalities", [1, 2, 5])
def test_all_pairs_at_once_are_the_pairs_one_by_one(n_modalities):
    x, seen = drawn(n_modalities, 30, 4), {f"m{place}": torch.arange(30)[None] % (place + 2) > 0 for place in range(n_modalities)}
    expected = torch.zeros(1, 30, 4)
    both = list(itertools.combinations(x, 2))
    for one, other in both:
        expected += torch.tanh(x[one]) * torch.tanh(x[other]) * (seen[one] & seen[other]).unsqueeze(-1)
    torch.testing.assert_close(hierarchical.pairs(x, seen), expected / max(len(both), 1) ** 0.5, atol=1e-6, rtol=1e-5)
