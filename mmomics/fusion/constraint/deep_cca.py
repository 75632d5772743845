"""Generalised deep canonical correlation: what the modalities of one subject have in common, axis by axis.

Each modality is projected, and each axis of a projection is to correlate with the same axis of the mean of the other modalities' and
with no other axis of it: Kettenring's sum of correlations (1971, doi:10.1093/biomet/58.3.433) for any number of modalities, with deep
projections as in deep generalised CCA (Benton et al. 2017, arXiv:1702.02519). Deep CCA proper whitens by the inverse root of the
minibatch's covariance; with 50 rows, fewer where assays are missing, that root amplifies noise and its gradient explodes between
close eigenvalues. So whitening is soft: the cross-correlation is drawn to the identity (Zbontar et al. 2021, arXiv:2103.03230;
Chang et al. 2018, arXiv:1707.09669), which needs standard deviations only. Subjects need no outcome, and count where they have two
modalities or more. Half of the axes are left free, for what only one modality knows of the outcome.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mmomics.fusion import contract
from mmomics.fusion.constraint._coordinated import Coordinated
from mmomics.nn.encoders import stack_seen

SUBCLASS = "coordinated representation"
SPACE = {"n_latent": [8, 16, 32], "constraint": [0.03, 0.1, 0.3], "dropout": [0.1, 0.3, 0.5], "input_dropout": [0.1, 0.3, 0.5]}
NOISE = 1e-2  # added to variances: few rows, or rows alike, have no correlation to speak of


@dataclass
class Params(contract.Params):
    """Settings of `deep_cca`."""

    n_hidden: int = 32
    n_latent: int = 16  # half of them under the constraint
    dropout: float = 0.3
    input_dropout: float = 0.3
    constraint: float = 0.1  # weight of the constraint beside the outcome's loss
    redundancy: float = 0.1  # weight of the correlations between different axes beside those of the same axis


class Method(Coordinated):
    """Views coordinated by correlation, half of their axes."""

    def step(self, x: dict[str, Tensor], seen: dict[str, Tensor], shown: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        views = self.views(x, seen)
        shared = torch.stack([view[..., : -(-self.n_latent // 2)] for view in views.values()], dim=2)
        loss = disagreement(shared, stack_seen(seen, views), self.params.redundancy)
        return self.views.fused(views, shown), {"correlation": self.params.constraint * loss}


def disagreement(views: Tensor, seen: Tensor, redundancy: float) -> Tensor:
    """How far the correlations of every modality with the mean of the others are from the identity (n_members,), per axis.

    Parameters
    ----------
    views : Tensor (n_members, n_obs, n_modalities, n_axes)
    seen : Tensor (n_members, n_obs, n_modalities) bool
    redundancy : float
        Weight of the squared correlations of different axes beside (1 - correlation)^2 of the same axis.

    Returns
    -------
    Tensor
        Mean over the modalities, each by the number of rows that have it and another; zero where there are none.
    """
    there = seen.to(views.dtype)
    n_others = there.sum(-1, keepdim=True) - there  # (n_members, n_obs, n_modalities)
    paired = (there * (n_others > 0)).transpose(1, 2).unsqueeze(-1)  # (n_members, n_modalities, n_obs, 1)
    known = views * there.unsqueeze(-1)
    others = ((known.sum(2, keepdim=True) - known) / n_others.clamp_min(1.0).unsqueeze(-1)).transpose(1, 2)
    n_rows = paired.sum(2, keepdim=True)  # (n_members, n_modalities, 1, 1)

    def standard(values: Tensor) -> Tensor:
        centred = (values - (values * paired).sum(2, keepdim=True) / n_rows.clamp_min(1.0)) * paired
        return centred / (centred.square().sum(2, keepdim=True) / n_rows.clamp_min(1.0) + NOISE).sqrt()

    correlation = standard(known.transpose(1, 2)).transpose(2, 3) @ standard(others) / n_rows.clamp_min(1.0)
    same = torch.eye(views.shape[-1], device=views.device)
    error = (correlation - same).square() * torch.where(same > 0, 1.0, redundancy)  # (n_members, n_modalities, n_axes, n_axes)
    weight = n_rows[..., 0, 0]
    return (error.sum((2, 3)) / views.shape[-1] * weight).sum(1) / weight.sum(1).clamp_min(1.0)
