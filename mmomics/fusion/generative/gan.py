"""Conditional adversarial network: draws of the modalities that a critic cannot tell from measured ones, given what is seen.

Goodfellow et al. 2014 (arXiv:1406.2661), conditional as in Mirza & Osindero 2014 (arXiv:1411.1784). What makes it stable on small
cohorts: the mean is learned by likelihood, so that the critic is left with the spread around it; the draw is odd in its noise, so that
the spread never moves the mean; the critic's layers have a spectral norm of one (Miyato et al. 2018, arXiv:1802.05957); and the epoch is
chosen on held-out rows. One backward pass serves both sides: the gradient of the critic's loss is reversed where it enters the
generator (Ganin & Lempitsky 2015, arXiv:1409.7495).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmomics.fusion import contract
from mmomics.nn.decoders import Decoders
from mmomics.nn.encoders import Encoders, mean_seen, stack_seen
from mmomics.nn.layers import MLP, Linear
from mmomics.nn.streams import Streams

SUBCLASS = "generative adversarial network"
SPACE = {"n_hidden": [32, 64, 128], "n_latent": [16, 32], "input_dropout": [0.2, 0.4], "adversarial": [0.02, 0.05, 0.2]}
N_CRITIC = 32


@dataclass
class Params(contract.Params):
    """Settings of `gan`."""

    n_hidden: int = 64
    n_latent: int = 32
    dropout: float = 0.2
    input_dropout: float = 0.2
    adversarial: float = 0.05  # weight of the critic's loss beside the likelihood
    reconstruction: float = 0.5  # weight of the likelihood beside the outcome's loss


class Method(contract.Generative):
    """A generator of embeddings, mean plus an odd function of noise; decoders; a critic of measured and decoded values."""

    def __init__(self, n_vars: dict[str, int], params: Params, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        self.n_latent = self.n_noise = params.n_latent
        width, drawn = params.n_hidden, {name: n_vars[name] for name in self.drawn}
        self.encoders = Encoders(streams, n_vars, [width], params.dropout, params.input_dropout)
        self.mix = MLP(streams, width, [width], params.dropout)  # what modalities say together is more than the mean of what each says
        self.mean = Linear(streams, width, params.n_latent)
        self.spread = nn.Sequential(MLP(streams, width + params.n_latent, [width], 0.0), Linear(streams, width, params.n_latent))
        self.decoders = Decoders(streams, params.n_latent, width, drawn)
        self.critic = Critic(streams, drawn, width)

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        return self.mean(self._context(x, seen))

    def decode(self, z: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        return self.decoders(z)

    def draw(self, x: dict[str, Tensor], seen: dict[str, Tensor], noise: Tensor) -> Tensor:
        h = self._context(x, seen)
        return self.mean(h) + self._swing(h, noise)

    def step(
        self, x: dict[str, Tensor], seen: dict[str, Tensor], shown: dict[str, Tensor], target: dict[str, Tensor] | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        h = self._context(x, shown)
        z = self.mean(h)
        wanted = {name: (target or x)[name] for name in self.drawn}
        terms = {"reconstruction": self.params.reconstruction * self.decoders.misfit(wanted, z, seen)}
        if wanted:
            made = self.decoders(z.detach() + self._swing(h.detach(), self.streams.normal(*z.shape[1:])))
            values = {name: Reversed.apply(mean + sd.detach() * self.streams.normal(*mean.shape[1:])) for name, (mean, sd) in made.items()}
            real, fake = (self.critic(each, seen, h.detach()) for each in (wanted, values))
            terms["adversarial"] = self.params.adversarial * (F.softplus(-real) + F.softplus(fake)).mean(-1)
        return z, terms

    def _context(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        h = mean_seen(self.encoders(x, seen), seen)
        return h + self.mix(h)

    def _swing(self, h: Tensor, noise: Tensor) -> Tensor:
        """Odd in the noise, so that it has no mean whatever was learned."""
        there, back = (self.spread(torch.cat([h, sign * noise], dim=-1)) for sign in (1.0, -1.0))
        return (there - back) / 2


class Reversed(torch.autograd.Function):
    """The identity, whose gradient has the other sign."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(context: Any, slope: Tensor) -> Tensor:
        return -slope


class Critic(nn.Module):
    """How measured a row's modalities look (n_members, n_obs), given the encoding of what was shown."""

    def __init__(self, streams: Streams, n_vars: dict[str, int], n_hidden: int) -> None:
        super().__init__()
        self.look = nn.ModuleDict({name: Bounded(streams, size, N_CRITIC) for name, size in n_vars.items()})
        self.mix = Bounded(streams, N_CRITIC + n_hidden, N_CRITIC)
        self.say = Bounded(streams, N_CRITIC, 1)

    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor], h: Tensor) -> Tensor:
        looks = {name: look(x[name]) * seen[name].unsqueeze(-1) for name, look in self.look.items()}
        total = torch.stack(list(looks.values())).sum(0) / stack_seen(seen, looks).sum(-1, keepdim=True).clamp_min(1)
        return self.say(F.gelu(self.mix(torch.cat([F.gelu(total), h], dim=-1))))[..., 0]


class Bounded(nn.Module):
    """A linear layer of spectral norm one per member, by one step of power iteration per use in training."""

    direction: Tensor  # (n_members, n_out, 1)

    def __init__(self, streams: Streams, n_in: int, n_out: int) -> None:
        super().__init__()
        self.linear = Linear(streams, n_in, n_out)
        self.register_buffer("direction", F.normalize(streams.normal(n_out, 1), dim=1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        weight = self.linear.weight
        with torch.no_grad():
            back = F.normalize(weight @ self.direction, dim=1)  # (n_members, n_in, 1)
            if self.training:
                self.direction = F.normalize(weight.transpose(1, 2) @ back, dim=1)
        norm = (back.transpose(1, 2) @ weight @ self.direction)[..., 0]  # (n_members, 1): gradients pass
        return self.linear(x) / norm.clamp_min(1e-6).unsqueeze(-1)
