"""What a kind of signal promises: `ROLES`, `FEATURES`, `Params` and `features(record, params)`.

`ROLES` maps a role to its `Role`; `Params` holds literal defaults; `features` gives a number for every name in `FEATURES` (NaN where
it cannot be told) from a record whose channels are called by their roles and stand in their units, with NaN for gaps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from mmomics import plugins
from mmomics.config.duration import seconds
from mmomics.config.modality import Device
from mmomics.config.params import check_param
from mmomics.devices.record import Record
from mmomics.errors import UserError, did_you_mean


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


# A kind may also define `worn(record, params) -> bool array (n_times,)`: samples at which the device was worn, and
# `even(record) -> Record`: what both that and coverage are told of, where steps have many lengths. One without roles, that looks at
# annotations, defines `recorded(record, params) -> float` instead: the seconds that they tell of, and `between(record) -> float`,
# those between parts of a whole record (nights) that are no gap; and it may define
# `timed(record) -> Record`, which says how long those last whose duration the file leaves open, before records are cut to windows.
# `settled(record, said, device, params) -> Record` is what it makes of a whole record before that is cut: `said` has the units of the
# channels as the file or the user gives them.
# `SPARSE = True`: devices read so rarely that others write what lies between, which is told.
# `DAILY = True`: some features look at the time of day, so times in UTC without `time_zone` are told.


EPOCH = 60.0  # s: gaps up to this count as recorded (see `_coverage`); a kind whose samples come more often says so by its own `EPOCH`


def load(device: Device, where: str) -> Any:
    """The module of a device's signal."""
    return plugins.load("signals", device.signal, f"{where}.signal")


def per_channel(device: Device) -> bool:
    """Whether a kind takes any channels, and makes the same features of each: `PER_CHANNEL = True`."""
    return bool(plugins.constant("signals", device.signal, "PER_CHANNEL", default=False))


def roles_of(device: Device, where: str) -> dict[str, Role]:
    """The roles of a device's channels: those of its signal, or, of a kind that takes any channels, those that the user names.

    Raises
    ------
    UserError
        If there is no such signal, or the channels have to be named and are not.
    """
    kind = load(device, where)
    if not per_channel(device):
        roles: dict[str, Role] = kind.ROLES
        return roles
    if not device.channels:
        raise UserError(f"{where}.channels", f"'{device.signal}' takes any channel, so they have to be named", "write {mass: body_mass}")
    return {role: Role((role,)) for role in device.channels}


def features_of(device: Device, where: str) -> tuple[Feature, ...]:
    """The features that a device gives: those of its signal, or `<role>_<feature>` for each channel of a kind that takes any."""
    kind = load(device, where)
    features: tuple[Feature, ...] = kind.FEATURES
    if not per_channel(device):
        return features
    return tuple(
        replace(feature, name=f"{role}_{feature.name}", unit=feature.unit.replace("{unit}", device.units.get(role, "")).strip())
        for role in device.channels
        for feature in features
    )


def params(device: Device, where: str) -> Any:
    """The settings of a device's signal: its defaults with the changes of the cohort file.

    Raises
    ------
    UserError
        If the signal does not know a parameter or cannot take its value.
    """
    defaults = plugins.defaults("signals", device.signal)
    for name, value in device.params.items():
        if name not in defaults:
            cure = did_you_mean(name, defaults) if defaults else "it takes none"
            raise UserError(f"{where}.params", f"'{device.signal}' has no parameter '{name}'", cure)
        check_param(f"{where}.params", name, value, defaults[name])
    return load(device, where).Params(**device.params)


def epoch(device: Device, where: str) -> float:
    """Gaps up to this (s) count as recorded: the kind's, or the native cadence."""
    own = float(getattr(load(device, where), "EPOCH", EPOCH))
    if not device.step:
        return own
    # a cadence that is stated says when a reading is due, also of a kind that takes them as rarely as they come
    return seconds(device.step) if own == float("inf") else max(own, seconds(device.step))
