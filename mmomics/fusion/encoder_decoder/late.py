"""Decision-level fusion: every modality decides by itself, and the decisions are combined.

Late fusion as in Zhao, Zhang & Geng 2024, section 3 (doi:10.1145/3649447). A decision is a short vector, so that it may be one about
any kind of outcome and say how sure it is. Decisions are averaged over what is seen; or weighted by how much each modality's own
encoding asks to be trusted for this subject (a softmax over what is seen: mixture of experts, Jacobs et al. 1991,
doi:10.1162/neco.1991.3.1.79); or stacked, a small network over all decisions that corrects their average (Wolpert 1992,
doi:10.1016/S0893-6080(05)80023-1). A modality that does not know can be silent in any of the three, so a weak one need not hurt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from mmomics.fusion import contract
from mmomics.nn.encoders import Encoders, mean_seen, stack_seen
from mmomics.nn.layers import MLP, Linear
from mmomics.nn.streams import Streams

SUBCLASS = "decision-level fusion"
SPACE = {"merge": ["average", "weights", "stacking"], "n_hidden": [16, 32, 64], "n_latent": [4, 8, 16], "dropout": [0.1, 0.3, 0.5]}


@dataclass
class Params(contract.Params):
    """Settings of `late`."""

    merge: Literal["average", "weights", "stacking"] = "weights"
    n_hidden: int = 32
    n_latent: int = 8  # of a decision
    dropout: float = 0.3
    input_dropout: float = 0.3


class Method(contract.Method):
    """One network per modality up to its decision; the embedding is the combined decision."""

    def __init__(self, n_vars: dict[str, int], params: Params, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        self.n_latent, n_modalities = params.n_latent, len(n_vars)
        self.encoders = Encoders(streams, n_vars, [params.n_hidden], params.dropout, params.input_dropout)
        self.decide = nn.ModuleDict({name: Linear(streams, params.n_hidden, params.n_latent) for name in n_vars})
        if params.merge == "weights":
            self.ask = nn.ModuleDict({name: Linear(streams, params.n_hidden, params.n_latent, zero=True) for name in n_vars})
        if params.merge == "stacking":
            self.hidden = MLP(streams, n_modalities * (params.n_latent + 1), [params.n_hidden], params.dropout)
            self.correct = Linear(streams, params.n_hidden, params.n_latent)

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        h = self.encoders(x, seen)
        decisions = {name: self.decide[name](value) for name, value in h.items()}
        there = stack_seen(seen, h)  # (n_members, n_obs, n_modalities)
        if self.params.merge == "weights":
            trust = torch.stack([self.ask[name](value) for name, value in h.items()], dim=-1)  # (.., n_latent, n_modalities)
            trust = torch.softmax(trust.masked_fill(~there.unsqueeze(-2), -1e4), dim=-1)
            return (torch.stack(list(decisions.values()), dim=-1) * trust).sum(-1) * there.any(-1, keepdim=True)
        average = mean_seen(decisions, seen)
        if self.params.merge == "average":
            return average
        told = [decision * seen[name].unsqueeze(-1) for name, decision in decisions.items()]
        return average + self.correct(self.hidden(torch.cat([*told, there.to(average.dtype)], dim=-1)))
