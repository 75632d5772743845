"""One random stream per member, so that a member's numbers never depend on which others train beside it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Streams:
    """Random numbers with a leading member dimension, each member's drawn from a generator of its own.

    Parameters
    ----------
    seeds : sequence of int
        One seed per member.
    """

    def __init__(self, seeds: Sequence[int], device: torch.device | str = "cpu") -> None:
        self.seeds = list(seeds)
        self.device = torch.device(device)
        self.generators = [torch.Generator().manual_seed(seed) for seed in self.seeds]

    def __len__(self) -> int:
        return len(self.seeds)

    def uniform(self, *shape: int) -> Tensor:
        """Uniform on [0, 1): (n_members, *shape)."""
        return self._fill("uniform_", shape)

    def normal(self, *shape: int) -> Tensor:
        """Standard normal: (n_members, *shape)."""
        return self._fill("normal_", shape)

    def permutation(self, rows: Sequence[Tensor], length: int) -> Tensor:
        """Each member's own rows in random order (n_members, length), begun anew where a member has fewer."""
        orders = []
        for own, generator in zip(rows, self.generators, strict=True):
            n_rounds = -(-length // len(own))
            orders.append(torch.cat([own[torch.randperm(len(own), generator=generator)] for _ in range(n_rounds)])[:length])
        return torch.stack(orders).to(self.device)

    def _fill(self, draw: str, shape: tuple[int, ...]) -> Tensor:
        out = torch.empty(len(self), *shape)
        for member, generator in zip(out.unbind(0), self.generators, strict=True):
            getattr(member, draw)(generator=generator)
        return out.to(self.device)
