"""The linear solution that every fusion method contains: one model per modality and how much each is trusted, or one of all.

How much each is trusted to begin with is chosen on the inner folds (see `nn.trust`). One model of all features is the better start where
modalities differ in size and weight, and the worse one where there are few subjects or features were chosen beforehand. Each fold begins
with the trusted mean, unless the joint model is better on its inner folds by more than two standard errors; what training makes of these
choices are weights like any other.

The scores of training rows are out-of-fold, so the network that learns beside them sees errors of the size it will meet on new
subjects; new subjects get the mean of the inner fits (stacked generalisation, Wolpert 1992, doi:10.1016/S0893-6080(05)80023-1).
Windows of a signal have no linear model. Their score is the intercept, which counts only for a subject of whom nothing else was measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmomics.nn import trust
from mmomics.nn.cross_fit import beside, better
from mmomics.training.fold import Fold
from mmomics.training.linear_models import LinearModels


@dataclass
class LinearStart:
    """What new subjects are scored by.

    Attributes
    ----------
    coef, intercept : dict of str to Tensor (n_vars, n_out), (n_out,)
        Each modality's own model.
    joint : dict of str to Tensor (n_vars, n_out)
        Each modality's part of the joint model.
    offset : Tensor (n_out,)
        The joint model's intercept.
    """

    coef: dict[str, Tensor]
    intercept: dict[str, Tensor]
    joint: dict[str, Tensor]
    offset: Tensor

    def scores(self, x: Mapping[str, Tensor]) -> Tensor:
        """Scores (..., n_obs, 2 n_modalities + 1, n_out) of x {modality: (..., n_obs, n_vars)}.

        First what each modality's model predicts, then what each adds to the joint prediction, last the intercept of the joint model.
        """
        own = [x[name] @ self.coef[name] + self.intercept[name] for name in x]
        return torch.stack([*own, *(x[name] @ self.joint[name] for name in x), self.offset.expand_as(own[0])], dim=-2)


@dataclass
class LinearScores:
    """The linear models of one fold.

    Attributes
    ----------
    start : LinearStart
    scores : Tensor (n_obs, 2 n_modalities + 1, n_out)
        Of every row of the fold; those of rows that were learned from are out-of-fold.
    log_trust : Tensor (n_modalities,)
        In the scores of each modality.
    joint : bool
        Whether the joint model is the better start.
    """

    start: LinearStart
    scores: Tensor
    log_trust: Tensor
    joint: bool


def fit(fold: Fold, models: LinearModels) -> LinearScores:
    """Scores of every row of a fold by its linear models, and which of them to begin with."""
    names, featured = list(fold.x), fold.featured
    n_out = fold.head.n_out
    parts = {name: fold.x[name].new_zeros(fold.x[name].shape[1], n_out) for name in names}
    offset = torch.zeros(n_out)
    whole = models[beside(featured)] if featured else None
    if whole is not None:
        coef, offset = whole.bagged
        parts |= dict(zip(featured, coef.split([fold.x[name].shape[1] for name in featured]), strict=True))
    start = LinearStart({name: models[name].bagged[0] for name in names}, {name: models[name].bagged[1] for name in names}, parts, offset)
    scores = start.scores(fold.x)
    for place, name in enumerate(names):
        scores[fold.has & fold.seen[name], place] = models[name].oof
    seen, has = torch.stack(list(fold.seen.values()), dim=-1), fold.has
    own = {name: models[name] for name in names}
    log_trust, mean = trust.begin(fold.head, own, scores[has, : len(names)], seen[has], fold.y[has], fold.inner[has])
    if whole is None:
        return LinearScores(start, scores, log_trust, joint=False)
    for k, inner in enumerate(whole.folds.tolist()):
        rows = has & (fold.inner == inner)
        without = whole.without[k].split([fold.x[name].shape[1] for name in featured])
        for name, coef in zip(featured, without, strict=True):
            scores[rows, len(names) + names.index(name)] = fold.x[name][rows] @ coef
        scores[rows, -1] = whole.without_intercept[k]
    with torch.no_grad():
        joint = LinearPath(1, len(names)).begin(log_trust, torch.ones(1))(scores[None], seen[None])[0][has]
    return LinearScores(start, scores, log_trust, better(fold.head, joint, mean, fold.y[has], fold.inner[has], trust.CLEARLY))


class LinearPath(nn.Module):
    """The mean of the modalities' scores over those that are seen, weighted by trust, or the joint model's; made as a plain mean."""

    def __init__(self, n_members: int, n_modalities: int) -> None:
        super().__init__()
        self.log_trust = nn.Parameter(torch.zeros(n_members, n_modalities))
        self.log_scale = nn.Parameter(torch.zeros(n_members, 1))
        self.joint = nn.Parameter(torch.zeros(n_members, 1))  # how far the joint model stands in for the mean

    def begin(self, log_trust: Tensor, joint: Tensor) -> LinearPath:
        """Start each member (n_members,) at the mean (0), with this trust (n_members or 1, n_modalities), or at the joint model (1)."""
        with torch.no_grad():
            self.log_trust.copy_(log_trust)
            self.joint.copy_(joint[:, None])
        return self

    def forward(self, scores: Tensor, seen: Tensor) -> Tensor:
        """Scores (n_members, n_obs, 2 n_modalities + 1, n_out), seen (n_members, n_obs, n_modalities) -> (n_members, n_obs, n_out)."""
        n_modalities = seen.shape[-1]
        own, parts, offset = scores.split([n_modalities, n_modalities, 1], dim=2)
        mean = trust.mean(own, seen, self.log_trust)
        joint = (parts * seen.unsqueeze(-1)).sum(2) + offset[:, :, 0]
        return (mean + self.joint.unsqueeze(-1) * (joint - mean)) * torch.exp(self.log_scale).unsqueeze(1)
