"""The data of one batched pass: which member learns from which rows of which fold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from mmomics.config.protocol import Training
from mmomics.training.fold import Fold
from mmomics.training.goals import goal

CHUNK = {"cpu": 256, "cuda": 4096}  # rows of a member looked at together when nothing is learned: a cache full, a card full


@dataclass
class Minibatch:
    """Rows for every member: x {modality: (n_members, n_obs, n_vars)}, seen, scores, and what is learned of the outcome (`goals.Goal`)."""

    x: dict[str, Tensor]
    seen: dict[str, Tensor]
    scores: Tensor
    y: Tensor
    weight: Tensor
    also: dict[str, tuple[Tensor, Tensor]] = field(default_factory=dict)  # of further outcomes: targets and weights
    prior: Tensor | float = 0.0  # (n_members, 1, n_out)


class Rows:
    """Folds stacked once, shared by all members that train on them.

    Parameters
    ----------
    folds : list of Fold
        All of one cohort, with the same modalities and numbers of features.
    scores : list of Tensor (n_obs, n_modalities, n_out)
        The linear path's scores in each fold.
    fold_of : list of int
        Position in `folds` of each member.
    held_out : list of int
        The inner fold that each member keeps for validation.
    device : torch.device
    settings : Training, optional
        How outcomes are learned: `y` and `has` are what is scored, `goal` and `also` what minibatches give.
    """

    def __init__(
        self, folds: list[Fold], scores: list[Tensor], fold_of: list[int], held_out: list[int], device: torch.device,
        *, settings: Training | None = None,
    ) -> None:  # fmt: skip
        self.n_vars = folds[0].n_vars
        self.features = {name: [fold.features(name) for fold in folds] for name in self.n_vars}
        self.x = {name: torch.stack([fold.x[name] for fold in folds]).to(device) for name in self.n_vars}
        self.seen = {name: torch.stack([fold.seen[name] for fold in folds]).to(device) for name in self.n_vars}
        self.scores = torch.stack(scores).to(device)
        self.y = torch.stack([fold.y for fold in folds]).to(device)
        self.has = torch.stack([fold.has for fold in folds]).to(device)
        self.goal = goal(folds[0].head, self.y, self.has, settings)
        self.also = {}
        for name, target in folds[0].also.items():
            y, has = (torch.stack([getattr(fold.also[name], part) for fold in folds]).to(device) for part in ("y", "has"))
            self.also[name] = goal(target.head, y, has, settings)
        self.fold_of = torch.tensor(fold_of, device=device)
        inner = torch.stack([folds[position].inner for position in fold_of])
        held = torch.tensor(held_out)[:, None]
        self.learn = [torch.nonzero(row)[:, 0] for row in (inner >= 0) & (inner != held)]
        self.n_obs = self.y.shape[1]
        self.device = device
        self.chunk = CHUNK[device.type]
        self.validate = self._validation(inner == held)
        n_own = (inner == held).sum(1, keepdim=True)
        self.own = (torch.arange(self.validate.shape[1]) < n_own).to(device)  # (n_members, most): not filled up

    def take(self, rows: Tensor) -> Minibatch:
        """The rows (n_members, n_rows) of each member's own fold."""
        fold = self.fold_of[:, None]
        return Minibatch(
            x={name: values[fold, rows] for name, values in self.x.items()},
            seen={name: flags[fold, rows] for name, flags in self.seen.items()},
            scores=self.scores[fold, rows], y=self.goal.y[fold, rows], weight=self.goal.weight[fold, rows],
            also={name: (goal.y[fold, rows], goal.weight[fold, rows]) for name, goal in self.also.items()},
            prior=self.goal.prior[fold],
        )  # fmt: skip

    def everyone(self) -> Iterator[Minibatch]:
        """All rows in order, the same for every member, in chunks."""
        for chunk in torch.arange(self.n_obs, device=self.device).split(self.chunk):
            yield self.take(chunk.expand(len(self.fold_of), -1))

    def held_out(self) -> Iterator[Minibatch]:
        """Every member's held-out rows, in chunks."""
        for chunk in self.validate.split(self.chunk, dim=1):
            yield self.take(chunk)

    def pool(self, eta: Tensor, group: Tensor) -> tuple[Tensor, Tensor]:
        """Held-out predictors (n_members, n_rows, n_out) of all members, as one per group and row.

        Returns predictors (n_groups, n_obs, n_out), the mean where several members hold a row out, and whether any does (n_groups,
        n_obs) as 0 or 1.
        """
        n_groups = int(group.max()) + 1
        flat = (group.to(self.device)[:, None] * self.n_obs + self.validate).flatten()
        total = eta.new_zeros(n_groups * self.n_obs, eta.shape[-1]).index_add_(0, flat, eta.flatten(0, 1))
        count = eta.new_zeros(n_groups * self.n_obs).index_add_(0, flat, torch.ones_like(flat, dtype=eta.dtype))
        pooled = total / count.clamp_min(1.0)[:, None]
        return pooled.view(n_groups, self.n_obs, -1), (count > 0).to(eta.dtype).view(n_groups, self.n_obs)

    def fold_of_group(self, group: Tensor) -> Tensor:
        """Position of each group's fold (n_groups,)."""
        return torch.stack([self.fold_of[torch.nonzero(group == g)[0, 0]] for g in range(int(group.max()) + 1)])

    def _validation(self, held: Tensor) -> Tensor:
        """Held-out rows of every member (n_members, most), the shorter ones filled up with their last row."""
        own = [torch.nonzero(row)[:, 0] for row in held]
        most = max(len(rows) for rows in own)
        return torch.stack([torch.cat([rows, rows[-1:].expand(most - len(rows))]) for rows in own]).to(self.device)
