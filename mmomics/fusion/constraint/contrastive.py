"""Coordinated representation: modalities of one subject are pulled together, those of different subjects apart.

InfoNCE (van den Oord et al. 2018, arXiv:1807.03748) between every modality and the mean of the others, which keeps the cost linear
in the number of modalities (all pairs would be quadratic); subjects need not have an outcome.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from mmomics.fusion import contract
from mmomics.fusion.constraint._coordinated import Coordinated
from mmomics.nn.encoders import stack_seen

SUBCLASS = "coordinated representation"
SPACE = {
    "n_hidden": [32, 64],
    "n_latent": [16, 32],
    "constraint": [0.03, 0.1, 0.3],
    "dropout": [0.1, 0.3, 0.5],
    "input_dropout": [0.1, 0.3, 0.5],
}
LIMITS = {"temperature": (0.001, None)}


@dataclass
class Params(contract.Params):
    """Settings of `contrastive`."""

    n_hidden: int = 64
    n_latent: int = 32
    dropout: float = 0.3
    input_dropout: float = 0.3
    temperature: float = 0.2
    constraint: float = 0.1  # weight of the contrastive term beside the outcome's loss


class Method(Coordinated):
    """Views coordinated by contrast: of who a view is, the others of the same subject tell."""

    def step(self, x: dict[str, Tensor], seen: dict[str, Tensor], shown: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        views = self.views(x, seen)
        return self.views.fused(views, shown), {"contrast": self.params.constraint * self._contrast(views, seen, _again(x))}

    def _contrast(self, views: dict[str, Tensor], seen: dict[str, Tensor], again: Tensor) -> Tensor:
        present = stack_seen(seen, views).to(torch.float32)  # (n_members, n_obs, n_modalities)
        stacked = torch.stack([F.normalize(view, dim=-1) for view in views.values()], dim=2) * present.unsqueeze(-1)
        total, n_seen = stacked.sum(2), present.sum(2)
        losses = []
        for position in range(stacked.shape[2]):
            own = stacked[:, :, position]
            others = F.normalize(total - own, dim=-1)
            paired = (present[:, :, position] > 0) & (n_seen > 1)  # rows with this modality and another
            similarity = own @ others.transpose(1, 2) / self.params.temperature  # (n_members, n_obs, n_obs)
            similarity = similarity.masked_fill(~paired.unsqueeze(1) | again, -1e4)
            loss = torch.logsumexp(similarity, dim=-1) - similarity.diagonal(dim1=1, dim2=2)
            losses.append((loss * paired).sum(-1) / paired.sum(-1).clamp_min(1))
        return torch.stack(losses).mean(0)


def _again(x: dict[str, Tensor]) -> Tensor:
    """Pairs of rows (n_members, n_obs, n_obs) that are one subject, whom a minibatch of a small cohort may hold twice; not the diagonal."""
    told = torch.stack([values.detach().sum(-1) for values in x.values()], dim=-1)  # a subject's sums are its own
    same = (told.unsqueeze(2) == told.unsqueeze(1)).all(-1)
    return same & ~torch.eye(same.shape[-1], dtype=torch.bool, device=same.device)
