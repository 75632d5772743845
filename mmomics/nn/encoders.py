"""One encoder per modality: from each assay's features to a common width."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from mmomics.nn.layers import MLP
from mmomics.nn.signals import SignalEncoder
from mmomics.nn.sizes import windows_of
from mmomics.nn.streams import Streams


class Encoders(nn.Module):
    """An MLP per modality, or a signal encoder if its features are windows; a modality that is not seen encodes to zeros.

    Called with x {modality: (n_members, n_obs, n_vars)} and seen {modality: (n_members, n_obs) bool};
    returns {modality: (n_members, n_obs, n_hidden[-1])}.
    """

    def __init__(self, streams: Streams, n_vars: dict[str, int], n_hidden: list[int], dropout: float, input_dropout: float = 0.0) -> None:
        super().__init__()
        windows = windows_of(n_vars)
        self.by_modality = nn.ModuleDict(
            {
                name: SignalEncoder(streams, windows[name], n_hidden, dropout, input_dropout)
                if name in windows
                else MLP(streams, size, n_hidden, dropout, input_dropout)
                for name, size in n_vars.items()
            }
        )

    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> dict[str, Tensor]:
        return {name: encoder(x[name]) * seen[name].unsqueeze(-1) for name, encoder in self.by_modality.items()}


def stack_seen(seen: dict[str, Tensor], order: Iterable[str]) -> Tensor:
    """Which modality is measured, as one tensor (n_members, n_obs, n_modalities) bool, in the given order of names."""
    return torch.stack([seen[name] for name in order], dim=-1)


def mean_seen(h: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
    """Mean of the encodings over the modalities that are seen (n_members, n_obs, n_features); zeros if none is."""
    weight = stack_seen(seen, h).to(next(iter(h.values())).dtype)  # (n_members, n_obs, n_modalities)
    total = torch.stack(list(h.values()), dim=-1) * weight.unsqueeze(-2)
    return total.sum(-1) / weight.sum(-1, keepdim=True).clamp_min(1.0)
