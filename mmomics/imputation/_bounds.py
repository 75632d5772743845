"""What values a feature may take, as training showed: drawn values keep to it."""

from __future__ import annotations

import torch
from torch import Tensor

LEAST = 1e-6
FAR = 4.0  # standard deviations from an end, where it is not felt
NEWTON = 8  # steps
FLOOR = 0.02  # share of the training rows that stand at the smallest (largest) value: then it is an end, not just an extreme


class Bounds:
    """Of one modality's features, from training values (n_obs, n_vars), and whether each was measured (n_obs, n_vars) bool.

    A feature of two values (mutated or not) is drawn as a Bernoulli variable; one that stops at a value, such as counts at zero, is not
    drawn beyond it, and moved so that its draws keep their mean. No mean leaves the range of the training values; that of a feature that
    was never measured stays at nought.
    """

    def __init__(self, values: Tensor, there: Tensor) -> None:
        n, infinity = there.sum(0), torch.full_like(values[0], float("inf"))
        self.low = torch.where(n > 0, values.where(there, infinity).amin(0), 0.0)
        self.high = torch.where(n > 0, values.where(there, -infinity).amax(0), 0.0)
        at_low, at_high = (values == self.low) & there, (values == self.high) & there
        self.two = (at_low | at_high | ~there).all(0) & (self.low < self.high)
        fewest = (FLOOR * n).clamp_min(2)
        self.floor = torch.where(at_low.sum(0) >= fewest, self.low, -infinity)
        self.ceiling = torch.where(at_high.sum(0) >= fewest, self.high, infinity)
        self.rarest = 0.5 / n.clamp_min(1)

    def moments(self, mean: Tensor, sd: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation (n_obs, n_vars) that such features can have."""
        mean = mean.clamp(self.low, self.high)
        share, width = self._share(mean), self.high - self.low
        return torch.where(self.two, self.low + share * width, mean), torch.where(self.two, (share * (1 - share)).sqrt() * width, sd)

    def draw(self, mean: Tensor, sd: Tensor, noise: Tensor) -> Tensor:
        """Values (n_obs, n_vars) from their moments and standard normal noise, which features may share."""
        mean = mean.clamp(self.low, self.high)
        below, above = ((gap / sd.clamp_min(LEAST)) for gap in (mean - self.floor, self.ceiling - mean))
        shift = torch.where(below <= above, _lowered(below), -_lowered(above))
        value = torch.clamp(mean + sd * (noise + shift), self.floor, self.ceiling)
        return torch.where(self.two, torch.where(torch.special.ndtr(noise) > 1 - self._share(mean), self.high, self.low), value)

    def _share(self, mean: Tensor) -> Tensor:
        """Chance of the larger of two values; never quite 0 or 1."""
        return ((mean - self.low) / (self.high - self.low).clamp_min(1e-12)).clamp(self.rarest, 1 - self.rarest)


def _lowered(gap: Tensor) -> Tensor:
    """By how much (0 at most) a standard normal variable is to be moved for its mean to stay where it was when it is cut so far below it.

    The mean of a variable cut at nought, of mean a before, is phi(a) + a Phi(a): solved for a by Newton's method, from above.
    """
    a = gap.clamp(0.0, FAR)
    asked = a
    for _ in range(NEWTON):
        below = torch.special.ndtr(a)
        a = (a - (torch.exp(-0.5 * a.square()) / (2 * torch.pi) ** 0.5 + a * below - asked) / below.clamp_min(LEAST)).clamp_min(-FAR)
    return a - asked
