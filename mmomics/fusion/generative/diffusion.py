"""Conditional latent diffusion: embeddings of whole subjects are noised, and a network learns to clear them given what is seen.

Ho, Jain & Abbeel 2020 (arXiv:2006.11239), in the latent space of an autoencoder (Rombach et al. 2022, arXiv:2112.10752), with the cosine
schedule of Nichol & Dhariwal 2021 (arXiv:2102.09672). The network foretells the clear embedding; from pure noise that is its mean given
what is seen, in one evaluation. Draws take a few deterministic steps (Song, Meng & Ermon 2021, arXiv:2010.02502).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from mmomics.fusion import contract
from mmomics.nn.decoders import Decoders
from mmomics.nn.encoders import Encoders, mean_seen
from mmomics.nn.layers import MLP, Linear
from mmomics.nn.streams import Streams

SUBCLASS = "diffusion model"
SPACE = {"n_hidden": [32, 64, 128], "n_latent": [8, 16, 32], "input_dropout": [0.2, 0.4]}


@dataclass
class Params(contract.Params):
    """Settings of `diffusion`."""

    n_hidden: int = 64
    n_latent: int = 16
    dropout: float = 0.2
    input_dropout: float = 0.2
    n_steps: int = 8  # of the sampler
    reconstruction: float = 0.5  # weight of the method's own terms beside the outcome's loss


class Method(contract.Generative):
    """Encoders shared by autoencoder and condition; a denoiser that foretells the clear embedding."""

    def __init__(self, n_vars: dict[str, int], params: Params, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        self.n_latent = self.n_noise = params.n_latent
        width = params.n_hidden
        self.encoders = Encoders(streams, n_vars, [width], params.dropout, params.input_dropout)
        self.clear = Linear(streams, width, params.n_latent)
        self.hidden = MLP(streams, params.n_latent + width + 2, [width], 0.0)
        self.denoise = Linear(streams, width, params.n_latent)
        self.decoders = Decoders(streams, params.n_latent, width, {name: n_vars[name] for name in self.drawn})

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        return self._from_nothing(mean_seen(self.encoders(x, seen), seen))

    def decode(self, z: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        return self.decoders(z)

    def draw(self, x: dict[str, Tensor], seen: dict[str, Tensor], noise: Tensor) -> Tensor:
        h = mean_seen(self.encoders(x, seen), seen)
        z, n_steps = noise, self.params.n_steps
        for step in range(n_steps, 0, -1):
            now, then = (torch.full_like(z[..., :1], at / n_steps) for at in (step, step - 1))
            clear = self._denoised(z, now, h)
            signal, spread = _schedule(now)
            next_signal, next_spread = _schedule(then)
            z = next_signal * clear + next_spread * (z - signal * clear) / spread
        return z

    def step(
        self, x: dict[str, Tensor], seen: dict[str, Tensor], shown: dict[str, Tensor], target: dict[str, Tensor] | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        encoded = self.encoders(x, seen)
        whole, part = mean_seen(encoded, seen), mean_seen(encoded, shown)
        clear = F.normalize(self.clear(whole), dim=-1) * math.sqrt(self.n_latent)  # of the size of the noise
        n_obs = clear.shape[1]
        at = 1 - self.streams.uniform(n_obs, 1)  # (0, 1]
        signal, spread = _schedule(at)
        found = self._denoised(signal * clear.detach() + spread * self.streams.normal(n_obs, self.n_latent), at, part)
        z = self._from_nothing(part)
        # each row decodes either its clear embedding or what is foretold of it
        decoded = torch.where(self.streams.uniform(n_obs, 1) < 0.5, clear, z)
        weight = self.params.reconstruction
        return z, {
            "reconstruction": weight * self.decoders.misfit(target or x, decoded, seen),
            "denoising": weight * (found - clear.detach()).square().mean((1, 2)),
        }

    def _from_nothing(self, h: Tensor) -> Tensor:
        """The embedding (n_members, n_obs, n_latent) that is foretold before anything was drawn: the mean given what is seen."""
        noise = h.new_zeros(*h.shape[:2], self.n_latent)
        return self._denoised(noise, torch.ones_like(noise[..., :1]), h)

    def _denoised(self, z: Tensor, at: Tensor, h: Tensor) -> Tensor:
        """The clear embedding, foretold from z at a time (n_members, n_obs, 1), and the encoding of what is seen."""
        return self.denoise(self.hidden(torch.cat([z, h, *_schedule(at)], dim=-1)))


def _schedule(at: Tensor) -> tuple[Tensor, Tensor]:
    """How much of the clear embedding and of the noise there is at a time in [0, 1]."""
    return torch.cos(at * math.pi / 2), torch.sin(at * math.pi / 2)
