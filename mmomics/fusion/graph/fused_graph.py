"""Fused graph of subjects, inductive: a subject is linked to its nearest training subjects over all modalities that both have.

One similarity per modality, fused with learned trust into one graph (after similarity network fusion, Wang et al. 2014,
doi:10.1038/nmeth.2810), then graph convolution with sampled neighbours (GraphSAGE, Hamilton et al. 2017, arXiv:1706.02216). The
nodes of the graph are training subjects, the anchors; a new subject is attached to them and never shapes the graph. At most
`n_anchors` are kept, so cost is linear in the subjects. The anchors' standardised features are part of the bundle. Windows of a
signal are encoded but link nobody: the distance between samples without a common phase says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmomics.fusion import contract
from mmomics.nn.encoders import Encoders, mean_seen
from mmomics.nn.layers import MLP
from mmomics.nn.sizes import windows_of
from mmomics.nn.streams import Streams

N_AXES = 32  # principal axes of a modality in which distances are taken
SAME = 1e-4  # squared distance, in units of the mean, below which two rows are one subject
FAR = -1e4  # logit of a pair without a common modality, or of a subject with itself


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
        self.encoders = Encoders(streams, n_vars, [width], params.dropout, params.input_dropout)
        self.trust = nn.Parameter(torch.zeros(len(streams), len(n_vars), device=streams.device))
        self.layers = nn.ModuleList([MLP(streams, 2 * width, [width], params.dropout) for _ in range(params.n_layers)])
        for name, size in n_vars.items():
            self.register_buffer(f"anchor_{name}", torch.zeros(len(streams), params.n_anchors, size))
            self.register_buffer(f"anchor_seen_{name}", torch.zeros(len(streams), params.n_anchors, dtype=torch.bool))
        for name, size in self.linking.items():
            axes = min(N_AXES, size)
            self.register_buffer(f"axes_{name}", torch.zeros(len(streams), size, axes))
            self.register_buffer(f"unit_{name}", torch.ones(len(streams), 1, 1))

    @property
    def linking(self) -> dict[str, int]:
        """The modalities in which subjects can be near each other, and their number of features."""
        windows = windows_of(self.n_vars)
        return {name: size for name, size in self.n_vars.items() if name not in windows}

    def attach(self, anchors: contract.Anchors) -> None:
        x, seen = anchors.x, anchors.seen
        for name in self.n_vars:
            setattr(self, f"anchor_{name}", x[name])
            setattr(self, f"anchor_seen_{name}", seen[name])
        for name, size in self.linking.items():
            # rows are centred and zero where not seen; the Gram matrix is n x n, not p x p
            values, vectors = torch.linalg.eigh(x[name] @ x[name].transpose(1, 2))
            n_axes = min(N_AXES, size, x[name].shape[1])
            values, vectors = values[:, None, -n_axes:], vectors[..., -n_axes:]
            kept = values > 1e-4 * values[..., -1:]
            axes = torch.where(kept, x[name].transpose(1, 2) @ vectors / values.clamp_min(1e-12).sqrt(), 0.0)
            spread = (x[name] @ axes).square().sum((1, 2)) / seen[name].sum(1).clamp_min(1)
            setattr(self, f"axes_{name}", axes)
            setattr(self, f"unit_{name}", spread.clamp_min(1e-6)[:, None, None])

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        anchors = {name: getattr(self, f"anchor_{name}") for name in self.n_vars}
        anchors_seen = {name: getattr(self, f"anchor_seen_{name}") for name in self.n_vars}
        n_neighbors = self.params.n_neighbors
        if self.training and self.n_anchors > self.params.n_sampled:
            pick = self.streams.permutation(_real(anchors_seen), self.params.n_sampled)
            anchors = {name: rows.gather(1, pick.unsqueeze(-1).expand(-1, -1, rows.shape[-1])) for name, rows in anchors.items()}
            anchors_seen = {name: flags.gather(1, pick) for name, flags in anchors_seen.items()}
            n_neighbors = max(3, round(n_neighbors * self.params.n_sampled / self.n_anchors))  # the same reach among fewer
        links = self._links(x, seen, anchors, anchors_seen, n_neighbors)
        among = self._links(anchors, anchors_seen, anchors, anchors_seen, n_neighbors)
        rows = mean_seen(self.encoders(x, seen), seen)
        nodes = mean_seen(self.encoders(anchors, anchors_seen), anchors_seen)
        for layer in self.layers:  # (n_members, n_obs, n_anchors) @ (n_members, n_anchors, width)
            rows, nodes = (
                rows + layer(torch.cat([rows, links @ nodes], dim=-1)),
                nodes + layer(torch.cat([nodes, among @ nodes], dim=-1)),
            )
        return rows

    def _links(
        self, x: dict[str, Tensor], seen: dict[str, Tensor], anchors: dict[str, Tensor], anchors_seen: dict[str, Tensor], n_neighbors: int
    ) -> Tensor:
        """Weights of every row's nearest anchors (n_members, n_obs, n_anchors), rows sum to 1 (0 if nothing is in common)."""
        trust = torch.softmax(self.trust, dim=-1)
        n_members, n_obs, n_anchors = len(trust), len(next(iter(x.values()))[0]), next(iter(anchors.values())).shape[1]
        score = total = torch.zeros(n_members, n_obs, n_anchors, device=trust.device)
        same = torch.ones_like(score, dtype=torch.bool)
        for position, name in enumerate(self.n_vars):
            if name not in self.linking:
                continue
            axes, unit = getattr(self, f"axes_{name}"), getattr(self, f"unit_{name}")
            distance = _squared_distance(x[name] @ axes, anchors[name] @ axes) / unit
            both = (seen[name].unsqueeze(2) & anchors_seen[name].unsqueeze(1)) * trust[:, position, None, None]
            score, total = score - both * distance, total + both
            same = same & (distance < SAME)  # a training subject must not lean on itself: a new one cannot
        comparable = (total > 0) & ~same
        score = (score / total.clamp_min(1e-6) * 8.0).masked_fill(~comparable, FAR)
        nearest = score.topk(min(n_neighbors, score.shape[-1]), dim=-1).indices
        keep = torch.zeros_like(score, dtype=torch.bool).scatter(-1, nearest, True) & comparable
        return F.softmax(score.masked_fill(~keep, FAR), dim=-1) * keep


def _real(anchors_seen: dict[str, Tensor]) -> list[Tensor]:
    """Positions of each member's anchors that are subjects, not filling."""
    measured = torch.stack(list(anchors_seen.values())).any(0)
    return [torch.nonzero(row)[:, 0].cpu() for row in measured]


def _squared_distance(a: Tensor, b: Tensor) -> Tensor:
    """Between rows (n_members, n_a, n_axes) and (n_members, n_b, n_axes): (n_members, n_a, n_b); smooth at zero, as gradients need."""
    return (a.square().sum(-1)[:, :, None] + b.square().sum(-1)[:, None, :] - 2 * a @ b.transpose(1, 2)).clamp_min(0.0)
