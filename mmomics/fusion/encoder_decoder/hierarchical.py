"""Hierarchical feature fusion: modalities are encoded layer by layer and merged at every depth.

Intermediate fusion as in Zhao, Zhang & Geng 2024, section 3 (doi:10.1145/3649447); the merge at a depth is a sum, a product, a
concatenation or a low-rank cross product (Kim et al. 2017, arXiv:1610.04325) of the modalities' encodings at that depth.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmomics.errors import UserError
from mmomics.fusion import contract
from mmomics.nn.encoders import mean_seen
from mmomics.nn.layers import MLP, Linear
from mmomics.nn.streams import Streams

MERGES = ("addition", "multiplication", "concatenation", "cross_product")


@dataclass
class Params(contract.Params):
    """Settings of `hierarchical`."""

    merge: str = "concatenation"  # addition, multiplication, concatenation or cross_product
    n_hidden: int = 32
    n_layers: int = 2
    dropout: float = 0.3
    input_dropout: float = 0.3


class Method(contract.Method):
    """A trunk that takes in the merged encodings of every depth."""

    def __init__(self, n_vars: dict[str, int], params: Params, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        if params.merge not in MERGES:
            raise UserError("hierarchical: merge", f"'{params.merge}' is unknown", f"choose one of: {', '.join(MERGES)}")
        width = self.n_latent = params.n_hidden
        n_merged = width * len(n_vars) if params.merge == "concatenation" else width
        self.depths = nn.ModuleList()
        for depth in range(params.n_layers):
            encoders = nn.ModuleDict()
            for name, size in n_vars.items():
                first = depth == 0
                encoders[name] = MLP(streams, size if first else width, [width], params.dropout, params.input_dropout if first else 0.0)
            trunk = MLP(streams, n_merged + (width if depth else 0), [width], params.dropout)
            projections = nn.ModuleDict({name: Linear(streams, width, width) for name in n_vars} if params.merge == "cross_product" else {})
            self.depths.append(nn.ModuleDict({"encoders": encoders, "trunk": trunk, "projections": projections}))

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        h, trunk = x, None
        for depth in self.depths:
            h = {name: encoder(h[name]) * seen[name].unsqueeze(-1) for name, encoder in depth["encoders"].items()}
            merged = self._merge(h, seen, depth["projections"])
            trunk = depth["trunk"](merged if trunk is None else torch.cat([merged, trunk], dim=-1))
        assert trunk is not None
        return trunk

    def _merge(self, h: dict[str, Tensor], seen: dict[str, Tensor], projections: nn.ModuleDict) -> Tensor:
        if self.params.merge == "concatenation":
            return torch.cat(list(h.values()), dim=-1)
        if self.params.merge == "addition":
            return mean_seen(h, seen)
        # a product over what is seen: a missing modality is the neutral element
        factors = {name: projections[name](value) if projections else value for name, value in h.items()}
        product = torch.ones_like(next(iter(h.values())))
        for name, factor in factors.items():
            product = product * torch.where(seen[name].unsqueeze(-1), torch.tanh(factor) if projections else 1 + factor, 1.0)
        return product
