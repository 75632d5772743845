"""What a step promises: `normalize(values)`, which looks at one sample at a time, and `NEEDS`, what its values must be.

Nothing is learned across samples, so a step cannot leak. What needs a reference of training samples (quantiles, quotients) is learned
per fold: see `mmomics/preparation`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mmomics import plugins
from mmomics.errors import UserError, did_you_mean

BLOCK = 1 << 20  # values that are looked at in one go


@dataclass(frozen=True)
class Needs:
    """What the values of a step must be; a missing value is always allowed.

    Attributes
    ----------
    low, high : float
        The range, both ends included.
    above : bool
        The lower end itself is left out.
    cure : str
        What to do where a value is outside.
    """

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    cure: str = "take the step out, or put one before it that gives such values"

    def outside(self, values: np.ndarray) -> np.ndarray:
        """Which values the step cannot take, bool of the same shape; NaN never."""
        below = values <= self.low if self.above else values < self.low
        out: np.ndarray = below | (values > self.high)
        return out

    def __str__(self) -> str:
        if math.isinf(self.low):
            return "any number"
        if math.isinf(self.high):
            return f"{'>' if self.above else '>='} {self.low:g}"
        return f"in {self.low:g}..{self.high:g}"


class Step(Protocol):
    """A file of this folder."""

    NEEDS: Needs

    normalize: Callable[[np.ndarray], np.ndarray]
    # float (n_samples, n_features) -> the same shape; NaN stays NaN, the argument is left alone, infinity never comes out


def known(steps: Sequence[str], where: object) -> None:
    """Check that every step is there, without importing it.

    Raises
    ------
    UserError
        If one is not; the message has the nearest name, or the choices.
    """
    choices = plugins.names("normalization")
    for step in steps:
        if step not in choices:
            raise UserError(f"{where}: normalize", f"there is no step '{step}'", did_you_mean(step, choices))


def apply(steps: Sequence[str], values: np.ndarray, where: object) -> np.ndarray:
    """Take the steps one after another.

    Parameters
    ----------
    steps : sequence of str
        Files of this folder, in order; none leaves the values as they are.
    values : array, float (n_samples, n_features)
        NaN = missing.
    where : object
        Named in the message.

    Returns
    -------
    array, float32 (n_samples, n_features)

    Raises
    ------
    UserError
        If a step is not there, or cannot take what it is given.
    """
    known(steps, where)
    out = values if not steps else values.copy()
    for step in steps:
        module = plugins.load("normalization", step, where)
        n_outside, first = 0, math.nan
        for rows in blocks(out):
            outside = module.NEEDS.outside(out[rows])
            if outside.any():
                first = out[rows][outside][0] if not n_outside else first
                n_outside += int(outside.sum())
        if n_outside:
            raise UserError(
                f"{where}: normalize", f"step '{step}' needs values {module.NEEDS}, but {n_outside} of {values.size} are not "
                f"(the first is {first:g})", module.NEEDS.cure,
            )  # fmt: skip
        for rows in blocks(out):
            out[rows] = module.normalize(out[rows])
    return out.astype(np.float32, copy=out is values)


def blocks(values: np.ndarray) -> Iterator[slice]:
    """Runs of rows with about `BLOCK` values each: what is worked out of a block takes little memory beside the table."""
    step = max(BLOCK // max(values.shape[1], 1), 1)
    return (slice(start, start + step) for start in range(0, len(values), step))
