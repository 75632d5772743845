"""Hierarchical feature fusion: modalities are encoded layer by layer and merged at every depth.

Intermediate fusion as in Zhao, Zhang & Geng 2024, section 3 (doi:10.1145/3649447); the merge at a depth is a mean, a product, a
concatenation or a low-rank cross product of the modalities' encodings at that depth. The cross product is that of Kim et al. 2017
(arXiv:1610.04325) of every two modalities, beside the mean: a product of all would fade with their number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Literal

import torch
from torch import Tensor, nn

from mmomics.fusion import contract
from mmomics.nn.encoders import Encoders, mean_seen
from mmomics.nn.layers import MLP, Linear
from mmomics.nn.streams import Streams

SUBCLASS = "hierarchical feature fusion"
SPACE = {
    "merge": ["addition", "multiplication", "concatenation", "cross_product"],
    "n_hidden": [16, 32, 64],
    "n_layers": [1, 2, 3],
    "dropout": [0.1, 0.3, 0.5],
}
LIMITS = {"n_layers": (1, 6)}  # of more, plain layers pass on next to nothing


@dataclass
class Params(contract.Params):
    """Settings of `hierarchical`."""

    merge: Literal["addition", "multiplication", "concatenation", "cross_product"] = "concatenation"
    n_hidden: int = 32
    n_layers: int = 2
    dropout: float = 0.3
    input_dropout: float = 0.3


class Method(contract.Method):
    """A trunk that takes in the merged encodings of every depth."""

    def __init__(self, n_vars: dict[str, int], params: Params, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        width = self.n_latent = params.n_hidden
        n_merged = width * {"concatenation": len(n_vars), "cross_product": 2}.get(params.merge, 1)
        self.encoders, self.trunks, self.projections = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for depth in range(params.n_layers):
            sizes = dict.fromkeys(n_vars, width) if depth else n_vars
            self.encoders.append(Encoders(streams, sizes, [width], params.dropout, 0.0 if depth else params.input_dropout))
            self.trunks.append(MLP(streams, n_merged + (width if depth else 0), [width], params.dropout))
            projected = n_vars if params.merge == "cross_product" else {}
            self.projections.append(nn.ModuleDict({name: Linear(streams, width, width) for name in projected}))

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        h = x
        below: list[Tensor] = []  # the trunk so far
        for encoders, trunk, projections in zip(self.encoders, self.trunks, self.projections, strict=True):
            h = encoders(h, seen)
            below = [trunk(torch.cat([self._merge(h, seen, projections), *below], dim=-1))]
        return below[0]

    def _merge(self, h: dict[str, Tensor], seen: dict[str, Tensor], projections: nn.Module) -> Tensor:
        if self.params.merge == "concatenation":
            return torch.cat(list(h.values()), dim=-1)
        if self.params.merge == "addition":
            return mean_seen(h, seen)
        if self.params.merge == "multiplication":
            return product(h, seen)
        projected = dict(projections.named_children())
        return torch.cat([mean_seen(h, seen), pairs({name: projected[name](value) for name, value in h.items()}, seen)], dim=-1)


def product(h: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
    """Product less one (n_members, n_obs, n_features) of factors that are bounded around one, as in `low_rank_tensor`.

    A modality that is not seen is the neutral element, and a row without any has zeros.
    """
    reach = len(h) ** -0.5
    return reduce(torch.mul, (1 + reach * torch.tanh(value) * seen[name].unsqueeze(-1) for name, value in h.items())) - 1


def pairs(h: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
    """Sum of the products of two modalities' bounded values (n_members, n_obs, n_features), of the same spread however many there are.

    All pairs at once, as in factorisation machines: the square of the sum less the sum of squares (Rendle 2010, doi:10.1109/ICDM.2010.127).
    A modality that is not seen is in no pair.
    """
    values = torch.stack([torch.tanh(value) * seen[name].unsqueeze(-1) for name, value in h.items()])
    n_pairs = max(len(h) * (len(h) - 1) // 2, 1)
    return (values.sum(0).square() - values.square().sum(0)) / 2 / n_pairs**0.5
