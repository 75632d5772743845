"""Fused graph of subjects, inductive: a subject is linked to its nearest training subjects over all modalities that both have.

One similarity per modality, fused with learned trust into one graph (after similarity network fusion, Wang et al. 2014,
doi:10.1038/nmeth.2810), then graph convolution with sampled neighbours (GraphSAGE, Hamilton et al. 2017, arXiv:1706.02216). The
nodes of the graph are training subjects (`nn.anchors`): a new subject is attached to them and never shapes the graph. Bundles hold the
standardised features of these subjects, `n_anchors` for each member at most. Windows of a signal are encoded but link nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmomics.fusion import contract
from mmomics.nn.anchors import Anchors, Subjects, links
from mmomics.nn.encoders import Encoders, mean_seen
from mmomics.nn.layers import MLP
from mmomics.nn.streams import Streams

SUBCLASS = "fused graph construction"
SPACE = {"n_hidden": [16, 32, 64], "n_layers": [1, 2], "n_neighbors": [5, 10, 20], "dropout": [0.1, 0.3, 0.5]}
LIMITS = {"n_layers": (1, 16)}


@dataclass
class Params(contract.Params):
    """Settings of `fused_graph`."""

    n_hidden: int = 32
    n_layers: int = 2
    n_neighbors: int = 10
    n_anchors: int = 256
    n_sampled: int = 96  # anchors looked at per training step
    dropout: float = 0.3
    input_dropout: float = 0.3


class Method(contract.Method):
    """Encoders, a learned fusion of per-modality similarities, and graph convolutions from anchors to rows."""

    def __init__(self, n_vars: dict[str, int], params: Params, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        width = self.n_latent = params.n_hidden
        self.n_anchors = params.n_anchors
        self.anchors = Anchors(streams, n_vars, params.n_anchors, params.n_sampled, params.n_neighbors)
        self.encoders = Encoders(streams, n_vars, [width], params.dropout, params.input_dropout)
        self.trust = nn.Parameter(torch.zeros(len(streams), len(n_vars), device=streams.device))
        self.layers = nn.ModuleList([MLP(streams, 2 * width, [width], params.dropout) for _ in range(params.n_layers)])

    def attach(self, anchors: contract.Anchors) -> None:
        self.anchors.keep(anchors.x, anchors.seen)

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        subjects, (anchors, n_neighbors) = (x, seen), self.anchors.nodes()
        near = self._links(subjects, anchors, n_neighbors)
        rows, nodes = (mean_seen(self.encoders(*each), each[1]) for each in (subjects, anchors))
        *below, last = self.layers  # (n_members, n_obs, n_anchors) @ (n_members, n_anchors, width)
        among = self._links(anchors, anchors, n_neighbors) if below else near
        for layer in below:
            rows, nodes = (
                rows + layer(torch.cat([rows, near @ nodes], dim=-1)),
                nodes + layer(torch.cat([nodes, among @ nodes], dim=-1)),
            )
        return rows + last(torch.cat([rows, near @ nodes], dim=-1))

    def _links(self, subjects: Subjects, anchors: Subjects, n_neighbors: Tensor) -> Tensor:
        """Weights of every row's nearest anchors (n_members, n_obs, n_anchors) over the modalities that both have."""
        distance, comparable = self.anchors.apart(subjects, anchors)
        if not distance:
            n_obs, n_nodes = (next(iter(flags.values())).shape[1] for _, flags in (subjects, anchors))
            return self.trust.new_zeros(len(self.trust), n_obs, n_nodes)
        trust = torch.softmax(self.trust, dim=-1)
        share = {name: comparable[name] * trust[:, list(self.n_vars).index(name), None, None] for name in distance}
        total = torch.stack(list(share.values())).sum(0)
        fused = torch.stack([share[name] * distance[name] for name in distance]).sum(0) / total.clamp_min(1e-6)
        return links(fused, total > 0, n_neighbors)
