"""Variational autoencoder with a mixture of products of experts: every subset of the modalities has its own posterior.

Sutter, Daunhawer & Vogt 2021 (arXiv:2105.02470). The posterior is the mixture of the products over all non-empty subsets of what is
seen, with equal shares. For the evidence bound (weights as in `poe_vae`) a training step draws one of them per row, all with the same
chance, which leaves it unbiased. The embedding is the mean of the mixture: of all subsets up to five modalities, of 32 from then on that
hold each modality and each pair as often as all do (see `nn.experts.subsets`), which keeps the cost linear in modalities.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mmomics.fusion import contract
from mmomics.nn.decoders import Decoders
from mmomics.nn.encoders import stack_seen
from mmomics.nn.experts import Experts, divergence, product, subset, subsets
from mmomics.nn.streams import Streams

SUBCLASS = "variational autoencoder"
SPACE = {"n_hidden": [32, 64, 128], "n_latent": [16, 32], "input_dropout": [0.2, 0.4], "beta": [0.5, 2.0, 6.0]}


@dataclass
class Params(contract.Params):
    """Settings of `mopoe_vae`."""

    n_hidden: int = 64
    n_latent: int = 32
    dropout: float = 0.2
    input_dropout: float = 0.2
    beta: float = 2.0  # weight of the divergence from the prior; 1 is the evidence bound, of 640 features or more
    reconstruction: float = 0.5  # weight of the evidence bound beside the outcome's loss


class Method(contract.Generative):
    """Gaussian experts that multiply within a subset of the modalities; subsets are mixed."""

    subsets: Tensor  # (n_subsets, n_modalities): what the mixture is over, equal shares of those that show something

    def __init__(self, n_vars: dict[str, int], params: Params, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        self.n_latent, self.n_noise = params.n_latent, params.n_latent + 1
        self.experts = Experts(streams, n_vars, params.n_hidden, params.n_latent, params.dropout, params.input_dropout)
        self.decoders = Decoders(streams, params.n_latent, params.n_hidden, {name: n_vars[name] for name in self.drawn})
        self.register_buffer("subsets", subsets(len(n_vars)).to(streams.device), persistent=False)

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        return self._mean(*self._mixture(*self.experts(x, seen)))

    def decode(self, z: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        return self.decoders(z)

    def draw(self, x: dict[str, Tensor], seen: dict[str, Tensor], noise: Tensor) -> Tensor:
        mean, sd, share = self._mixture(*self.experts(x, seen))
        level = torch.special.ndtr(noise[..., :1])  # uniform: which subset is drawn
        chosen = (share.cumsum(-1) < level).sum(-1, keepdim=True).clamp_max(share.shape[-1] - 1)
        place = chosen.unsqueeze(-1).expand(*chosen.shape, self.n_latent)
        return mean.gather(-2, place)[..., 0, :] + sd.gather(-2, place)[..., 0, :] * noise[..., 1:]

    def step(
        self, x: dict[str, Tensor], seen: dict[str, Tensor], shown: dict[str, Tensor], target: dict[str, Tensor] | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        opinion, precision = self.experts(x, shown)
        there = stack_seen(shown, self.n_vars)
        kept = subset(there, self.streams.uniform(there.shape[1], there.shape[2] + 1))
        mean, sd = product(opinion, precision * kept.unsqueeze(-1))
        z = mean + sd * self.streams.normal(*mean.shape[1:])
        weight = self.params.reconstruction
        bound = {
            "reconstruction": weight * self.decoders.misfit(target or x, z, seen),
            "divergence": weight * self.params.beta * divergence(mean, sd, self.decoders.n_features),
        }
        return self._mean(*self._mixture(opinion, precision)), bound

    def _mixture(self, mean: Tensor, precision: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Mean and standard deviation (n_members, n_obs, n_subsets, n_latent) of each subset, and its share in the mixture.

        Subsets that show nothing have no share, if any shows something. Of those that agree in what they show each counts: of all subsets
        equally many do, so that the mixture is that of the subsets of what is seen.
        """
        total = 1.0 + torch.einsum("sm,bnml->bnsl", self.subsets, precision)
        middle = torch.einsum("sm,bnml->bnsl", self.subsets, precision * mean) / total
        shows = (total[..., 0] > 1.0).to(total.dtype)
        shows = torch.where(shows.any(-1, keepdim=True), shows, 1.0)
        return middle, total.rsqrt(), shows / shows.sum(-1, keepdim=True)

    @staticmethod
    def _mean(mean: Tensor, sd: Tensor, share: Tensor) -> Tensor:
        return (mean * share.unsqueeze(-1)).sum(-2)
