"""How much each modality's own predictor counts in their mean.

Equal trust is hard to beat with few subjects (Clemen 1989, doi:10.1016/0169-2070(89)90012-5), and drags the mean where one modality knows
far more than the rest. So trust is learned from out-of-fold scores, drawn to the equal one, and used where it is clearly better on rows
that were kept apart from that learning.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from mmomics.heads.contract import Head
from mmomics.nn.cross_fit import CrossFit, better

LITTLE = -8.0  # log trust in a modality that says nothing out of fold: it is asked only about subjects who have no other
CLEARLY = 2.0  # standard errors
PULL = 1.0  # towards equal trust, as heavy as the loss of one subject
LEAST = 1e-6  # trust in all together, below that in a single one that says nothing
STEPS, FIRST, SMALLEST, LARGEST = 80, 0.1, 1e-3, 0.5  # of each log trust


def begin(
    head: Head, models: Mapping[str, CrossFit], scores: Tensor, seen: Tensor, y: Tensor, inner: Tensor
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Log trust (n_modalities,) in models, and the trusted mean (n_obs, n_out) of the rows that they were learned from.

    The same trust in all that tell anything out of fold, unless what is learned is clearly better; for the rest see `learn`.
    """
    equal = torch.tensor([0.0 if found.telling else LITTLE for found in models.values()])
    learned, left_out = learn(head, scores, seen, y, inner, equal)
    plain = mean(scores, seen, equal)
    return (learned, left_out) if better(head, left_out, plain, y, inner, CLEARLY) else (equal, plain)


def mean(scores: Tensor, seen: Tensor, log_trust: Tensor) -> Tensor:
    """Trusted mean (..., n_obs, n_out) of scores (..., n_obs, n_modalities, n_out) over the modalities seen (..., n_obs, n_modalities).

    Log trust (..., n_modalities). Zero of a row without any, which no model predicts by that.
    """
    weight = torch.exp(log_trust).unsqueeze(-2) * seen
    weight = weight / weight.sum(-1, keepdim=True).clamp_min(LEAST)
    return (scores * weight.unsqueeze(-1)).sum(-2)


def learn(head: Head, scores: Tensor, seen: Tensor, y: Tensor, inner: Tensor, log_trust: Tensor) -> tuple[Tensor, Tensor]:
    """Trust of the mean that loses least.

    Parameters
    ----------
    head : Head
    scores : Tensor (n_obs, n_modalities, n_out)
        Out-of-fold.
    seen : Tensor (n_obs, n_modalities) bool
    y : Tensor (n_obs, n_target)
    inner : Tensor (n_obs,) int
        Inner fold of each row.
    log_trust : Tensor (n_modalities,)
        Where to start from, and be drawn to.

    Returns
    -------
    log_trust : Tensor (n_modalities,)
    mean : Tensor (n_obs, n_out)
        Of each row with the trust that was learned without its inner fold.
    """
    folds = inner.unique()
    weight = torch.cat([(inner != folds[:, None]).to(scores.dtype), scores.new_ones(1, len(inner))])  # the last leaves nobody out
    pull = PULL / weight.sum(1).clamp_min(1.0)
    found = log_trust.repeat(len(weight), 1)
    step, last = torch.full_like(found, FIRST), torch.zeros_like(found)
    for _ in range(STEPS):  # each trust has its own step length (Riedmiller & Braun 1993, doi:10.1109/ICNN.1993.298623)
        free = found.requires_grad_()
        lost = head.loss(mean(scores, seen, free), y, weight) + pull * (free - log_trust).square().sum(-1)
        (slope,) = torch.autograd.grad(lost.sum(), free)
        step = torch.where(slope * last > 0, 1.2 * step, torch.where(slope * last < 0, 0.5 * step, step)).clamp(SMALLEST, LARGEST)
        found, last = found.detach() - step * slope.sign(), slope
    place = torch.searchsorted(folds, inner)
    left_out = mean(scores, seen, found[:-1])
    return found[-1], left_out[place, torch.arange(len(inner))]
