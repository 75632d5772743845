"""How much to trust each of several predictors: a convex combination learned on their out-of-fold predictions.

The super learner of van der Laan, Polley & Hubbard 2007 (doi:10.2202/1544-6115.1309), led from the cautious to the bold: the average of
those that are not clearly worse than the best, because a few hundred subjects make one of thirty similar predictors look best by chance,
and yet tell which are bad; the best one by itself, their discrete super learner; and weights of their own, drawn to that average the less
the bolder. How far to go is chosen on folds, by the rule of one standard error.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mmomics.heads.contract import Head
from mmomics.nn.adamw import AdamW

PENALTIES = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003)  # of the relative entropy to the average of the good ones
CLEARLY = 1.0  # standard errors of the loss beyond the best one's
LITTLE = 1e-4  # share of those that are clearly worse, from which they may yet rise
N_STEPS, STEP = 200, 0.1


def combine(eta: Tensor, weight: Tensor) -> Tensor:
    """Weighted sums (..., n_obs, n_out) of predictors (n_obs, n_predictors, n_out) with weights (..., n_predictors)."""
    return torch.einsum("...k,nko->...no", weight, eta)


def learn(head: Head, eta: Tensor, y: Tensor, inner: Tensor) -> Tensor:
    """Weights of the predictors (n_predictors,), at least 0, of sum 1.

    Parameters
    ----------
    head : Head
        Its loss is what the combination keeps small.
    eta : Tensor (n_obs, n_predictors, n_out)
        Out-of-fold predictors of rows with an outcome, each on the scale of the head.
    y : Tensor (n_obs, n_target)
    inner : Tensor (n_obs,) int
        Fold of each row: how bold to be is chosen by leaving each out in turn.
    """
    n_predictors = eta.shape[1]
    folds = inner.unique()
    if n_predictors == 1 or len(folds) < 2:
        return eta.new_full((n_predictors,), 1 / n_predictors)
    left_out = (inner == folds[:, None]).to(eta.dtype)  # (n_folds, n_obs)
    rows = torch.cat([1 - left_out, torch.ones(1, len(inner))])  # each problem leaves one fold out; the last none
    best, good = _best(torch.stack([head.loss(one.expand(len(left_out), *one.shape), y, left_out) for one in eta.unbind(1)]))
    weights = torch.cat([good[None], best[None], _drawn_to(good, head, eta, y, rows)])  # (n_choices, n_folds + 1, n_predictors)
    losses = torch.stack([head.loss(combine(eta, weight[:-1]), y, left_out) for weight in weights])  # (n_choices, n_folds)
    gain = losses[:1] - losses  # over the good ones' average, fold by fold: what all predictors find hard in a fold cancels
    error = gain.std(1) / len(left_out) ** 0.5
    most = int(gain.mean(1).argmax())
    near = torch.nonzero(gain.mean(1) >= gain.mean(1)[most] - error[most])[0, 0]  # the first is the most cautious
    return weights[near, -1]


def _best(losses: Tensor) -> tuple[Tensor, Tensor]:
    """Shares (n_folds + 1, n_predictors) of the best one, and of all that are not clearly worse, of losses (n_predictors, n_folds).

    Seen from the folds that each problem keeps; from a single one nothing is clear.
    """
    n_folds = losses.shape[1]
    kept = torch.cat([1 - torch.eye(n_folds), torch.ones(1, n_folds)]).unsqueeze(1)  # (n_problems, 1, n_folds)
    n = kept.sum(-1)
    best = (losses * kept).sum(-1).argmin(1)  # (n_problems,)
    gap = losses - losses[best].unsqueeze(1)  # (n_problems, n_predictors, n_folds)
    mean = (gap * kept).sum(-1) / n
    variance = ((gap - mean.unsqueeze(-1)).square() * kept).sum(-1) / (n - 1)
    share = (mean <= CLEARLY * (variance / n).sqrt()) + LITTLE
    return torch.nn.functional.one_hot(best, len(losses)).to(share.dtype), share / share.sum(1, keepdim=True)


def _drawn_to(anchor: Tensor, head: Head, eta: Tensor, y: Tensor, rows: Tensor) -> Tensor:
    """Weights (n_penalties, n_problems, n_predictors) learned on the rows (n_problems, n_obs) of each problem."""
    penalty = eta.new_tensor(PENALTIES)[:, None]
    logits = anchor.log().repeat(len(penalty), 1, 1).requires_grad_()
    optimizer = AdamW([logits], STEP)
    for _ in range(N_STEPS):
        share = torch.softmax(logits, -1)
        entropy = (share * torch.log(share.clamp_min(1e-12) / anchor)).sum(-1)
        loss = head.loss(combine(eta, share), y, rows) + penalty * entropy
        loss.sum().backward()
        optimizer.step()
    return torch.softmax(logits.detach(), -1)
