"""Self-attention within each modality, over groups of its features: pathways, blocks of correlated features, stretches of a signal.

Every group is one token, so that attention costs the square of the groups, not of the features (Zhao, Zhang & Geng 2024,
doi:10.1145/3649447; pathways as tokens: Chen et al. 2023, doi:10.1038/s41467-023-35923-4). Groups read each other within their
modality alone and are pooled by learned weights, and what is seen is mixed. With `pathways`, a GMT file, up to three
quarters of a modality's groups are the gene sets that cover most of its features; the features in none of them, and all features
without such a file, fall into blocks of correlated ones, learned from training rows (see `nn.blocks`). Groups hold numbers of
features and no subject.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmomics.errors import UserError, listed
from mmomics.fusion import contract
from mmomics.nn.attention import Attention
from mmomics.nn.blocks import correlation_blocks
from mmomics.nn.encoders import mean_seen
from mmomics.nn.layers import MLP, Dropout, LayerNorm, Linear
from mmomics.nn.signals import N_FILTERS, SignalEncoder
from mmomics.nn.sizes import windows_of
from mmomics.nn.streams import Streams
from mmomics.priors import gene_sets

SUBCLASS = "intra-modality"
FILES = ["pathways"]
SPACE = {"n_hidden": [16, 32], "n_groups": [4, 8, 16], "n_layers": [1, 2], "dropout": [0.1, 0.3, 0.5]}
FEWEST, LARGEST = 3, 0.5  # features in a pathway, and the share of a modality's features above which it is none
FAR = -1e4  # logit of a group that holds nothing
PATHWAYS = 0.75  # of the groups at most: the rest is for features that stand in no pathway


@dataclass
class Params(contract.Params):
    """Settings of `self_attention`."""

    n_hidden: int = 16
    n_groups: int = 8  # per modality; attention costs their square
    n_layers: int = 1
    n_heads: int = 1
    pathways: str = ""  # a GMT file, compressed or not; blocks of correlated features without
    n_anchors: int = 256  # training rows from which blocks are learned
    dropout: float = 0.3
    input_dropout: float = 0.3


class Method(contract.Method):
    """Tokens of feature groups, attention within the modality, a weighted mean of the groups, a mix of what is seen."""

    def __init__(self, n_vars: dict[str, int], params: Params, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        width = self.n_latent = params.n_hidden
        self.n_anchors = params.n_anchors
        windows = windows_of(n_vars)
        self.groups = nn.ModuleDict(
            {
                name: Stretches(streams, windows[name], (params.n_groups, width), params.input_dropout)
                if name in windows
                else Groups(streams, size, (params.n_groups, width), params.input_dropout)
                for name, size in n_vars.items()
            }
        )
        self.place = nn.Parameter(streams.normal(len(n_vars), params.n_groups, width))
        self.layers = nn.ModuleList([Attention(streams, width, params.n_heads) for _ in range(params.n_layers)])
        self.norms = nn.ModuleList([LayerNorm(streams, width) for _ in range(params.n_layers)])
        self.reader = Linear(streams, width, 1)
        self.drop = Dropout(streams, params.dropout)
        self.mix = MLP(streams, width, [width], params.dropout)

    def attach(self, anchors: contract.Anchors) -> None:
        sets = gene_sets.read(self.params.pathways) if self.params.pathways else {}
        found = 0
        for name, groups in self.groups.items():
            if not isinstance(groups, Groups):
                continue
            noise = self.streams.uniform(self.params.n_groups)
            members = []
            unnamed = [("",) * self.n_vars[name]] * len(self.streams)
            for member, names in enumerate(anchors.features.get(name, unnamed)):
                pathways = _covering(gene_sets.members(sets, names), len(names), int(PATHWAYS * self.params.n_groups)) if sets else []
                found += len(pathways)
                rest = torch.tensor(sorted(set(range(len(names))).difference(*pathways)), dtype=torch.long)
                n_blocks = min(self.params.n_groups - len(pathways), len(rest))
                if n_blocks:
                    block = correlation_blocks(anchors.x[name][member][:, rest].cpu(), noise[member, :n_blocks].cpu())
                    pathways = pathways + [tuple(rest[block == place].tolist()) for place in range(n_blocks)]
                members.append(pathways)
            groups.keep(members)
        if sets and not found:
            some = listed(names for by_member in anchors.features.values() for names in by_member[0][:2])
            problem = f"no set holds {FEWEST} features of any modality, of which none is most of it"
            raise UserError(self.params.pathways, problem, f"give sets of features that are called like {some}")

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        parts = [groups(x[name] * seen[name].unsqueeze(-1)) for name, groups in self.groups.items()]
        tokens = torch.stack([token for token, _ in parts], dim=2) + self.place.unsqueeze(1)  # (members, obs, modalities, groups, width)
        visible = torch.stack([there for _, there in parts], dim=1).unsqueeze(1).expand(*tokens.shape[:-1])
        n_obs, n_modalities = tokens.shape[1:3]
        tokens, visible = F.gelu(tokens).flatten(1, 2), visible.flatten(1, 2)  # a subject's modalities read like subjects of their own
        for norm, attention in zip(self.norms, self.layers, strict=True):
            normed = norm(tokens)
            tokens = tokens + attention(normed, normed, visible)
        share = torch.softmax(self.reader(tokens).squeeze(-1).masked_fill(~visible, FAR), dim=-1)  # (members, obs * modalities, groups)
        read = self.drop((share.unsqueeze(-2) @ tokens).squeeze(-2)).unflatten(1, (n_obs, n_modalities))
        return self.mix(mean_seen(dict(zip(self.groups, read.unbind(2), strict=True)), seen))


class Groups(nn.Module):
    """A token per group of features: their weighted sum, each feature's weights its own in every group that it is in.

    Called with features (n_members, n_obs, n_vars); returns tokens (n_members, n_obs, n_groups, width) and which groups hold
    anything (n_members, n_groups).
    """

    place: Tensor  # (n_members, n_groups, most): features of each group, filled up with the first
    share: Tensor  # (n_members, n_groups, most): one over the root of the group's size, 0 for filling

    def __init__(self, streams: Streams, n_vars: int, shape: tuple[int, int], input_dropout: float) -> None:
        super().__init__()
        n_groups, width = shape
        self.weight = nn.Parameter(streams.normal(n_vars, width))
        self.drop = Dropout(streams, input_dropout)
        self.register_buffer("place", torch.zeros(len(streams), n_groups, 1, dtype=torch.long, device=streams.device))
        self.register_buffer("share", torch.zeros(len(streams), n_groups, 1, device=streams.device))

    def keep(self, members: list[list[tuple[int, ...]]]) -> None:
        """Take for each member the features of its groups; those beyond its last are empty."""
        most = max([1, *(len(group) for groups in members for group in groups)])
        place = torch.zeros(len(members), self.place.shape[1], most, dtype=torch.long)
        share = torch.zeros(place.shape)
        for member, groups in enumerate(members):
            for number, group in enumerate(groups):
                place[member, number, : len(group)] = torch.tensor(group, dtype=torch.long)
                share[member, number, : len(group)] = max(len(group), 1) ** -0.5
        self.place, self.share = place.to(self.place.device), share.to(self.share.device)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        n_groups, most = self.place.shape[1:]
        flat = self.place.flatten(1)
        values = self.drop(x).gather(2, flat.unsqueeze(1).expand(-1, x.shape[1], -1)).unflatten(2, (n_groups, most)).transpose(1, 2)
        weight = self.weight.gather(1, flat.unsqueeze(-1).expand(-1, -1, self.weight.shape[-1])).unflatten(1, (n_groups, most))
        tokens = (values @ (weight * self.share.unsqueeze(-1))).transpose(1, 2)
        return tokens, self.share.amax(-1) > 0


class Stretches(nn.Module):
    """A token per stretch of a signal's window; called and answering as `Groups`."""

    def __init__(self, streams: Streams, shape: tuple[int, int], tokens: tuple[int, int], input_dropout: float) -> None:
        super().__init__()
        self.n_groups, width = tokens
        self.encoder = SignalEncoder(streams, shape, [], 0.0, input_dropout)
        self.project = Linear(streams, 2 * N_FILTERS, width)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        tokens = self.project(self.encoder.stretches(x, self.n_groups))
        return tokens, torch.ones(len(x), self.n_groups, dtype=torch.bool, device=x.device)


def _covering(held: dict[str, tuple[int, ...]], n_vars: int, most: int) -> list[tuple[int, ...]]:
    """Up to `most` sets that cover many features: each the one that adds most for its size to those before it, ties by name."""
    left = {name: set(places) for name, places in sorted(held.items()) if FEWEST <= len(places) <= LARGEST * n_vars}
    size = {name: len(places) for name, places in left.items()}
    chosen: list[tuple[int, ...]] = []
    while left and len(chosen) < most:
        name = max(left, key=lambda name: len(left[name]) / size[name] ** 0.5)
        new = left.pop(name)
        chosen.append(held[name])
        left = {other: places - new for other, places in left.items() if len(places - new) >= FEWEST}
    return chosen
