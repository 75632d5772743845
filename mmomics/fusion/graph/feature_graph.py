"""Graph of features: every feature listens to its neighbours in a network, how far, it learns; then modalities are encoded and mixed.

The network is prior knowledge, an edge list of genes (`network`), which also links the features of one gene across modalities; without
it, features are linked that correlate in training rows by more than chance would let the best of all pairs (the universal threshold,
Donoho & Johnstone 1994, doi:10.1093/biomet/81.3.425). Values are propagated over fixed links (simplified graph convolution, Wu et al.
2019, arXiv:1902.07153) with learned weights of the distances (generalised PageRank, Chien et al. 2021, arXiv:2006.07988), here each
feature's own. The `n_neighbors` strongest links of a feature are kept as an index, so that memory is n_vars * n_neighbors. Correlations
are of all pairs up to 4,096 features; of more, of features near the same landmarks, so that time, too, grows as the features do. Of the
training subjects nothing is kept but links and spreads.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmomics.errors import UserError, listed
from mmomics.fusion import contract
from mmomics.nn.encoders import Encoders, mean_seen
from mmomics.nn.feature_links import correlated, given, spread
from mmomics.nn.layers import MLP
from mmomics.nn.sizes import Sizes, windows_of
from mmomics.nn.streams import Streams
from mmomics.priors import network

SUBCLASS = "prior knowledge"
FILES = ["network"]
SPACE = {"n_hidden": [16, 32, 64], "n_steps": [1, 2, 3], "n_neighbors": [4, 8, 16], "dropout": [0.1, 0.3, 0.5]}


@dataclass
class Params(contract.Params):
    """Settings of `feature_graph`."""

    n_hidden: int = 32
    n_steps: int = 2  # how far along the network a feature may listen
    n_neighbors: int = 8
    network: str = ""  # an edge list, compressed or not; a network of correlations without
    n_anchors: int = 256  # training rows from which correlations are learned
    dropout: float = 0.3
    input_dropout: float = 0.3


class Method(contract.Method):
    """Propagation over a fixed network of features, encoders per modality, a mix of what is seen."""

    neighbors: Tensor  # (n_members, n_features, n_neighbors): places among the features of all modalities side by side
    weights: Tensor  # the same shape: rows sum to 1 in size, or to 0 where nothing is linked
    scale: Tensor  # (n_members, n_steps, n_features): one over the standard deviation of what a step gives

    def __init__(self, n_vars: dict[str, int], params: Params, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        width = self.n_latent = params.n_hidden
        self.n_anchors = params.n_anchors
        windows = windows_of(n_vars)
        self.linked = Sizes({name: size for name, size in n_vars.items() if name not in windows})
        n_features = sum(self.linked.values())
        shape = (len(streams), n_features, params.n_neighbors)
        self.register_buffer("neighbors", torch.zeros(shape, dtype=torch.long, device=streams.device))
        self.register_buffer("weights", torch.zeros(shape, device=streams.device))
        self.register_buffer("scale", torch.ones(len(streams), params.n_steps, n_features, device=streams.device))
        self.reach = nn.Parameter(torch.zeros(len(streams), params.n_steps + 1, n_features, device=streams.device))
        self.encoders = Encoders(streams, n_vars, [width], params.dropout, params.input_dropout)
        self.mix = MLP(streams, width, [width], params.dropout)

    def attach(self, anchors: contract.Anchors) -> None:
        if not self.linked:
            return
        prior = network.read(self.params.network) if self.params.network else None
        x = self._side_by_side(anchors.x, anchors.seen)
        seen = torch.cat([anchors.seen[name].unsqueeze(-1).expand(-1, -1, size) for name, size in self.linked.items()], dim=-1)
        found = 0
        for member in range(len(x)):
            if prior is None:
                places, weights = correlated(x[member], seen[member], self.params.n_neighbors)
            else:
                names = [anchors.features[name][member] for name in self.linked]
                filled = [(*own, *[""] * (size - len(own))) for own, size in zip(names, self.linked.values(), strict=True)]
                links = prior.links([feature for own in filled for feature in own])
                found += links.nnz
                places, weights = given(links, x[member], seen[member], self.params.n_neighbors)
            self.neighbors[member], self.weights[member] = places, weights
        if prior is not None and not found:
            some = listed(name for by_member in anchors.features.values() for name in by_member[0][:2])
            raise UserError(self.params.network, "links no two features", f"give a network of names like {some}")
        for step, values in enumerate(self._steps(x)):
            self.scale[:, step] = spread(values, seen)

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        x = dict(x)
        if self.linked:
            alone = self._side_by_side(x, seen)
            steps = [values * self.scale[:, step].unsqueeze(1) for step, values in enumerate(self._steps(alone))]
            reach = torch.softmax(self.reach, dim=1)
            heard = alone * reach[:, 0].unsqueeze(1)
            for step, values in enumerate(steps):
                heard = heard + values * reach[:, step + 1].unsqueeze(1)
            x |= dict(zip(self.linked, heard.split(list(self.linked.values()), dim=-1), strict=True))
        return self.mix(mean_seen(self.encoders(x, seen), seen))

    def _side_by_side(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        """Features of all modalities (n_members, n_obs, n_features), at their mean where not seen."""
        return torch.cat([x[name] * seen[name].unsqueeze(-1) for name in self.linked], dim=-1)

    def _steps(self, x: Tensor) -> list[Tensor]:
        """Values after one step along the network, two steps, ...: each (n_members, n_obs, n_features)."""
        n_members, _, n_features = x.shape
        offset = torch.arange(n_members, device=x.device)[:, None, None] * n_features
        places, weights = (self.neighbors + offset).flatten(0, 1), self.weights.flatten(0, 1)
        values, found = x.transpose(1, 2).flatten(0, 1), []  # (n_members * n_features, n_obs)
        for _ in range(self.params.n_steps):
            values = F.embedding_bag(places, values, per_sample_weights=weights, mode="sum")  # sums of rows, without a copy of each
            found.append(values.unflatten(0, (n_members, n_features)).transpose(1, 2))
        return found
