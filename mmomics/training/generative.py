"""The network that imputes: a generative method trained to draw each modality from the others."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mmomics.fusion.contract import Generative
from mmomics.training.rows import Minibatch, Rows


class ImputationModel(nn.Module):
    """A generative method on its own loss; the epoch is chosen by how well hidden modalities of held-out rows are predicted."""

    def __init__(self, method: Generative) -> None:
        super().__init__()
        self.method = method

    def step(self, batch: Minibatch, shown: dict[str, Tensor]) -> dict[str, Tensor]:
        """Loss terms of a training minibatch, each (n_members,)."""
        return self.method.step(batch.x, batch.seen, shown)[1]

    def held_out_loss(self, rows: Rows, group: Tensor) -> Tensor:
        """Mean squared error (n_groups,) of each measured modality of the held-out rows, predicted from the row's others."""
        total, count = torch.zeros(len(group)), torch.zeros(len(group))
        for batch in rows.held_out():
            for name in self.method.drawn:
                shown = {other: flags & (other != name) for other, flags in batch.seen.items()}
                asked = batch.seen[name] & torch.stack(list(shown.values())).any(0)
                mean, _ = self.method.decode(self.method.encode(batch.x, shown))[name]
                total += ((batch.x[name] - mean).square().mean(-1) * asked).sum(-1).cpu()
                count += asked.sum(-1).cpu()
        n_groups = int(group.max()) + 1
        by_group = torch.zeros(n_groups).index_add_(0, group, total)
        return by_group / torch.zeros(n_groups).index_add_(0, group, count).clamp_min(1)
