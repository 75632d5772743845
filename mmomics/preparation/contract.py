"""What a step of the preprocessing promises: learned on training rows, kept as plain arrays, applied to any row by itself.

`reference`, `batch`, `transform` and `fill` hold steps: a file's `STEP` is a frozen dataclass that extends `Step`. `select` and
`scale` only choose and measure: a file of `select` holds ``choose(x, sd, obs, n)``, one of `scale` holds ``measure(x)``.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from mmomics import keys, plugins

STEPS = ("reference", "batch", "transform", "fill")  # places of steps, in the order in which they are applied
PLACES = (*STEPS, "select", "scale")


@dataclass(frozen=True)
class Obs:
    """What is known of some rows beside their values.

    Attributes
    ----------
    table : DataFrame (n_obs rows)
        May hold `batch`, and the outcome, which only a selection looks at, and only while it is learned.
    task : str
        Of the outcome; empty if there is none.
    """

    table: pd.DataFrame
    task: str = ""

    @property
    def batch(self) -> np.ndarray:
        """Technical batch of each row, str (n_obs,); empty where it is not known."""
        if keys.BATCH not in self.table:
            return np.full(len(self.table), "", dtype=object)
        cells = self.table[keys.BATCH]
        return cells.astype(str).where(cells.notna(), "").to_numpy(dtype=object)


@dataclass(frozen=True)
class Step(ABC):
    """One step. Fields that are arrays are saved as tensors, whose last axis is the features; other fields go to JSON."""

    needs_batch: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def fit(cls, x: np.ndarray, obs: Obs) -> Self:
        """Learn from training rows x, float32 (n_rows, n_vars), NaN = missing."""

    @abstractmethod
    def apply(self, x: np.ndarray, obs: Obs) -> np.ndarray:
        """The rows after the step, float32 (n_obs, n_vars). `x` may be overwritten; no row may depend on another."""

    def undo(self, x: np.ndarray) -> np.ndarray:
        """Values after the step brought back to what they were before, where that can be said without knowing the sample."""
        return x

    def part(self, places: np.ndarray) -> Self:
        """The step for some of its features, by their positions."""
        return dataclasses.replace(self, **{key: np.ascontiguousarray(array[..., places]) for key, array in _arrays(self).items()})


def step(place: str, name: str) -> type[Step]:
    """The class of a step, by the place where it stands and the name that users write."""
    found: type[Step] = plugins.load(f"preparation/{place}", name, f"prepare.{place}").STEP
    return found


def pack(step: Step) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """A step as arrays and metadata for JSON; `unpack` undoes it."""
    arrays = _arrays(step)
    rest = {field.name: getattr(step, field.name) for field in dataclasses.fields(step) if field.name not in arrays}
    return arrays, {"name": type(step).__module__.rpartition(".")[2], **rest}


def unpack(place: str, arrays: Mapping[str, np.ndarray], about: Mapping[str, Any]) -> Step:
    """The step that `pack` took apart."""
    return step(place, about["name"])(**arrays, **{key: value for key, value in about.items() if key != "name"})


def _arrays(step: Step) -> dict[str, np.ndarray]:
    values = {field.name: getattr(step, field.name) for field in dataclasses.fields(step)}
    return {key: value for key, value in values.items() if isinstance(value, np.ndarray)}
