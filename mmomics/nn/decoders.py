"""From an embedding to every modality, and how far off that is."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from mmomics.nn.layers import MLP, Linear
from mmomics.nn.streams import Streams

SMALLEST, LARGEST = -3.0, 1.0  # log standard deviations: no feature is copied out, none is given up


class Decoder(nn.Module):
    """Mean and noise of one modality: a linear path beside a hidden layer, so that it contains factor analysis. It starts at nought."""

    def __init__(self, streams: Streams, n_latent: int, n_hidden: int, n_vars: int) -> None:
        super().__init__()
        self.linear = Linear(streams, n_latent, n_vars, zero=True)
        self.hidden, self.bend = MLP(streams, n_latent, [n_hidden], 0.0), Linear(streams, n_hidden, n_vars, zero=True)
        self.log_sd = nn.Parameter(torch.zeros(len(streams), 1, n_vars, device=streams.device))

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return self.linear(z) + self.bend(self.hidden(z)), torch.exp(self.log_sd.clamp(SMALLEST, LARGEST))


class Decoders(nn.Module):
    """One decoder per modality: z (n_members, n_obs, n_latent) -> {modality: (mean (.., n_obs, n_vars), sd (.., 1, n_vars))}."""

    def __init__(self, streams: Streams, n_latent: int, n_hidden: int, n_vars: dict[str, int]) -> None:
        super().__init__()
        self.n_features = max(sum(n_vars.values()), 1)
        self.by_modality = nn.ModuleDict({name: Decoder(streams, n_latent, n_hidden, size) for name, size in n_vars.items()})

    def forward(self, z: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        return {name: decoder(z) for name, decoder in self.by_modality.items()}

    def misfit(self, target: dict[str, Tensor], z: Tensor, seen: dict[str, Tensor]) -> Tensor:
        """Negative Gaussian log-likelihood per feature (n_members,) of what was measured, whatever else the target holds."""
        total = z.new_zeros(len(z))
        for name, decoder in self.by_modality.items():
            mean, sd = decoder(z)
            off = (0.5 * ((target[name] - mean) / sd) ** 2 + torch.log(sd) + 0.5 * math.log(2 * math.pi)).sum(-1)
            total = total + (off * seen[name]).sum(-1) / seen[name].sum(-1).clamp_min(1)
        return total / self.n_features
