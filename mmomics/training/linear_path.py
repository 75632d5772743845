"""The linear solution that every fusion method contains: one ridge model per modality, and how much each is trusted.

The scores of training rows are out-of-fold, so the network that learns beside them sees errors of the size it will meet on new
subjects; new subjects get the mean of the inner fits (stacked generalisation, Wolpert 1992, doi:10.1016/S0893-6080(05)80023-1).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmomics.nn.cross_fit import ridge
from mmomics.training.fold import Fold


@dataclass
class LinearScores:
    """Ridge coefficients {modality: (n_vars, n_out)}, intercepts {modality: (n_out,)} and scores (n_obs, n_modalities, n_out)."""

    coef: dict[str, Tensor]
    intercept: dict[str, Tensor]
    scores: Tensor


def fit(fold: Fold) -> LinearScores:
    """Ridge models of one fold, penalties chosen on its inner folds."""
    coef, intercept, scores = {}, {}, []
    for name, x in fold.x.items():
        rows = torch.nonzero(fold.has & fold.seen[name])[:, 0]
        found = ridge(fold.head, x[rows], fold.y[rows], fold.inner[rows])
        coef[name], intercept[name] = found.bagged
        score = x @ coef[name] + intercept[name]
        score[rows] = found.oof
        scores.append(score)
    return LinearScores(coef, intercept, torch.stack(scores, dim=1))


class LinearPath(nn.Module):
    """Trust-weighted mean of the linear scores over the modalities that are seen; at the start a plain mean."""

    def __init__(self, n_members: int, n_modalities: int) -> None:
        super().__init__()
        self.log_trust = nn.Parameter(torch.zeros(n_members, n_modalities))
        self.log_scale = nn.Parameter(torch.zeros(n_members, 1))

    def forward(self, scores: Tensor, seen: Tensor) -> Tensor:
        """Scores (n_members, n_obs, n_modalities, n_out), seen (n_members, n_obs, n_modalities) -> (n_members, n_obs, n_out)."""
        trust = torch.exp(self.log_trust).unsqueeze(1) * seen
        trust = trust / trust.sum(-1, keepdim=True).clamp_min(1e-6)
        return (scores * trust.unsqueeze(-1)).sum(2) * torch.exp(self.log_scale).unsqueeze(1)
