"""Before the outcome: encoders learn what a method asks of itself (reconstruction, contrast, ...) from all training rows.

Subjects without outcome count as much as the others. Linear path and read-out stay where they start, so the training that follows still
begins at the linear solution, now with encoders that have learned. Each member stops by these losses on the rows that it holds out.
"""

from __future__ import annotations

import logging

import pandas as pd
import torch
from torch import Tensor, nn

from mmomics.config.protocol import Training
from mmomics.fusion.contract import Method
from mmomics.training import loop
from mmomics.training.model import FusionModel
from mmomics.training.rows import Minibatch, Rows

log = logging.getLogger(__name__)
PREFIX = "pretraining_"  # of its terms in the learning curves, whose epochs end at -1
N_HELD = 4  # minibatches of held-out rows that say how well it goes


class Alone(nn.Module):
    """A method on its own terms, as the loop trains it."""

    def __init__(self, method: Method, batch_size: int) -> None:
        super().__init__()
        self.method, self.batch_size = method, batch_size

    def step(self, batch: Minibatch, shown: dict[str, Tensor]) -> dict[str, Tensor]:
        """The method's own loss terms of a training minibatch, each (n_members,)."""
        return self.method.step(batch.x, batch.seen, shown)[1]

    def held_out_loss(self, rows: Rows, group: Tensor) -> Tensor:
        """Sum of the terms (n_groups,), mean over minibatches of held-out rows: as large whatever trains beside it."""
        own = [rows_of[flags] for rows_of, flags in zip(rows.validate, rows.own, strict=True)]
        order = self.method.streams.permutation(own, N_HELD * self.batch_size)
        losses = []
        for part in order.split(self.batch_size, dim=1):
            batch = rows.take(part)
            losses.append(torch.stack(list(self.step(batch, batch.seen).values())).sum(0))
        loss = torch.stack(losses).mean(0).cpu()
        n_groups = int(group.max()) + 1
        return torch.zeros(n_groups).index_add_(0, group, loss) / torch.bincount(group, minlength=n_groups)


def pretrain(network: FusionModel, rows: Rows, group: Tensor, settings: Training) -> pd.DataFrame:
    """Train the method of a network on its own terms; what that changed is marked in `network.pretrained`.

    Returns
    -------
    DataFrame
        group, member, epoch (-1 is the last), term, value; empty where the method has no terms of its own.
    """
    method = network.method
    size = loop.minibatch(rows, settings)
    alone = Alone(method, size)
    batch = rows.take(method.streams.permutation(rows.learn, size))
    if not any(term.requires_grad for term in alone.step(batch, batch.seen).values()):
        log.info("%s has no losses of its own and is not pre-trained", type(method).__module__.rpartition(".")[2])
        return pd.DataFrame(columns=["group", "member", "epoch", "term", "value"])
    before = [parameter.detach().clone() for parameter in method.parameters()]
    curves = loop.train(alone, rows, group, settings.model_copy(update={"epochs": settings.pretraining, "modulation": 0.0}))
    moved = [(old != new).flatten(1).any(1) for old, new in zip(before, method.parameters(), strict=True)]
    network.pretrained = torch.stack(moved).any(0)
    return curves.assign(epoch=curves["epoch"] - curves["epoch"].max() - 1, term=PREFIX + curves["term"])
