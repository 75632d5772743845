"""Gaussian experts: each modality has an opinion on the embedding, and opinions multiply."""

from __future__ import annotations

from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmomics.nn.encoders import Encoders, stack_seen
from mmomics.nn.layers import Linear
from mmomics.nn.streams import Streams

FEW = 640  # features below which the divergence weighs less: the outcome needs the axes too, and few features pay for few
N_BITS = 5  # all subsets of so many modalities, and of more as many as that


class Experts(nn.Module):
    """Mean and precision (n_members, n_obs, n_modalities, n_latent) of each modality's expert; no precision where it is not seen."""

    def __init__(
        self, streams: Streams, n_vars: dict[str, int], n_hidden: int, n_latent: int, dropout: float, input_dropout: float
    ) -> None:
        super().__init__()
        self.encoders = Encoders(streams, n_vars, [n_hidden], dropout, input_dropout)
        self.expert = nn.ModuleDict({name: Linear(streams, n_hidden, 2 * n_latent) for name in n_vars})

    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        h = self.encoders(x, seen)
        mean, log_precision = torch.stack([self.expert[name](h[name]) for name in h], dim=-2).chunk(2, dim=-1)
        return mean, F.softplus(log_precision) * stack_seen(seen, h).unsqueeze(-1)


def product(mean: Tensor, precision: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation (n_members, n_obs, n_latent) of the product of experts (n_members, n_obs, n_experts, n_latent).

    The standard normal prior is an expert too: no product is wider.
    """
    total = 1.0 + precision.sum(-2)
    return (precision * mean).sum(-2) / total, total.rsqrt()


def divergence(mean: Tensor, sd: Tensor, n_features: int) -> Tensor:
    """Kullback-Leibler divergence (n_members,) from the standard normal prior, mean over rows, per feature as `Decoders.misfit` is.

    Added to it, this is the evidence bound over its number of features. Features fewer than `FEW` count as so many.
    """
    return 0.5 * (mean**2 + sd**2 - 1 - 2 * torch.log(sd)).sum(-1).mean(-1) / max(n_features, FEW)


def subset(seen: Tensor, luck: Tensor) -> Tensor:
    """One of the non-empty subsets of what a row has, each with the same chance: (.., n_modalities) bool; empty only where nothing is seen.

    Parameters
    ----------
    seen : Tensor (.., n_modalities) bool
    luck : Tensor (.., n_modalities + 1)
        Uniform on [0, 1). The first says which modality is the first in the subset (a geometric distribution, cut off), the others are
        fair coins for those after it.
    """
    n_seen, place = seen.sum(-1, keepdim=True), seen.cumsum(-1) - 1
    empty = torch.exp2(-n_seen.to(luck.dtype))
    first = torch.minimum(torch.floor(-torch.log2(1 - luck[..., :1] * (1 - empty))), n_seen - 1)
    return seen & ((place == first) | ((place > first) & (luck[..., 1:] >= 0.5)))


def subsets(n_modalities: int) -> Tensor:
    """Subsets (n_subsets, n_modalities) of 0 and 1 that a mixture is over: all of up to `N_BITS` modalities, the empty one among them.

    Of more, those of an orthogonal array (Rao 1947, doi:10.2307/2983576): each modality is in half of them and each pair in a quarter,
    as of all subsets, however many modalities there are.
    """
    n_bits = min(n_modalities, max(N_BITS, n_modalities.bit_length()))
    powers = [1 << bit for bit in range(n_bits)]
    codes = list(dict.fromkeys(chain(powers, range(1, 1 << n_bits))))[:n_modalities]
    return torch.tensor([[float((number & code).bit_count() % 2) for code in codes] for number in range(1 << n_bits)])
