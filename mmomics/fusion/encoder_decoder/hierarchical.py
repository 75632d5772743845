"""Hierarchical feature fusion: modalities are encoded layer by layer and merged at every depth.

Intermediate fusion as in Zhao, Zhang & Geng 2024, section 3 (doi:10.1145/3649447); the merge at a depth is a sum, a product, a
concatenation or a low-rank cross product (Kim et al. 2017, arXiv:1610.04325) of the modalities' encodings at that depth.
"""

from __future__ import annotations

from dataclasses import dataclass
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
        n_merged = width * len(n_vars) if params.merge == "concatenation" else width
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
        # a product over what is seen: a missing modality is the neutral element
        projected = dict(projections.named_children())
        product = torch.ones_like(next(iter(h.values())))
        for name, value in h.items():
            factor = torch.tanh(projected[name](value)) if projected else 1 + value
            product = product * torch.where(seen[name].unsqueeze(-1), factor, 1.0)
        return product
