"""Tensor fusion (Zadeh et al. 2017, arXiv:1707.07250): the outer product of every modality's factors with a constant beside them.

Of (1, h_1) x ... x (1, h_M) come all products of factors of different modalities: of one, of two, of three and so on. All of them are
taken where they are few, which with `n_factors` of 8 holds for two and three modalities. The whole tensor is exponential in the
modalities, so beyond that products of fewer modalities at a time are, as many as fit in `n_products` entries; pairs always are, with
fewer factors per modality if need be (twelve modalities: seven factors, 3,318 products). A modality that is not seen has zero factors
and takes no part; the rest of the tensor is the tensor of what is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import torch
from torch import Tensor, nn

from mmomics.fusion import contract
from mmomics.nn.encoders import Encoders
from mmomics.nn.layers import MLP, Linear
from mmomics.nn.streams import Streams

SUBCLASS = "tensor fusion"
SPACE = {"n_hidden": [16, 32, 64], "n_factors": [4, 8, 12], "dropout": [0.1, 0.3, 0.5], "input_dropout": [0.1, 0.3, 0.5]}


@dataclass
class Params(contract.Params):
    """Settings of `tensor`."""

    n_hidden: int = 32
    n_factors: int = 8  # of each modality, at most
    n_products: int = 4500  # entries of the tensor, at most
    n_latent: int = 16
    dropout: float = 0.3
    input_dropout: float = 0.3


class Method(contract.Method):
    """Encoders, bounded factors, their products, and a layer that reads the products."""

    def __init__(self, n_vars: dict[str, int], params: Params, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        self.n_latent = params.n_latent
        self.order, n_factors = extent(len(n_vars), params.n_factors, params.n_products)
        self.encoders = Encoders(streams, n_vars, [params.n_hidden], params.dropout, params.input_dropout)
        self.factors = nn.ModuleDict({name: Linear(streams, params.n_hidden, n_factors) for name in n_vars})
        self.read = MLP(streams, n_entries(len(n_vars), n_factors, self.order), [params.n_latent], params.dropout, params.dropout)

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        encoded = self.encoders(x, seen)
        # bounded, so that products are; a modality that is not seen has none, for the factors have biases
        factors = [torch.tanh(self.factors[name](h)) * seen[name].unsqueeze(-1) for name, h in encoded.items()]
        return self.read(products(torch.stack(factors, dim=2), self.order))


def products(factors: Tensor, order: int) -> Tensor:
    """All products of factors of up to `order` different modalities (..., n_entries), of factors (..., n_modalities, n_factors).

    Each order is made of the one below by one more factor, of a modality that comes later. The constant is left out: it is the bias
    of the layer that reads.
    """
    n_modalities = factors.shape[-2]
    below: list[tuple[int, ...]] = [(place,) for place in range(n_modalities)]
    entries = [factors]
    for size in range(2, order + 1):
        now: list[tuple[int, ...]] = list(combinations(range(n_modalities), size))
        parents = [below.index(places[:-1]) for places in now]
        last = factors[..., [places[-1] for places in now], :]
        entries.append((entries[-1][..., parents, :].unsqueeze(-1) * last.unsqueeze(-2)).flatten(-2))
        below = now
    return torch.cat([part.flatten(-2) for part in entries], dim=-1)


def n_entries(n_modalities: int, n_factors: int, order: int) -> int:
    """Number of products of up to `order` different modalities."""
    return sum(comb(n_modalities, size) * n_factors**size for size in range(1, order + 1))


def extent(n_modalities: int, n_factors: int, most: int) -> tuple[int, int]:
    """How many modalities a product joins at most, and the factors per modality, so that no more than `most` products come.

    At least pairs are joined and at least one factor is left, whatever `most` says.
    """
    lowest = min(2, n_modalities)
    order = max((order for order in range(lowest, n_modalities + 1) if n_entries(n_modalities, n_factors, order) <= most), default=lowest)
    while n_factors > 1 and n_entries(n_modalities, n_factors, order) > most:
        n_factors -= 1
    return order, n_factors
