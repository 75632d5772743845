"""Variational autoencoder with a product of experts: one latent posterior from whichever modalities are seen.

Wu & Goodman 2018 (arXiv:1802.05335). Each modality's encoder is a Gaussian expert; experts of missing modalities drop out of the
product. Subsets are trained through modality dropout, the missing-assay case itself, while the decoder must still
reconstruct everything that was measured.

The loss beside the outcome's is `reconstruction` times (-log p(x|z) + beta KL) over the number of features, so that what `beta` does
depends neither on how many features are kept nor on `n_latent`. With fewer than 640 features beta counts in proportion less, or the
outcome would have to do without the axes that so few features do not pay for.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from mmomics.fusion import contract
from mmomics.nn.decoders import Decoders
from mmomics.nn.experts import Experts, divergence, product
from mmomics.nn.streams import Streams

SUBCLASS = "variational autoencoder"
SPACE = {"n_hidden": [32, 64, 128], "n_latent": [16, 32], "input_dropout": [0.2, 0.4], "beta": [0.5, 2.0, 6.0]}


@dataclass
class Params(contract.Params):
    """Settings of `poe_vae`."""

    n_hidden: int = 64
    n_latent: int = 32
    dropout: float = 0.2
    input_dropout: float = 0.2
    beta: float = 2.0  # weight of the divergence from the prior; 1 is the evidence bound, of 640 features or more
    reconstruction: float = 0.5  # weight of the evidence bound beside the outcome's loss


class Method(contract.Generative):
    """Gaussian experts, a standard normal prior expert, Gaussian decoders with a noise level per feature."""

    def __init__(self, n_vars: dict[str, int], params: Params, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        self.n_latent = self.n_noise = params.n_latent
        self.experts = Experts(streams, n_vars, params.n_hidden, params.n_latent, params.dropout, params.input_dropout)
        self.decoders = Decoders(streams, params.n_latent, params.n_hidden, {name: n_vars[name] for name in self.drawn})

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        return product(*self.experts(x, seen))[0]

    def decode(self, z: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        return self.decoders(z)

    def draw(self, x: dict[str, Tensor], seen: dict[str, Tensor], noise: Tensor) -> Tensor:
        mean, sd = product(*self.experts(x, seen))
        return mean + sd * noise

    def step(
        self, x: dict[str, Tensor], seen: dict[str, Tensor], shown: dict[str, Tensor], target: dict[str, Tensor] | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        mean, sd = product(*self.experts(x, shown))
        z = mean + sd * self.streams.normal(*mean.shape[1:])
        weight = self.params.reconstruction
        bound = {
            "reconstruction": weight * self.decoders.misfit(target or x, z, seen),
            "divergence": weight * self.params.beta * divergence(mean, sd, self.decoders.n_features),
        }
        return z, bound
