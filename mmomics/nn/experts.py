"""Gaussian experts: each modality has an opinion on the embedding, and opinions multiply."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmomics.nn.encoders import Encoders, stack_seen
from mmomics.nn.layers import Linear
from mmomics.nn.streams import Streams


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


def divergence(mean: Tensor, sd: Tensor) -> Tensor:
    """Kullback-Leibler divergence (n_members,) from the standard normal prior, mean over rows."""
    return 0.5 * (mean**2 + sd**2 - 1 - 2 * torch.log(sd)).sum(-1).mean(-1)
