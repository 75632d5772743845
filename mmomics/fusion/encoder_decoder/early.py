"""Raw-data-level fusion: all modalities side by side in one network, each brought to an equal say first.

Early fusion as in Zhao, Zhang & Geng 2024, section 3 (doi:10.1145/3649447). Features of a modality are divided by the root of how
many there are (as in multiple factor analysis, Escofier & Pages 1994, doi:10.1016/0167-9473(94)90135-X, where modalities enter with
equal inertia), so that thousands of them do not drown ten; a gate per modality is learned. What is not seen is zero, and an indicator
says so. A linear decoder reconstructs whatever was measured, hidden by modality dropout or not: with more features than subjects the
first layer learns what goes together, also from subjects without outcome. Windows of a signal have no raw sample that means the same
in two subjects; their encoding stands in for them, and they are not reconstructed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmomics.fusion import contract
from mmomics.nn.encoders import Encoders, stack_seen
from mmomics.nn.layers import MLP, Dropout, Linear
from mmomics.nn.sizes import Sizes, windows_of
from mmomics.nn.streams import Streams

SUBCLASS = "raw-data-level fusion"
SPACE = {"n_hidden": [16, 32, 64], "n_layers": [1, 2], "dropout": [0.1, 0.3, 0.5], "reconstruction": [0.0, 0.1, 0.3]}
LIMITS = {"n_layers": (1, 6)}  # of more, plain layers pass on next to nothing


@dataclass
class Params(contract.Params):
    """Settings of `early`."""

    n_hidden: int = 32
    n_layers: int = 2
    dropout: float = 0.3
    input_dropout: float = 0.3
    reconstruction: float = 0.1  # weight of the misfit of what is reconstructed beside the outcome's loss


class Method(contract.Method):
    """One network over all features, and a linear decoder."""

    def __init__(self, n_vars: dict[str, int], params: Params, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        width = self.n_latent = params.n_hidden
        windows = windows_of(n_vars)
        self.signals = Encoders(streams, Sizes({name: n_vars[name] for name in windows}, windows), [width], params.dropout)
        self.raw = [name for name in n_vars if name not in windows]
        sizes = {name: width if name in windows else size for name, size in n_vars.items()}
        # all modalities together have the spread that a layer of so many inputs expects
        self.weight = {name: math.sqrt(sum(sizes.values()) / (len(sizes) * size)) for name, size in sizes.items()}
        self.log_gate = nn.Parameter(torch.zeros(len(streams), 1, len(n_vars), device=streams.device))
        self.drop = Dropout(streams, params.input_dropout)
        self.trunk = MLP(streams, sum(sizes.values()) + len(n_vars), [width] * params.n_layers, params.dropout)
        self.decoder = Linear(streams, width, max(sum(n_vars[name] for name in self.raw), 1))

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        signals = {name: x[name] for name in self.n_vars if name not in self.raw}
        values = {**x, **self.signals(signals, seen)}
        there = stack_seen(seen, self.n_vars)  # (n_members, n_obs, n_modalities)
        say = torch.exp(self.log_gate) * there
        parts = [values[name] * (say[..., place, None] * self.weight[name]) for place, name in enumerate(self.n_vars)]
        return self.trunk(torch.cat([self.drop(torch.cat(parts, dim=-1)), (~there).to(say.dtype)], dim=-1))

    def step(self, x: dict[str, Tensor], seen: dict[str, Tensor], shown: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        z = self.encode(x, shown)
        if not self.raw or self.params.reconstruction == 0:
            return z, {}
        sizes = [self.n_vars[name] for name in self.raw]
        misfit = z.new_zeros(len(z))
        for name, found in zip(self.raw, self.decoder(z).split(sizes, dim=-1), strict=True):
            error = (found - x[name]).square().mean(-1) * seen[name]  # (n_members, n_obs)
            misfit = misfit + error.sum(-1) / seen[name].sum(-1).clamp_min(1)
        return z, {"reconstruction": self.params.reconstruction * misfit / len(self.raw)}
