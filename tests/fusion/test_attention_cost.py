"""Attention over modalities: what grows with their number, counted as pairs of a query and a token that it may read."""

import pytest
import torch

from mmomics import plugins
from mmomics.nn.attention import Attention
from mmomics.nn.streams import Streams


def ready(name, n_modalities, n_obs):
    names = [f"m{place}" for place in range(n_modalities)]
    module = plugins.load("fusion", name)
    method = module.Method(dict.fromkeys(names, 4), module.Params(), Streams([1])).eval()
    values = torch.randn(n_modalities, 1, n_obs, 4, generator=torch.Generator().manual_seed(0))
    return method, dict(zip(names, values, strict=True))


def pairs(name, n_modalities, n_obs=3):
    method, x = ready(name, n_modalities, n_obs)
    counted = []
    for part in method.modules():
        if isinstance(part, Attention):
            part.register_forward_hook(lambda _, given, __: counted.append(given[0].shape[1] * given[0].shape[2] * given[1].shape[2]))
    method.encode(x, {key: torch.ones(1, n_obs, dtype=torch.bool) for key in x})
    assert counted
    return sum(counted) / n_obs


@pytest.mark.parametrize("name", ["bottleneck", "cross_attention"])
def test_cost_is_linear_in_modalities(name):
    assert pairs(name, 12) == 6 * pairs(name, 2)


def test_a_modality_alone_hears_nothing_of_itself():
    method, x = ready("cross_attention", 4, 5)
    seen = {key: torch.full((1, 5), key == "m0") for key in x}
    before = method.encode(x, seen)
    for block in method.blocks:  # what is heard would pass through here
        torch.nn.init.normal_(block.attention.key_value.weight)
    torch.testing.assert_close(method.encode(x, seen), before)
    everyone = {key: torch.ones(1, 5, dtype=torch.bool) for key in x}
    heard = method.encode(x, everyone)
    for block in method.blocks:
        torch.nn.init.normal_(block.attention.key_value.weight)
    assert not torch.allclose(method.encode(x, everyone), heard)
