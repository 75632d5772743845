"""The network that imputes: a generative method trained to draw what plain models leave of each modality."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from mmomics.config.cohort import device
from mmomics.fusion.contract import Generative
from mmomics.imputation.contract import without
from mmomics.training.rows import Minibatch, Rows


class ImputationModel(nn.Module):
    """A generative method on its own loss; the epoch is chosen by how well hidden modalities of held-out rows are predicted.

    What it has to draw is left by the out-of-fold predictions of plain models, in standard deviations of each feature; NaN where that was
    not measured. It stands in a minibatch's `scores` (n_members, n_obs, 1, n_features), the modalities `asked` {name: n_vars} side by side.
    """

    def __init__(self, method: Generative, asked: dict[str, int]) -> None:
        super().__init__()
        self.method, self.asked = method, asked

    def step(self, batch: Minibatch, shown: dict[str, Tensor]) -> dict[str, Tensor]:
        """Loss terms of a training minibatch, each (n_members,); one more modality of every row is hidden, as at prediction."""
        sources = {name: torch.stack([shown[one] for one in shown if device(one) == name]).any(0) for name in map(device, shown)}
        flags = torch.stack(list(sources.values()), dim=-1)
        luck = (1 - self.method.streams.uniform(*flags.shape[1:])) * flags
        hidden = torch.nn.functional.one_hot(luck.argmax(-1), flags.shape[-1]).bool() & (flags.sum(-1, keepdim=True) > 1)
        away = dict(zip(sources, hidden.unbind(-1), strict=True))
        shown = {name: own & ~away[device(name)] for name, own in shown.items()}
        left = {name: own.nan_to_num() for name, own in self._left(batch).items()}
        target = {name: left.get(name, torch.zeros_like(batch.x[name])) for name in self.method.drawn}
        return self.method.step(batch.x, batch.seen, shown, target)[1]

    def held_out(self, rows: Rows, n_probes: int = 0) -> Iterator[tuple[str, Tensor, Tensor, Tensor, Tensor]]:
        """Of the rows that members hold out: modality, what was left of it, what is found of that from the others, the variance of so
        many draws around that, and where to look (bool), each (n_members, n_obs, n_vars).
        """
        for batch, own in zip(rows.held_out(), rows.own.split(rows.chunk, dim=1), strict=True):
            left = self._left(batch)
            for name in self.asked:
                shown = without(name, batch.seen)
                asked = own & batch.seen[name] & torch.stack(list(shown.values())).any(0)
                found = self.method.decode(self.method.encode(batch.x, shown))[name][0]
                swings = torch.zeros_like(found)
                for _ in range(n_probes):
                    noise = self.method.streams.normal(asked.shape[1], self.method.n_noise)
                    drawn = self.method.decode(self.method.draw(batch.x, shown, noise))[name][0]
                    swings += (drawn - found).square() / n_probes
                yield name, left[name].nan_to_num(), found, swings, asked.unsqueeze(-1) & ~left[name].isnan()

    def held_out_loss(self, rows: Rows, group: Tensor) -> Tensor:
        """Mean square (n_groups,) of what the network leaves of hidden modalities of the held-out rows, followed as far as it helps."""
        parts: dict[str, Tensor] = {}
        for name, left, found, _, asked in self.held_out(rows):
            each = torch.stack([left.square(), left * found, found.square(), torch.ones_like(left)]) * asked
            parts[name] = parts.get(name, torch.zeros(1)) + each.mean(-1).sum(-1).cpu()
        # (n_modalities, 4, n_groups)
        sums = torch.stack([torch.zeros(4, int(group.max()) + 1).index_add_(1, group, part) for part in parts.values()])
        left, match, size, count = sums.unbind(1)
        follow = (match / size.clamp_min(1e-12)).clamp(0, 1)
        return (left - 2 * follow * match + follow**2 * size).sum(0) / count.sum(0).clamp_min(1)

    def _left(self, batch: Minibatch) -> dict[str, Tensor]:
        parts = batch.scores[:, :, 0].split(list(self.asked.values()), dim=-1)
        return dict(zip(self.asked, parts, strict=True))
