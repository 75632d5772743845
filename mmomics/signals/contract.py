"""What a kind of signal promises: `ROLES`, `FEATURES`, `Params` and `features(record, params)`.

`ROLES` maps a role to its `Role`; `Params` holds literal defaults; `features` gives a number for every name in `FEATURES` (NaN where
it cannot be told) from a record whose channels are called by their roles and stand in their units, with NaN for gaps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from mmomics.devices.record import Record


@dataclass(frozen=True)
class Role:
    """A channel that a kind of signal looks for.

    Attributes
    ----------
    names : tuple of str
        Usual names of the channel, the best first; compared without case, spaces and punctuation.
    unit : str
        The unit that features are computed in ("" = any).
    low, high : float
        What a reading can be; anything else is a gap.
    needed : bool
        Without it there is nothing to say.
    """

    names: tuple[str, ...]
    unit: str = ""
    low: float = -np.inf
    high: float = np.inf
    needed: bool = True


@dataclass(frozen=True)
class Feature:
    """One number that is made of a record: its name, unit, meaning and source."""

    name: str
    unit: str
    meaning: str
    reference: str = ""


@dataclass
class Params:
    """Settings of a kind of signal; each kind declares its own subclass with literal defaults."""


class Signal(Protocol):
    """A file of this folder."""

    ROLES: dict[str, Role]
    FEATURES: tuple[Feature, ...]
    Params: type[Params]

    features: Callable[[Record, Any], dict[str, float]]


# A kind may also define `worn(record, params) -> bool array (n_times,)`: samples at which the device was worn.
