"""Training subjects as the nodes of a graph, and how near other subjects are to them.

The nodes are a sample of bounded size, so that cost is linear in the subjects; a new subject is attached to them and never shapes the
graph (inductive, as in GraphSAGE: Hamilton et al. 2017, arXiv:1706.02216). What is kept of the nodes are their standardised features.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmomics.nn.sizes import windows_of
from mmomics.nn.spectral import eigh
from mmomics.nn.streams import Streams

N_AXES = 32  # principal axes of a modality in which distances are taken
SAME = 1e-4  # squared distance, in units of the mean, below which two rows are one subject
FAR = -1e4  # logit of a pair without a common modality, or of a subject with itself
SHARPNESS = 8.0  # of the weights: how much more a near neighbour counts than a far one
TIE = 1e-6  # of the score: the first of nodes as near as each other
FEWEST = 3  # neighbours, however few anchors are looked at

Subjects = tuple[dict[str, Tensor], dict[str, Tensor]]  # x {modality: (n_members, n_obs, n_vars)}, seen {modality: (n_members, n_obs)}


class Anchors(nn.Module):
    """`n_anchors` training subjects per member, those of whom nothing was seen being filling.

    Parameters
    ----------
    streams : Streams
    n_vars : dict of str to int
        Windows of a signal are kept but link nobody: the distance between samples without a common phase says nothing.
    n_anchors, n_sampled, n_neighbors : int
        Kept; looked at in a training step; and the nearest of all that are kept to which a subject is linked.
    """

    def __init__(self, streams: Streams, n_vars: dict[str, int], n_anchors: int, n_sampled: int, n_neighbors: int) -> None:
        super().__init__()
        self.streams, self.names = streams, list(n_vars)
        self.n_anchors, self.n_sampled, self.n_neighbors = n_anchors, n_sampled, n_neighbors
        self.linking = [name for name in n_vars if name not in windows_of(n_vars)]
        for name, size in n_vars.items():
            self.register_buffer(f"x_{name}", torch.zeros(len(streams), n_anchors, size))
            self.register_buffer(f"seen_{name}", torch.zeros(len(streams), n_anchors, dtype=torch.bool))
        for name in self.linking:
            self.register_buffer(f"axes_{name}", torch.zeros(len(streams), n_vars[name], min(N_AXES, n_vars[name])))
            self.register_buffer(f"unit_{name}", torch.ones(len(streams), 1, 1))

    def keep(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> None:
        """Take training rows as nodes, and the axes and unit of distances from them; rows are centred, zeros where not seen."""
        for name in self.names:
            setattr(self, f"x_{name}", x[name])
            setattr(self, f"seen_{name}", seen[name])
        for name in self.linking:
            # the Gram matrix is n x n, not p x p
            values, vectors = eigh(x[name] @ x[name].transpose(1, 2))
            n_axes = min(N_AXES, *x[name].shape[1:])
            values, vectors = values[:, None, -n_axes:], vectors[..., -n_axes:]
            kept = values > 1e-4 * values[..., -1:]
            axes = torch.where(kept, x[name].transpose(1, 2) @ vectors / values.clamp_min(1e-12).sqrt(), 0.0)
            spread = (x[name] @ axes).square().sum((1, 2)) / seen[name].sum(1).clamp_min(1)
            setattr(self, f"axes_{name}", axes)
            setattr(self, f"unit_{name}", spread.clamp_min(1e-6)[:, None, None])

    def nodes(self) -> tuple[Subjects, Tensor]:
        """The anchors, in training a sample of them, and to how many of these a subject is linked (n_members,)."""
        x = {name: getattr(self, f"x_{name}") for name in self.names}
        seen = {name: getattr(self, f"seen_{name}") for name in self.names}
        measured = torch.stack(list(seen.values())).any(0)
        if not self.training or self.n_anchors <= self.n_sampled:
            reach = measured.new_full((len(measured),), self.n_neighbors, dtype=torch.long)
            if self.training:  # as many as ever, or dropout would depend on the company
                return (x, seen), reach
            used = int(measured.any(0).nonzero().max()) + 1 if measured.any() else 1  # beyond, all is filling
            return ({n: rows[:, :used] for n, rows in x.items()}, {n: flags[:, :used] for n, flags in seen.items()}), reach
        n_measured = measured.sum(1)
        # of a member for whom nobody was measured all are drawn from, unseen as they are
        real = [torch.nonzero(row if row.any() else ~row)[:, 0].cpu() for row in measured]
        pick = self.streams.permutation(real, self.n_sampled)
        first = torch.arange(self.n_sampled, device=pick.device) < n_measured[:, None]  # beyond, anchors come round again
        x = {name: rows.gather(1, pick.unsqueeze(-1).expand(-1, -1, rows.shape[-1])) for name, rows in x.items()}
        seen = {name: flags.gather(1, pick) & first for name, flags in seen.items()}
        reach = (self.n_neighbors * n_measured.clamp_max(self.n_sampled) / n_measured.clamp_min(1)).round().long()
        return (x, seen), reach.clamp(min(FEWEST, self.n_neighbors), self.n_neighbors)  # the same reach among fewer

    def apart(self, subjects: Subjects, nodes: Subjects) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Squared distance of subjects to nodes by modality (n_members, n_obs, n_nodes), in units of the mean; who may be linked.

        Nobody is linked by a modality that one of the two lacks, nor to itself: a training subject must not lean on its own outcome,
        for a new one cannot.
        """
        (x, seen), (others, others_seen) = subjects, nodes
        distance, comparable = {}, {}
        for name in self.linking:
            axes, unit = getattr(self, f"axes_{name}"), getattr(self, f"unit_{name}")
            distance[name] = _squared_distance(x[name] @ axes, others[name] @ axes) / unit
            comparable[name] = seen[name].unsqueeze(2) & others_seen[name].unsqueeze(1)
        if distance:
            other = torch.stack([value >= SAME for value in distance.values()]).any(0)
            comparable = {name: pairs & other for name, pairs in comparable.items()}
        return distance, comparable


def links(distance: Tensor, comparable: Tensor, n_neighbors: Tensor) -> Tensor:
    """Weights of every row's nearest nodes (n_members, n_obs, n_nodes): rows sum to 1, or to 0 where nothing is comparable.

    A member's rows are linked to `n_neighbors` (n_members,) nodes.
    """
    score = (distance * -SHARPNESS).masked_fill(~comparable, FAR)
    ordered = score - TIE * torch.arange(score.shape[-1], device=score.device)  # else how many nodes there are would break ties
    nearest = ordered.topk(min(int(n_neighbors.max()), score.shape[-1]), dim=-1).indices  # nearest first
    within = torch.arange(nearest.shape[-1], device=score.device) < n_neighbors[:, None, None]
    keep = torch.zeros_like(comparable).scatter(-1, nearest, within.expand_as(nearest)) & comparable
    return F.softmax(score.masked_fill(~keep, FAR), dim=-1) * keep


def _squared_distance(a: Tensor, b: Tensor) -> Tensor:
    """Between rows (n_members, n_a, n_axes) and (n_members, n_b, n_axes): (n_members, n_a, n_b); smooth at zero, as gradients need."""
    return (a.square().sum(-1)[:, :, None] + b.square().sum(-1)[:, None, :] - 2 * a @ b.transpose(1, 2)).clamp_min(0.0)
