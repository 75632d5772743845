"""Layers for many networks at once: every parameter and every activation leads with the member dimension.

Activations are (n_members, n_obs, ..., n_features). One batched matrix product serves all members, which on small networks is
several times cheaper than one network after another.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmomics.nn.streams import Streams


class Linear(nn.Module):
    """Affine map (n_members, ..., n_in) -> (n_members, ..., n_out); `zero=True` starts at nought."""

    def __init__(self, streams: Streams, n_in: int, n_out: int, bias: bool = True, zero: bool = False) -> None:
        super().__init__()
        bound = 0.0 if zero else 1.0 / math.sqrt(n_in)
        self.weight = nn.Parameter((streams.uniform(n_in, n_out) * 2 - 1) * bound)
        self.bias = nn.Parameter(torch.zeros(len(streams), 1, n_out, device=streams.device)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(1, -2)  # (n_members, n_obs * ..., n_in)
        out = torch.bmm(flat, self.weight) if self.bias is None else torch.baddbmm(self.bias, flat, self.weight)
        return out.unflatten(1, x.shape[1:-1])


class LayerNorm(nn.Module):
    """Layer normalisation (Ba et al. 2016, arXiv:1607.06450) over the last dimension, gain and bias per member."""

    def __init__(self, streams: Streams, n_features: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(len(streams), n_features, device=streams.device))
        self.bias = nn.Parameter(torch.zeros(len(streams), n_features, device=streams.device))

    def forward(self, x: Tensor) -> Tensor:
        shape = (len(self.gain), *[1] * (x.dim() - 2), -1)
        return F.layer_norm(x, x.shape[-1:]) * self.gain.view(shape) + self.bias.view(shape)


class Dropout(nn.Module):
    """Dropout whose noise comes from each member's own stream."""

    def __init__(self, streams: Streams, p: float) -> None:
        super().__init__()
        self.streams, self.p = streams, p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        return x * ((self.streams.uniform(*x.shape[1:]) >= self.p).to(x.dtype) / (1 - self.p))


class MLP(nn.Module):
    """Dropout, then hidden layers of Linear and GELU: (n_members, ..., n_in) -> (n_members, ..., n_hidden[-1]).

    No normalisation: it would forget how far a subject is from the training mean, and jump at the mean itself.
    """

    def __init__(self, streams: Streams, n_in: int, n_hidden: list[int], dropout: float, input_dropout: float = 0.0) -> None:
        super().__init__()
        layers: list[nn.Module] = [Dropout(streams, input_dropout)]
        for width in n_hidden:
            layers += [Linear(streams, n_in, width), nn.GELU(), Dropout(streams, dropout)]
            n_in = width
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)
