"""Elastic net for any head, many problems at once: accelerated proximal gradient on shared features.

The problems differ in row weights (folds) and penalties; the features are shared, so one matrix product serves them all.
FISTA (Beck & Teboulle 2009, doi:10.1137/080716542) with adaptive restart (O'Donoghue & Candes 2015, doi:10.1007/s10208-013-9150-3).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mmomics.heads.contract import Head

BEND = 0.25  # curvature that steps start from, the bound of the logistic loss; backtracking finds larger ones
MAX_ITERATIONS = 500
PUT_ASIDE = 4  # a quarter of the problems that are left: fewer are not worth the copying
SETTLED = 2  # iterations in a row that hardly move a problem: then it is solved


@dataclass
class Solution:
    """Coefficients (n_vars, n_problems, n_out) and intercepts (n_problems, 1, n_out)."""

    coef: Tensor
    intercept: Tensor

    def eta(self, x: Tensor) -> Tensor:
        """Linear predictors (n_problems, n_obs, n_out) of rows x (n_obs, n_vars)."""
        return (x @ self.coef.flatten(1)).unflatten(1, self.coef.shape[1:]).transpose(0, 1) + self.intercept


def solve(
    head: Head,
    x: Tensor,
    y: Tensor,
    weight: Tensor,
    l1: float,
    l2: Tensor,
    curvature: Tensor | None = None,
    start: Solution | None = None,
    tolerance: float = 1e-4,
) -> Solution:
    """Minimise ``head.loss + l1 |w|_1 + sum(l2 w^2) / 2`` for every problem; intercepts are not penalised.

    Parameters
    ----------
    head : Head
        Its loss is a mean over rows.
    x : Tensor (n_obs, n_vars)
        Features, shared by all problems.
    y : Tensor (n_obs, n_target)
    weight : Tensor (n_problems, n_obs)
        Row weights; 0 leaves a row out.
    l1 : float
    l2 : Tensor (n_vars, n_problems or 1)
        Ridge penalties.
    curvature : Tensor (n_vars, n_problems or 1), optional
        How steeply the objective bends along each feature: steps are its inverse. Default: one bound for all features.
    start : Solution, optional
        Warm start: the solution at a neighbouring penalty.
    tolerance : float
        Relative change of the linear predictors between iterations at which a problem counts as solved. Solved problems are put aside.
    """
    n_problems, n_vars = len(weight), x.shape[1]
    if start is None:
        start = Solution(x.new_zeros(n_vars, n_problems, head.n_out), x.new_zeros(n_problems, 1, head.n_out))
    if curvature is None:
        curvature = (_largest_eigenvalue(x) * BEND + l2).amax(0, keepdim=True)
    penalty, inverse = l2.unsqueeze(-1), 1.0 / curvature.unsqueeze(-1)  # (n_vars or 1, n_problems or 1, 1)
    coef, intercept = start.coef.clone(), start.intercept.clone()
    eta = start.eta(x)
    look_coef, look_intercept, look_eta = coef, intercept, eta  # the extrapolated point
    length = x.new_ones(n_problems)  # of each problem's step
    momentum = x.new_ones(n_problems)
    calm, active = torch.zeros(n_problems, dtype=torch.long), torch.arange(n_problems)
    solved = Solution(coef.clone(), intercept.clone())
    for _ in range(MAX_ITERATIONS):
        loss, slope = loss_and_slope(head, look_eta, y, weight)
        gradient = (x.T @ slope.transpose(0, 1).flatten(1)).unflatten(1, coef.shape[1:]) + penalty * look_coef
        gradient_intercept = slope.sum(1, keepdim=True)
        smooth = loss + 0.5 * (penalty * look_coef**2).sum((0, 2))
        for _ in range(30):  # backtrack until the quadratic bound holds, each problem by itself
            step = inverse * length[:, None]
            moved = look_coef - step * gradient
            new_coef = moved.sign() * (moved.abs() - step * l1).clamp_min(0.0) if l1 else moved
            new_intercept = look_intercept - (length / BEND)[:, None, None] * gradient_intercept
            new_eta = Solution(new_coef, new_intercept).eta(x)
            change, change_intercept = new_coef - look_coef, new_intercept - look_intercept
            with torch.no_grad():
                new_smooth = head.loss(new_eta, y, weight) + 0.5 * (penalty * new_coef**2).sum((0, 2))
            bound = (gradient * change + change**2 / (2 * step)).sum((0, 2))
            bound = bound + (gradient_intercept * change_intercept + BEND * change_intercept**2 / (2 * length)[:, None, None]).sum((1, 2))
            bad = new_smooth > smooth + bound + 1e-6 * (1 + smooth.abs())
            if not bad.any():
                break
            length = torch.where(bad, length / 2, length)
        restart = ((look_coef - new_coef) / inverse * (new_coef - coef)).sum((0, 2)) > 0
        momentum = torch.where(restart, 1.0, momentum)
        next_momentum = (1 + torch.sqrt(1 + 4 * momentum**2)) / 2
        beta = torch.where(restart, 0.0, (momentum - 1) / next_momentum)[:, None]
        moved_by, size = (new_eta - eta).abs().amax((1, 2)), new_eta.abs().amax((1, 2))
        look_coef = new_coef + beta * (new_coef - coef)
        look_intercept = new_intercept + beta[..., None] * (new_intercept - intercept)
        look_eta = new_eta + beta[..., None] * (new_eta - eta)  # linear, so no second product with x
        coef, intercept, eta, momentum = new_coef, new_intercept, new_eta, next_momentum
        calm = torch.where(moved_by < tolerance * (1 + size), calm + 1, 0)
        done = calm >= SETTLED
        if done.all():
            break
        if done.sum() * PUT_ASIDE >= len(done):
            solved.coef[:, active[done]], solved.intercept[active[done]] = coef[:, done], intercept[done]
            left = ~done
            active, calm, length, momentum, weight = active[left], calm[left], length[left], momentum[left], weight[left]
            coef, look_coef = coef[:, left], look_coef[:, left]
            intercept, look_intercept, eta, look_eta = intercept[left], look_intercept[left], eta[left], look_eta[left]
            penalty, inverse = (part[:, left] if part.shape[1] > 1 else part for part in (penalty, inverse))
    solved.coef[:, active], solved.intercept[active] = coef, intercept
    return solved


def loss_and_slope(head: Head, eta: Tensor, y: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Loss of every problem (n_problems,) and its slope along eta (n_problems, n_obs, n_out)."""
    with torch.enable_grad():
        eta = eta.detach().requires_grad_()
        loss = head.loss(eta, y, weight)
        (slope,) = torch.autograd.grad(loss.sum(), eta)
    return loss.detach(), slope


def _largest_eigenvalue(x: Tensor) -> float:
    """Of x'x / n, by power iteration; a little too small, which backtracking mends."""
    v = x.new_ones(x.shape[1]) / x.shape[1] ** 0.5
    for _ in range(8):
        v = x.T @ (x @ v)
        v = v / v.norm().clamp_min(1e-30)
    return float((x @ v).square().sum() / len(x)) + 1e-6
