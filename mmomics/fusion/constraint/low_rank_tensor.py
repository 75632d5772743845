"""Low-rank tensor fusion (Liu et al. 2018, arXiv:1806.00064): what reads the tensor is a sum of few products of vectors.

The weights that read the tensor (1, h_1) x ... x (1, h_M) are a sum over `rank` terms, each a product of one vector per modality, so
the tensor is never made: z = sum over terms of the product over modalities of (1 + w_m h_m), cost and size linear in modalities.
The factors are bounded around one, the closer the more modalities there are, or a product of twelve would explode. A modality that
is not seen is the neutral element, one: the product is that of what is seen. A subject without any has z = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmomics.fusion import contract
from mmomics.nn.encoders import Encoders
from mmomics.nn.layers import Dropout, Linear
from mmomics.nn.streams import Streams

SUBCLASS = "tensor fusion"
SPACE = {"n_hidden": [16, 32, 64], "rank": [2, 4, 8], "dropout": [0.1, 0.3, 0.5], "input_dropout": [0.1, 0.3, 0.5]}


@dataclass
class Params(contract.Params):
    """Settings of `low_rank_tensor`."""

    n_hidden: int = 32
    n_latent: int = 16
    rank: int = 4
    dropout: float = 0.3
    input_dropout: float = 0.3


class Method(contract.Method):
    """Encoders, one map per modality to `rank` factors of every latent axis, and their products."""

    def __init__(self, n_vars: dict[str, int], params: Params, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        self.n_latent = params.n_latent
        self.reach = len(n_vars) ** -0.5
        self.encoders = Encoders(streams, n_vars, [params.n_hidden], params.dropout, params.input_dropout)
        self.factors = nn.ModuleDict({name: Linear(streams, params.n_hidden, params.rank * params.n_latent) for name in n_vars})
        self.weight = nn.Parameter(streams.normal(1, params.rank, 1) * 0.1 + params.rank**-0.5)
        self.drop = Dropout(streams, params.dropout)

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        factors = [
            1 + self.reach * torch.tanh(self.factors[name](h)) * seen[name].unsqueeze(-1) for name, h in self.encoders(x, seen).items()
        ]
        terms = torch.stack(factors).prod(0).unflatten(-1, (self.params.rank, self.n_latent))  # (n_members, n_obs, rank, n_latent)
        return self.drop(((terms - 1) * self.weight).sum(2))
