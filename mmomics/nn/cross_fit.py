"""Penalised linear models with the penalty chosen on inner folds: the linear solution that baselines are and deep methods contain."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from mmomics.heads.contract import Head
from mmomics.nn.elastic_net import BEND, Solution, loss_and_slope, solve
from mmomics.nn.spectral import svd

RIDGE_PENALTIES = tuple(10.0**exponent for exponent in (2, 1.5, 1, 0.5, 0, -0.5, -1, -1.5, -2))  # times n_vars / n_obs
RIDGE_TOLERANCE = 1e-3  # each axis has its own step: the losses of the inner folds agree to six digits with 1e-4
L1_RATIOS = (0.2, 0.8)
FEWEST = 10  # rows to learn slopes from
N_PENALTIES, SMALLEST_PENALTY = 10, 0.05  # elastic-net path, from the penalty that leaves no feature
SURELY = 1.0  # standard errors
PATIENCE = 2  # smaller penalties in a row without a better loss: the rest of the path, its most expensive part, is left out


@dataclass
class CrossFit:
    """A linear model fitted on all rows given, and once without each inner fold.

    Attributes
    ----------
    coef, intercept : Tensor (n_vars, n_out), (n_out,)
        From all rows.
    without, without_intercept : Tensor (n_folds, n_vars, n_out), (n_folds, n_out)
        From the rows outside one inner fold each.
    folds : Tensor (n_folds,) int
        Those inner folds.
    oof : Tensor (n_obs, n_out)
        Predictor of each row from the fit that did not see it.
    loss : float
        Loss of `oof`: the inner estimate that chose the penalty.
    telling : bool
        Whether `oof` is better than the mean of the other folds by more than `SURELY` standard errors.
    """

    coef: Tensor
    intercept: Tensor
    without: Tensor
    without_intercept: Tensor
    folds: Tensor
    oof: Tensor
    loss: float
    telling: bool

    @property
    def full(self) -> tuple[Tensor, Tensor]:
        """Coefficients (n_vars, n_out) and intercept (n_out,) from all rows."""
        return self.coef, self.intercept

    @property
    def bagged(self) -> tuple[Tensor, Tensor]:
        """The mean over the fits that each left one inner fold out."""
        return (self.without.mean(0), self.without_intercept.mean(0)) if len(self.folds) else self.full

    def widened(self, n_vars: int) -> CrossFit:
        """The same intercepts over `n_vars` features without any weight."""
        n_folds, n_out = self.without_intercept.shape
        return replace(self, coef=self.coef.new_zeros(n_vars, n_out), without=self.without.new_zeros(n_folds, n_vars, n_out))


def beside(modalities: Iterable[str]) -> str:
    """The name of the model that takes these modalities side by side."""
    return "+".join(modalities) + "+"  # told apart from the model of one, which has only the rows that were measured


def linear(head: Head, x: Tensor, y: Tensor, inner: Tensor) -> CrossFit:
    """The better of elastic net and ridge on the inner folds."""
    return min((method(head, x, y, inner) for method in (elastic_net, ridge)), key=lambda found: found.loss)


def ridge(head: Head, x: Tensor, y: Tensor, inner: Tensor) -> CrossFit:
    """L2-penalised fit. Features (n_obs, n_vars) enter through their principal axes, an exact change of basis: cost falls to n_obs axes.

    `inner` (n_obs,) numbers the inner fold of each row. From fewer than `FEWEST` rows nothing is learned but the intercept: whatever
    they are like, a few thousand features have one in the same order.
    """
    if not len(x):
        return _nothing(head, x)
    if len(x) < FEWEST and x.any():
        return intercept(head, x.shape[1], y, inner)
    axes, spread, basis = svd(x)
    kept = spread > 1e-5 * spread.max()
    axes, spread, basis = axes[:, kept], spread[kept], basis[kept]
    unit = x.shape[1] / len(x)

    def path(weight: Tensor) -> Iterator[Solution]:
        # all penalties at once; along each axis the objective bends by its own spread, so that one step length suits all axes
        n_penalties = len(RIDGE_PENALTIES)
        penalty = unit * x.new_tensor(RIDGE_PENALTIES).repeat_interleave(len(weight))[None, :]  # (1, n_penalties * n_problems)
        bend = (spread**2 / len(x) * BEND)[:, None] + penalty
        found = solve(head, axes * spread, y, weight.repeat(n_penalties, 1), 0.0, penalty, bend, tolerance=RIDGE_TOLERANCE)
        for coef, intercept in zip(found.coef.chunk(n_penalties, 1), found.intercept.chunk(n_penalties), strict=True):
            yield Solution(torch.einsum("rp,rbo->pbo", basis, coef), intercept)

    return _choose(head, x, y, inner, path)


def alone(head: Head, x: Tensor, y: Tensor, inner: Tensor, windows: bool) -> CrossFit:
    """The linear model of one modality by itself: ridge; of windows of a signal the intercept, as raw samples have no common phase."""
    return intercept(head, x.shape[1], y, inner) if windows else ridge(head, x, y, inner)


def intercept(head: Head, n_vars: int, y: Tensor, inner: Tensor) -> CrossFit:
    """The intercept alone, over `n_vars` features without any weight."""
    found = ridge(head, torch.zeros(len(y), 1), y, inner).widened(n_vars)
    return replace(found, telling=False)  # the mean is no better than the mean, but for rounding


def elastic_net(head: Head, x: Tensor, y: Tensor, inner: Tensor) -> CrossFit:
    """Elastic-net fit (Zou & Hastie 2005, doi:10.1111/j.1467-9868.2005.00503.x); strength and L1 share chosen on the inner folds."""
    if len(x) < FEWEST:
        return ridge(head, x, y, inner)
    everyone = torch.ones(1, len(x))
    null = solve(head, torch.zeros_like(x[:, :1]), y, everyone, 0.0, torch.ones(1, 1))
    largest = float(_gradient(head, x, y, everyone, Solution(x.new_zeros(x.shape[1], 1, head.n_out), null.intercept)).max())

    def path(weight: Tensor, ratio: float) -> Iterator[Solution]:
        penalties = [largest / ratio * SMALLEST_PENALTY ** (step / (N_PENALTIES - 1)) for step in range(N_PENALTIES)]
        solution = Solution(x.new_zeros(x.shape[1], len(weight), head.n_out), null.intercept.repeat(len(weight), 1, 1))
        for before, penalty in zip(penalties[:1] + penalties, penalties, strict=False):
            solution = _screened(head, x, y, weight, penalty, before, ratio, solution)
            yield solution

    return _choose(head, x, y, inner, *(partial(path, ratio=ratio) for ratio in L1_RATIOS), patience=PATIENCE)


def _screened(head: Head, x: Tensor, y: Tensor, weight: Tensor, penalty: float, before: float, ratio: float, start: Solution) -> Solution:
    """Solve on the features that the strong rule keeps, and again with those it wrongly left out, until none is.

    Tibshirani et al. 2012, doi:10.1111/j.1467-9868.2011.01004.x: few features enter between two neighbouring penalties.
    """
    keep = (start.coef.abs().amax((1, 2)) > 0) | (_gradient(head, x, y, weight, start) >= ratio * (2 * penalty - before))
    while True:
        inside = Solution(start.coef[keep], start.intercept)
        found = solve(head, x[:, keep], y, weight, penalty * ratio, x.new_full((int(keep.sum()), 1), penalty * (1 - ratio)), start=inside)
        coef = torch.zeros_like(start.coef)
        coef[keep] = found.coef
        start = Solution(coef, found.intercept)
        missed = ~keep & (_gradient(head, x, y, weight, start) > ratio * penalty * 1.01)
        if not missed.any():
            return start
        keep |= missed


def _gradient(head: Head, x: Tensor, y: Tensor, weight: Tensor, solution: Solution) -> Tensor:
    """Largest absolute slope of the loss along each feature, over problems and outputs (n_vars,)."""
    _, slope = loss_and_slope(head, solution.eta(x), y, weight)
    return (x.T @ slope.transpose(0, 1).flatten(1)).abs().amax(1)


def _nothing(head: Head, x: Tensor) -> CrossFit:
    """Of no rows: the model that says nothing."""
    coef, intercept = x.new_zeros(x.shape[1], head.n_out), x.new_zeros(head.n_out)
    without, folds, eta = x.new_zeros(0, *coef.shape), torch.zeros(0, dtype=torch.long), x.new_zeros(0, head.n_out)
    return CrossFit(coef, intercept, without, eta, folds, eta, loss=math.inf, telling=False)


def _choose(
    head: Head, x: Tensor, y: Tensor, inner: Tensor, *paths: Callable[[Tensor], Iterator[Solution]], patience: float = math.inf
) -> CrossFit:
    """The solution of any path that is best out of fold; a path is left after so many solutions in a row worse than its best."""
    folds = inner.unique()
    everyone = torch.ones(1, len(x))
    weight = torch.cat([(inner[None, :] != folds[:, None]).float(), everyone])  # each problem leaves one fold out; the last none
    position = torch.searchsorted(folds, inner)
    best: CrossFit | None = None
    for path in paths:
        lowest, worse = math.inf, 0
        for solution in path(weight):
            oof = solution.eta(x)[position, torch.arange(len(x))]
            loss = float(head.loss(oof, y, everyone[0]))
            if best is None or loss < best.loss:
                best = CrossFit(
                    coef=solution.coef[:, -1], intercept=solution.intercept[-1, 0],
                    without=solution.coef[:, :-1].transpose(0, 1), without_intercept=solution.intercept[:-1, 0],
                    folds=folds, oof=oof, loss=loss, telling=False,
                )  # fmt: skip
            lowest, worse = (loss, 0) if loss < lowest else (lowest, worse + 1)
            if worse >= patience:
                break
    assert best is not None  # the path is never empty
    mean = solve(head, torch.zeros_like(x[:, :1]), y, weight, 0.0, torch.ones(1, 1)).intercept[position, 0]
    return replace(best, telling=better(head, best.oof, mean, y, inner, SURELY))


def better(head: Head, eta: Tensor, than: Tensor, y: Tensor, inner: Tensor, errors: float) -> bool:
    """Whether out-of-fold predictors (n_obs, n_out) lose less than others by more than so many standard errors over inner folds.

    Of a single fold nothing is known, and the answer is no.
    """
    left_out = (inner == inner.unique()[:, None]).float()  # (n_folds, n_obs)
    if len(left_out) < 2:
        return False
    loss, other = (head.loss(one.expand(len(left_out), *one.shape), y, left_out) for one in (eta, than))
    gain = other - loss
    return bool(gain.mean() > errors * gain.std() / len(gain) ** 0.5)
