"""The linear solution that every fusion method contains: one ridge model per modality, and how much each is trusted.

The scores of training rows are out-of-fold, so the network that learns beside them sees errors of the size it will meet on new
subjects; new subjects get the mean of the inner fits (stacked generalisation, Wolpert 1992, doi:10.1016/S0893-6080(05)80023-1).
Windows of a signal have no linear model: their samples have no common phase, and what is linear in a device stands in its features
already. Their score is the intercept, which counts only for a subject of whom nothing else was measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmomics.nn.sizes import windows_of
from mmomics.training.fold import Fold
from mmomics.training.ridges import Ridges

LITTLE = -8.0  # log trust in the scores of windows, which say nothing


@dataclass
class LinearScores:
    """Ridge coefficients {modality: (n_vars, n_out)}, intercepts {modality: (n_out,)} and scores (n_obs, n_modalities, n_out)."""

    coef: dict[str, Tensor]
    intercept: dict[str, Tensor]
    scores: Tensor


def fit(fold: Fold, ridges: Ridges) -> LinearScores:
    """Scores of every row of a fold by its ridge models."""
    coef, intercept, scores = {}, {}, []
    for name, x in fold.x.items():
        coef[name], intercept[name] = ridges[name].bagged
        score = x @ coef[name] + intercept[name]
        score[fold.has & fold.seen[name]] = ridges[name].oof
        scores.append(score)
    return LinearScores(coef, intercept, torch.stack(scores, dim=1))


class LinearPath(nn.Module):
    """Trust-weighted mean of the linear scores over the modalities that are seen; at the start a plain mean.

    Windows of a signal (`n_vars` is the engine's, see `Sizes`) start with next to no trust.
    """

    def __init__(self, n_members: int, n_vars: Mapping[str, int]) -> None:
        super().__init__()
        windows = windows_of(n_vars)
        trust = torch.tensor([LITTLE if name in windows else 0.0 for name in n_vars])
        self.log_trust = nn.Parameter(trust.repeat(n_members, 1))
        self.log_scale = nn.Parameter(torch.zeros(n_members, 1))

    def forward(self, scores: Tensor, seen: Tensor) -> Tensor:
        """Scores (n_members, n_obs, n_modalities, n_out), seen (n_members, n_obs, n_modalities) -> (n_members, n_obs, n_out)."""
        trust = torch.exp(self.log_trust).unsqueeze(1) * seen
        trust = trust / trust.sum(-1, keepdim=True).clamp_min(1e-6)
        return (scores * trust.unsqueeze(-1)).sum(2) * torch.exp(self.log_scale).unsqueeze(1)
