"""Blocks of correlated features: clustering of variables around latent components (Vigneau & Qannari 2003, doi:10.1081/SAC-120018845)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

N_ROUNDS = 12  # alternations between members and components; most features stay where they are after a few


def correlation_blocks(x: Tensor, noise: Tensor) -> Tensor:
    """The block (n_vars,) int of every feature: the component with which its squared correlation is largest.

    The sign of a correlation does not matter: what goes up as another goes down belongs with it.

    Parameters
    ----------
    x : Tensor (n_obs, n_vars)
        Centred features, zeros where not seen.
    noise : Tensor (n_blocks,)
        Uniform numbers that choose the features from which the components start, each far from those before it (Arthur &
        Vassilvitskii 2007, k-means++). A block may end up without features.
    """
    profiles = F.normalize(x, dim=0)
    components = profiles[:, [_drawn(profiles.square().sum(0), noise[0])]]
    for draw in noise[1:]:
        far = 1 - (profiles.T @ components).square().amax(1)
        components = torch.cat([components, profiles[:, [_drawn(far, draw)]]], dim=1)
    for _ in range(N_ROUNDS):
        correlation = profiles.T @ components  # (n_vars, n_blocks)
        own = F.one_hot(correlation.square().argmax(1), len(noise)) * correlation
        components = F.normalize(profiles @ own, dim=0)  # a step of the power iteration to each block's first principal component
    return (profiles.T @ components).square().argmax(1)


def _drawn(weight: Tensor, noise: Tensor) -> int:
    """A position, with a chance in proportion to its weight."""
    cumulated = weight.clamp_min(0.0).cumsum(0)
    return int(torch.searchsorted(cumulated, noise * cumulated[-1]).clamp_max(len(weight) - 1))
