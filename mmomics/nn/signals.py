"""An encoder of signals: what shapes a signal has, wherever in the window they stand.

Two levels of overlapping patches, each one batched product: a strided convolution for many members at once. Mean and maximum over time
make the encoding independent of when a shape occurs; a coarse position beside the second level lets it learn otherwise. The first
level starts as wavelets of many frequencies (Gabor 1946, doi:10.1049/ji-3-2.1946.0074): random weights of white noise would answer to
all frequencies alike, and small cohorts are too few to learn a filter bank from nothing.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmomics.nn.layers import MLP, Dropout, Linear
from mmomics.nn.streams import Streams

PATCH, STRIDE = 32, 8  # samples of the first level
GROUP, STEP = 4, 2  # patches of the second level
N_FILTERS = 24
HARMONICS = 2  # of the position in the window
GAIN = 2.0  # of the wavelets: a tone of standard size reaches the bend of the activation


class SignalEncoder(nn.Module):
    """Windows, flat (n_members, n_obs, n_channels * n_times), to (n_members, n_obs, n_hidden[-1]).

    Parameters
    ----------
    streams : Streams
    shape : (n_channels, n_times)
    n_hidden : list of int
        Widths after the pooling over time.
    dropout : float
        Of the pooled features and after every hidden layer.
    input_dropout : float
        Share of the patches of the first level that a training step hides.
    """

    place: Tensor  # (n_groups, 2 * HARMONICS): where in the window each group of patches stands

    def __init__(self, streams: Streams, shape: tuple[int, int], n_hidden: list[int], dropout: float, input_dropout: float = 0.0) -> None:
        super().__init__()
        self.streams, self.shape, self.input_dropout = streams, shape, input_dropout
        n_channels, n_times = shape
        self.patch = min(PATCH, n_times)
        self.n_patches = -(-(n_times - self.patch) // STRIDE) + 1
        self.group = min(GROUP, self.n_patches)
        self.n_groups = (self.n_patches - self.group) // STEP + 1
        self.first = Linear(streams, n_channels * self.patch, N_FILTERS)
        with torch.no_grad():
            self.first.weight.copy_(_wavelets(streams, n_channels, self.patch))
        self.second = Linear(streams, self.group * N_FILTERS + 2 * HARMONICS, N_FILTERS)
        angle = 2 * math.pi * torch.arange(self.n_groups, device=streams.device) / self.n_groups
        waves = [wave(angle * harmonic) for harmonic in range(1, HARMONICS + 1) for wave in (torch.sin, torch.cos)]
        self.register_buffer("place", torch.stack(waves, dim=-1), persistent=False)
        self.drop = Dropout(streams, dropout)
        self.mix = MLP(streams, 4 * N_FILTERS, n_hidden, dropout)

    def forward(self, x: Tensor) -> Tensor:
        levels = self.levels(x)
        return self.mix(self.drop(torch.cat([part for level in levels for part in (level.mean(2), level.amax(2))], dim=-1)))

    def levels(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Both levels before the pooling over time: (n_members, n_obs, n_patches, N_FILTERS), (n_members, n_obs, n_groups, N_FILTERS)."""
        n_channels, n_times = self.shape
        x = F.pad(x.unflatten(-1, (n_channels, n_times)), (0, self.patch + (self.n_patches - 1) * STRIDE - n_times))
        patches = x.unfold(-1, self.patch, STRIDE).transpose(2, 3).flatten(3)  # (n_members, n_obs, n_patches, n_channels * patch)
        h = F.gelu(self.first(patches))
        if self.training and self.input_dropout > 0:
            kept = self.streams.uniform(*h.shape[1:3]) >= self.input_dropout
            h = h * (kept.to(h.dtype) / (1 - self.input_dropout)).unsqueeze(-1)
        groups = h.unfold(2, self.group, STEP).flatten(3)  # (n_members, n_obs, n_groups, N_FILTERS * group)
        groups = torch.cat([groups, self.place.expand(*groups.shape[:2], -1, -1)], dim=-1)
        return h, F.gelu(self.second(groups))

    def stretches(self, x: Tensor, n: int) -> Tensor:
        """The second level pooled over each of n stretches of the window (n_members, n_obs, n, 2 * N_FILTERS): mean and maximum."""
        deep = self.levels(x)[1]
        over = deep.flatten(0, 1).transpose(1, 2)  # (n_members * n_obs, N_FILTERS, n_groups)
        pooled = torch.cat([F.adaptive_avg_pool1d(over, n), F.adaptive_max_pool1d(over, n)], dim=1)
        return pooled.transpose(1, 2).unflatten(0, deep.shape[:2])


def _wavelets(streams: Streams, n_channels: int, patch: int) -> Tensor:
    """First weights (n_members, n_channels * patch, N_FILTERS): waves under a bell, frequencies evenly spread on a logarithmic scale.

    Each filter looks at the channels with random weights; phases are random, frequencies jittered, so that members differ.
    """
    time = torch.arange(patch, device=streams.device) - (patch - 1) / 2
    bell = torch.exp(-0.5 * (time / (0.25 * patch)) ** 2)
    rank = (torch.arange(N_FILTERS, device=streams.device) + streams.uniform(N_FILTERS)) / N_FILTERS
    frequency = (1 / patch) * (0.45 * patch) ** rank  # cycles per sample, from one in a patch to nearly the highest there is
    phase = 2 * math.pi * streams.uniform(N_FILTERS)
    wave = torch.cos(2 * math.pi * frequency.unsqueeze(1) * time[:, None] + phase.unsqueeze(1)) * bell[:, None]  # (.., patch, N_FILTERS)
    wave = wave / wave.norm(dim=1, keepdim=True)
    channel = F.normalize(streams.normal(n_channels, N_FILTERS), dim=1)  # (n_members, n_channels, N_FILTERS)
    return GAIN / math.sqrt(patch) * (channel.unsqueeze(2) * wave.unsqueeze(1)).flatten(1, 2) * math.sqrt(2)
