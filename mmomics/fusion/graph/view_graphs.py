"""One graph of subjects per modality, fused in the space of labels: MOGONET's idea (Wang et al. 2021, doi:10.1038/s41467-021-23774-w).

Each modality links a subject to the nearest training subjects that have it, convolves over them, and says how much it holds for each of
a few soft labels; views that agree count through the products of what they say. Two things differ from the original. It is inductive:
the nodes are training subjects (`nn.anchors`), a new subject is attached to them, and no test row shapes a graph. And products are taken
between two mixtures of all views, a low-rank form of all pairs (Kim et al. 2017, arXiv:1610.04325), where a cross product of all views
would grow with a power of their number. Bundles hold the standardised features of the training subjects that are nodes, `n_anchors` for
each member at most. Windows of a signal are a view without a graph.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmomics.fusion import contract
from mmomics.nn.anchors import Anchors, Subjects, links
from mmomics.nn.encoders import Encoders, mean_seen
from mmomics.nn.layers import MLP, Linear
from mmomics.nn.streams import Streams

SUBCLASS = "graphs built separately"
SPACE = {"n_hidden": [16, 32], "n_layers": [1, 2], "n_neighbors": [5, 10, 20], "n_labels": [2, 4, 8], "dropout": [0.1, 0.3, 0.5]}
LIMITS = {"n_layers": (1, 16)}


@dataclass
class Params(contract.Params):
    """Settings of `view_graphs`."""

    n_hidden: int = 16
    n_latent: int = 16
    n_layers: int = 1
    n_labels: int = 4  # soft labels that every view speaks in
    n_neighbors: int = 10
    n_anchors: int = 256
    n_sampled: int = 64  # anchors looked at per training step
    dropout: float = 0.3
    input_dropout: float = 0.3


class Method(contract.Method):
    """Encoders and graph convolutions per modality, soft labels of each, their mean and their products."""

    def __init__(self, n_vars: dict[str, int], params: Params, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        width, self.n_latent, self.n_anchors = params.n_hidden, params.n_latent, params.n_anchors
        self.anchors = Anchors(streams, n_vars, params.n_anchors, params.n_sampled, params.n_neighbors)
        self.encoders = Encoders(streams, n_vars, [width], params.dropout, params.input_dropout)
        self.layers = nn.ModuleDict(
            {name: nn.ModuleList([MLP(streams, 2 * width, [width], params.dropout) for _ in range(params.n_layers)]) for name in n_vars}
        )
        self.labels = nn.ModuleDict({name: Linear(streams, width, params.n_labels) for name in n_vars})
        self.sides = nn.ModuleDict({name: Linear(streams, params.n_labels, 2 * params.n_latent, bias=False) for name in n_vars})
        self.mix = MLP(streams, 2 * params.n_latent, [params.n_latent], params.dropout)

    def attach(self, anchors: contract.Anchors) -> None:
        self.anchors.keep(anchors.x, anchors.seen)

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        subjects, (anchors, n_neighbors) = (x, seen), self.anchors.nodes()
        near = self._links(subjects, anchors, n_neighbors)
        among = self._links(anchors, anchors, n_neighbors) if self.params.n_layers > 1 else near
        rows, nodes = self.encoders(*subjects), self.encoders(*anchors)
        said = {name: self._said(name, (rows[name], nodes[name]), near, among) for name in self.n_vars}
        one, other = mean_seen({name: self.sides[name](labels) for name, labels in said.items()}, seen).chunk(2, dim=-1)
        return self.mix(torch.cat([one, one * other], dim=-1))

    def _said(self, name: str, encoded: tuple[Tensor, Tensor], near: dict[str, Tensor], among: dict[str, Tensor]) -> Tensor:
        """How much a view holds for each soft label (n_members, n_obs, n_labels), from -1 to 1."""
        rows, nodes = encoded
        if name in near:
            *below, last = self.layers[name].children()
            for layer in below:
                rows, nodes = (
                    rows + layer(torch.cat([rows, near[name] @ nodes], dim=-1)),
                    nodes + layer(torch.cat([nodes, among[name] @ nodes], dim=-1)),
                )
            rows = rows + last(torch.cat([rows, near[name] @ nodes], dim=-1))
        return torch.tanh(self.labels[name](rows))

    def _links(self, subjects: Subjects, anchors: Subjects, n_neighbors: Tensor) -> dict[str, Tensor]:
        distance, comparable = self.anchors.apart(subjects, anchors)
        return {name: links(distance[name], comparable[name], n_neighbors) for name in distance}
