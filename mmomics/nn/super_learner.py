"""How much to trust each of several predictors: a convex combination learned on their out-of-fold predictions.

The super learner of van der Laan, Polley & Hubbard 2007 (doi:10.2202/1544-6115.1309) with the plain average as its anchor: the
combination is drawn to equal weights, the more strongly the less there is to tell the predictors apart. How strongly is chosen on
folds, by the rule of one standard error, because a few hundred subjects make one of thirty similar predictors look best by chance.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mmomics.heads.contract import Head

PENALTIES = (float("inf"), 1.0, 0.3, 0.1, 0.03, 0.01, 0.003)  # of the relative entropy to the average; infinite: the average itself
N_STEPS, STEP = 200, 0.1


def combine(eta: Tensor, seen: Tensor, weight: Tensor) -> Tensor:
    """Weighted mean over the predictors that a row has.

    Parameters
    ----------
    eta : Tensor (n_obs, n_predictors, n_out)
    seen : Tensor (n_obs, n_predictors)
        Which predictors speak of a row; of a row that none speaks of, zero is said.
    weight : Tensor (..., n_predictors)
        At least 0.

    Returns
    -------
    Tensor (..., n_obs, n_out)
    """
    share = weight.unsqueeze(-2) * seen
    share = share / share.sum(-1, keepdim=True).clamp_min(torch.finfo(eta.dtype).tiny)
    return torch.einsum("...nk,nko->...no", share, eta)


def learn(head: Head, eta: Tensor, seen: Tensor, y: Tensor, inner: Tensor) -> Tensor:
    """Weights of the predictors (n_predictors,), at least 0, of sum 1.

    Parameters
    ----------
    head : Head
        Its loss is what the combination keeps small.
    eta : Tensor (n_obs, n_predictors, n_out)
        Out-of-fold predictors of rows with an outcome, each on the scale of the head.
    seen : Tensor (n_obs, n_predictors) bool
    y : Tensor (n_obs, n_target)
    inner : Tensor (n_obs,) int
        Fold of each row: the penalty is chosen by leaving each out in turn.
    """
    n_predictors = eta.shape[1]
    if n_predictors == 1 or not len(eta):
        return eta.new_full((n_predictors,), 1 / n_predictors)
    folds = inner.unique()
    rows = torch.cat([inner[None, :] != folds[:, None], torch.ones(1, len(inner), dtype=torch.bool)]).to(eta.dtype)
    weights = _paths(head, eta, seen, y, rows)  # (n_penalties, n_folds + 1, n_predictors)
    left_out = 1 - rows[:-1]
    losses = torch.stack([head.loss(combine(eta, seen, weight[:-1]), y, left_out) for weight in weights])  # (n_penalties, n_folds)
    gain = losses[:1] - losses  # over the average, fold by fold: what all predictors find hard in a fold cancels
    mean, error = gain.mean(1), gain.std(1, correction=1) / max(len(folds), 1) ** 0.5 if len(folds) > 1 else gain.mean(1) * 0
    best = int(mean.argmax())
    near = torch.nonzero(mean >= mean[best] - error[best])[0, 0]  # penalties fall, so the first is the most cautious
    return weights[near, -1]


def _paths(head: Head, eta: Tensor, seen: Tensor, y: Tensor, rows: Tensor) -> Tensor:
    """Weights for every penalty and every choice of rows (n_problems, n_obs): (n_penalties, n_problems, n_predictors)."""
    n_predictors = eta.shape[1]
    penalty = eta.new_tensor(PENALTIES[1:])[:, None]
    logits = eta.new_zeros(len(penalty), len(rows), n_predictors, requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=STEP)
    for _ in range(N_STEPS):
        share = torch.softmax(logits, -1)
        entropy = (share * torch.log(share.clamp_min(1e-12) * n_predictors)).sum(-1)
        loss = head.loss(combine(eta, seen, share), y, rows) + penalty * entropy
        optimizer.zero_grad(set_to_none=True)
        loss.sum().backward()
        optimizer.step()
    average = eta.new_full((1, len(rows), n_predictors), 1 / n_predictors)
    return torch.cat([average, torch.softmax(logits.detach(), -1)])
