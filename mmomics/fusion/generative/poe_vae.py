"""Variational autoencoder with a product of experts: one latent posterior from whichever modalities are seen.

Wu & Goodman 2018 (arXiv:1802.05335). Each modality's encoder is a Gaussian expert; experts of missing modalities drop out of the
product. Subsets are trained through modality dropout, the missing-assay case itself, while the decoder must still
reconstruct everything that was measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmomics.fusion import contract
from mmomics.nn.encoders import Encoders, stack_seen
from mmomics.nn.layers import MLP, Linear
from mmomics.nn.streams import Streams


@dataclass
class Params(contract.Params):
    """Settings of `poe_vae`."""

    n_hidden: int = 64
    n_latent: int = 32
    dropout: float = 0.2
    input_dropout: float = 0.2
    beta: float = 0.1  # weight of the divergence from the prior: below 1 against collapse when n is small
    reconstruction: float = 0.5  # weight of the evidence bound beside the outcome's loss


class Method(contract.Generative):
    """Gaussian experts, a standard normal prior expert, Gaussian decoders with a noise level per feature."""

    def __init__(self, n_vars: dict[str, int], params: Params, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        self.n_latent = params.n_latent
        self.encoders = Encoders(streams, n_vars, [params.n_hidden], params.dropout, params.input_dropout)
        self.expert = nn.ModuleDict({name: Linear(streams, params.n_hidden, 2 * params.n_latent) for name in n_vars})
        self.decoders = nn.ModuleDict({name: Decoder(streams, params.n_latent, params.n_hidden, n_vars[name]) for name in self.drawn})

    def posterior(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        h = self.encoders(x, seen)
        parameters = torch.stack([self.expert[name](h[name]) for name in h], dim=-2)
        mean, log_precision = parameters.chunk(2, dim=-1)  # (n_members, n_obs, n_modalities, n_latent)
        precision = F.softplus(log_precision) * stack_seen(seen, h).unsqueeze(-1)
        total = 1.0 + precision.sum(-2)  # the prior is an expert too
        return (precision * mean).sum(-2) / total, total.rsqrt()

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        return self.posterior(x, seen)[0]

    def decode(self, z: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        return {name: decoder(z) for name, decoder in self.decoders.items()}

    def step(self, x: dict[str, Tensor], seen: dict[str, Tensor], shown: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        mean, sd = self.posterior(x, shown)
        z = mean + sd * self.streams.normal(*mean.shape[1:])
        divergence = 0.5 * (mean**2 + sd**2 - 1 - 2 * torch.log(sd)).sum(-1).mean(-1)
        n_features = max(sum(self.n_vars[name] for name in self.drawn), 1)
        fit = torch.stack([torch.zeros_like(divergence), *(self._misfit(x[name], z, name, seen[name]) for name in self.drawn)]).sum(0)
        weight = self.params.reconstruction
        return z, {"reconstruction": weight * fit / n_features, "divergence": weight * self.params.beta * divergence / self.n_latent}

    def _misfit(self, x: Tensor, z: Tensor, name: str, seen: Tensor) -> Tensor:
        mean, sd = self.decoders[name](z)
        misfit = (0.5 * ((x - mean) / sd) ** 2 + torch.log(sd) + 0.5 * math.log(2 * math.pi)).sum(-1)
        return (misfit * seen).sum(-1) / seen.sum(-1).clamp_min(1)


class Decoder(nn.Module):
    """From the latent to mean and noise of one modality: a linear path beside a hidden layer, so that it contains factor analysis."""

    def __init__(self, streams: Streams, n_latent: int, n_hidden: int, n_vars: int) -> None:
        super().__init__()
        self.linear = Linear(streams, n_latent, n_vars)
        self.hidden, self.bend = MLP(streams, n_latent, [n_hidden], 0.0), Linear(streams, n_hidden, n_vars, zero=True)
        self.log_sd = nn.Parameter(torch.zeros(len(streams), 1, n_vars, device=streams.device))

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return self.linear(z) + self.bend(self.hidden(z)), torch.exp(self.log_sd.clamp(-3, 1))
