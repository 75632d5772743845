"""The channels that a kind of signal looks for, among those that a record has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mmomics.config.modality import Device
from mmomics.devices._series import bare, unit
from mmomics.devices.record import Record
from mmomics.errors import UserError, did_you_mean, listed
from mmomics.signals import contract
from mmomics.signals._units import convert, convertible, plain

ODD = 0.05  # share of readings that cannot be, from which a channel is taken for something else


def choose(records: Sequence[Record], device: Device, where: str) -> list[Record]:
    """The records of one subject that have what the signal needs, with channels called by their roles and in their units.

    Parameters
    ----------
    records : sequence of Record
        All that was read of the subject: of several files, or of several rates of one file.
    device : Device
        `channels` and `units` go over the usual names and over what the file says.
    where : str
        Place of the modality, for messages.

    Returns
    -------
    list of Record
        Empty if none has the channels. A reading that the role cannot have is a gap, and counted in `Record.impossible`.

    Raises
    ------
    UserError
        If a unit is not understood or cannot be the one that readings are in.
    """
    roles = contract.roles_of(device, where)
    if not roles:  # the kind looks at annotations
        scored = [record for record in records if len(record.annotations)]
        found = list({record.source: record for record in reversed(scored)}.values())[::-1] or list(records[:1])  # one of each file's rates
        timed = getattr(contract.load(device, where), "timed", None)
        return [timed(record) for record in found] if timed else found
    kind, params = contract.load(device, where), contract.params(device, where)
    out = []
    for record in records:
        if (places := _places(record, roles, device)) is None:
            continue
        chosen = _called(record, places, roles, device)
        if hasattr(kind, "settled"):
            said = {role: _said(record, place, role, device) for role, place in places.items()}
            chosen = kind.settled(chosen, said, device, params)
        out.append(chosen)
    return out


def lacking(records: Sequence[Record], device: Device, where: str) -> UserError:
    """The complaint that none of the records has the channels."""
    roles = contract.roles_of(device, where)
    there = listed(dict.fromkeys(channel for record in records for channel in record.channels), 12) or "none"
    wanted = " and ".join(f"'{role}' ({listed(names_of(role, roles[role], device), 4)})" for role in roles if _needed(role, roles, device))
    source = listed(dict.fromkeys(record.source for record in records), 2)
    return UserError(source, f"has no channel for {wanted}; its channels: {there}", f"name it in `{where}.channels`")


def names_of(role: str, about: contract.Role, device: Device) -> tuple[str, ...]:
    """The names that a channel of a role may have, the best first."""
    given = device.channels.get(role)
    if given is None:
        return about.names
    return (given,) if isinstance(given, str) else tuple(given)


def _needed(role: str, roles: dict[str, contract.Role], device: Device) -> bool:
    return roles[role].needed or role in device.channels


def _places(record: Record, roles: dict[str, contract.Role], device: Device) -> dict[str, int] | None:
    """The channel of every role that a record has; None if it lacks one that is needed."""
    places: dict[str, int] = {}
    for role, about in roles.items():
        place = _place(record.channels, names_of(role, about, device), set(places.values()))
        if place is not None:
            places[role] = place
        elif _needed(role, roles, device):
            return None
    return places


def _said(record: Record, place: int, role: str, device: Device) -> str:
    """The unit of a channel, as the user or the file says it; "" if neither does."""
    return device.units.get(role) or record.units[place] or unit(record.channels[place])


def _called(record: Record, places: dict[str, int], roles: dict[str, contract.Role], device: Device) -> Record:
    """A record with its channels called by their roles."""
    signal = np.empty((len(record), len(places)), dtype=np.float32)
    units, impossible = [], 0.0
    for column, (role, place) in enumerate(places.items()):
        about = roles[role]
        said = _said(record, place, role, device)
        have = said or about.unit
        where = f"{record.source}, channel '{record.channels[place]}'"
        values = convert(record.signal[:, place], have, about.unit, where)
        possible = _possible(values, about)
        _doubt(record.signal[:, place], values, possible, _Reading(role, about, have, role in device.units, where))
        signal[:, column] = np.where(possible, values, np.nan)
        read = ~np.isnan(record.signal[:, place])
        impossible = max(impossible, float((read & ~possible).sum() / max(read.sum(), 1)))
        units.append(about.unit or said)
    return replace(record, signal=signal, channels=tuple(places), units=tuple(units), impossible=impossible)


def _possible(values: np.ndarray, about: contract.Role) -> np.ndarray:
    """Which readings, in the role's unit, can be: bool (n_times,)."""
    with np.errstate(invalid="ignore"):
        return np.isfinite(values) & (values >= about.low) & (values <= about.high)


@dataclass(frozen=True)
class _Reading:
    """What a channel is taken for: its role and unit, whether the user says the unit, and its place for messages."""

    role: str
    about: contract.Role
    unit: str
    told: bool
    where: str


def _doubt(raw: np.ndarray, values: np.ndarray, possible: np.ndarray, reading: _Reading) -> None:
    """Refuse a channel (n_times,) of which more than `ODD` cannot be: what is left would be chosen by its value.

    Zeros that cannot be, and one value that comes again and again (-1, 255), are how devices write that nothing was read. A unit that
    the user says is believed, unless another one suits the readings.
    """
    about = reading.about
    odd = np.isfinite(raw) & ~possible & (raw != 0)
    share = odd.sum() / max(odd.sum() + possible.sum(), 1)
    if share <= ODD or (raw[odd] == raw[odd][0]).all():
        return
    read = raw[odd | possible]
    sizes = convertible(about.unit)
    own = {plain(unit): size for unit, size in sizes.items()}.get(plain(reading.unit))
    others = {size: unit for unit, size in reversed(sizes.items()) if size != own}  # of units of one size the first
    suits = [unit for size, unit in others.items() if _possible(read * size, about).mean() >= 1 - ODD]
    if reading.told and not suits:
        return
    low, high = (
        f"{convert(np.array([limit], dtype=float), about.unit, reading.unit, reading.where)[0]:g}" for limit in (about.low, about.high)
    )
    unit = f" {reading.unit}" if reading.unit else ""
    problem = f"{share:.0%} of its readings are not within {low} to {high}{unit}"
    if suits:
        cure = f"set {' or '.join(f'`units: {{{reading.role}: {unit}}}`' for unit in suits)}"
        raise UserError(reading.where, f"{problem}, which looks like {' or '.join(suits)}", cure)
    mixed = [unit for size, unit in others.items() if _possible(raw[odd] * size, about).mean() >= 1 - ODD]
    if mixed:
        cure = f"convert them, or say the unit of the others (`units: {{{reading.role}: ...}}`), and these are gaps"
        raise UserError(reading.where, f"{problem}, which look like {' or '.join(mixed)}, and the others do not", cure)
    cure = f"name another channel in `channels`, or say its unit (`units: {{{reading.role}: ...}}`), and they are gaps"
    raise UserError(reading.where, problem, cure)


def _place(channels: Sequence[str], names: Sequence[str], taken: set[int]) -> int | None:
    """Position of the first name that is there: as it is written, without case, blanks and punctuation, or without the unit behind it."""
    for name in names:
        for alike in (str, _folded, _unitless):
            wanted = alike(name)
            places = [place for place, channel in enumerate(channels) if wanted and alike(channel) == wanted and place not in taken]
            if places:
                return places[0]
    return None


def _folded(name: str) -> str:
    return re.sub(r"[\W_]", "", plain(name))


def _unitless(name: str) -> str:
    return _folded(bare(name))


def check(device: Device, where: str) -> None:
    """Roles in `channels` and `units` are those of the signal.

    Raises
    ------
    UserError
        If one is not.
    """
    roles = contract.roles_of(device, where)
    for key, named in (("channels", device.channels), ("units", device.units)):
        for role in named:
            if role not in roles:
                raise UserError(f"{where}.{key}", f"'{device.signal}' knows no role '{role}'", did_you_mean(role, roles))
