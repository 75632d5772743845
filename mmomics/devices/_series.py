"""Timed rows of a table become records: order, repeats, zone, native cadence and sampling rate."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo

import numpy as np
import pandas as pd

from mmomics.config.duration import seconds
from mmomics.config.modality import Device
from mmomics.devices import _cadence, _clock
from mmomics.devices.contract import EmptyRecordError
from mmomics.devices.record import Record
from mmomics.errors import UserError

BRACKETED = re.compile(r"[(\[]\s*([^()\[\]]+?)\s*[)\]]$")
BARE = re.compile(r"\b(mg/dL|mmol/L)$", re.IGNORECASE)
UNITS = {"bpm", "v", "mv", "uv", "µv", "μv", "g", "mg", "s", "ms", "min", "h", "hz", "c", "lux", "lx", "counts", "steps", "kcal", "cal",
         "j", "kj", "w", "mmhg", "kpa", "m", "km", "kg", "met", "mets", "us", "µs", "μs", "u"}  # fmt: skip
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
BESIDE_STEPS = {"step", "steps", "total", "sum", "count", "counts", "number", "of", "no", "num", "n", "value", "taken", "per", "min",
                "minute", "hour", "hourly", "day", "daily"}  # fmt: skip


@dataclass(frozen=True)
class Channel:
    """A channel of a table: a column, or sixty that hold the minutes of an hour, ``Steps00`` to ``Steps59``.

    Attributes
    ----------
    name : str
        What the column is called, or what the names of the sixty begin with.
    places : tuple of int (1,) or (60,)
        Where its columns stand, by minute.
    """

    name: str
    places: tuple[int, ...]


@dataclass(frozen=True)
class Rows:
    """Rows of one subject as they stand in a file.

    Attributes
    ----------
    times : array, int64 (n_rows,)
        Nanoseconds: since 1970 in UTC (`clock` is "utc"), since 1970 on the wall clock ("local"), or since the device began ("none").
    values : array, float32 (n_rows, n_channels)
    channels, units : sequence of str
    clock : str
    where : callable
        Place of a row in the file ("x.csv line 7"), for messages.
    subject : str or None
    source : str
    zone : tzinfo or None
        In which times in UTC were written; None is UTC.
    """

    times: np.ndarray
    values: np.ndarray
    channels: Sequence[str]
    units: Sequence[str]
    clock: str
    where: Callable[[int], str]
    source: str
    subject: str | None = None
    zone: tzinfo | None = None


def unit(name: str) -> str:
    """The unit that the name of a column ends with, `gl (mg/dL)`, `Historic Glucose mg/dL`, or says otherwise, `StepTotal`; "" if none.

    >>> unit("gl (mg/dL)"), unit("Calories (Activity)"), unit("StepTotal"), unit("step width")
    ('mg/dL', '', 'steps', '')
    """
    words = {word.casefold() for word in WORD.findall(name)}
    if words & {"step", "steps"} and words <= BESIDE_STEPS:
        return "steps"
    found = BRACKETED.search(name.strip())
    if found and (found[1].casefold() in UNITS or re.search(r"[/%°]", found[1])):
        return found[1]
    bare = BARE.search(name.strip())
    return bare[1] if bare else ""


def bare(name: str) -> str:
    """The name of a column without the unit that it ends with.

    >>> bare("gl (mg/dL)"), bare("Calories (Activity)")
    ('gl', 'Calories (Activity)')
    """
    plain = name.strip()
    return (BRACKETED if BRACKETED.search(plain) else BARE).sub("", plain).strip(" ,_") if unit(plain) else plain


def records(rows: Rows, device: Device) -> Iterator[Record]:
    """One record per set of channels that share their times.

    Its clock stands in `time_zone`, or else at the offset that the times were written with. Times in UTC (`Z`, seconds since 1970) need
    `time_zone` for night to be told from day.

    Times may run backwards as a whole (newest first). Rows of the same time are one row where they do not contradict one another;
    anything else that does not move forward is an error, as sorting would hide two exports that were pasted together.

    Raises
    ------
    UserError
        If times repeat with other values or go back, or do not fit the zone.
    """
    if len(rows.times) == 0:
        raise EmptyRecordError(rows.source, "has no rows", "give a file with values")
    times, values, where, zone = rows.times, rows.values, rows.where, None
    if len(times) > 1 and times[-1] < times[0] and (np.diff(times) <= 0).all():
        times, values, where = times[::-1], values[::-1], lambda place: rows.where(len(rows.times) - 1 - place)
    if rows.clock != "none":
        written = pd.DatetimeIndex(times, tz="UTC" if rows.clock == "utc" else None)
        index = _clock.localised(written if rows.zone is None else written.tz_convert(rows.zone), device, where)
        times, zone = index.asi8, index.tz
    times, values = _forward(times, values, where, naive=rows.clock == "local" and zone is None)
    for at, columns, found in _by_times(times, values, device):
        fs = _clock.rate(at)
        yield Record(
            found, tuple(rows.channels[column] for column in columns), tuple(rows.units[column] for column in columns),
            fs=fs, times=None if fs else (at - at[0]) / 1e9, start=None if rows.clock == "none" else pd.Timestamp(int(at[0]), tz=zone),
            subject=rows.subject, source=rows.source, time_format=device.time_format,
        )  # fmt: skip


def _forward(times: np.ndarray, values: np.ndarray, where: Callable[[int], str], naive: bool) -> tuple[np.ndarray, np.ndarray]:
    """Rows in strictly increasing time: those of the same time become one."""
    steps = np.diff(times)
    back = np.flatnonzero(steps < 0)
    if len(back):
        raise UserError(
            where(int(back[0]) + 1), f"goes back in time by {-steps[back[0]] / 1e9:g} s",
            "sort the rows, or split exports that were pasted together" + (", or set `time_zone` if the clocks went back" if naive else ""),
        )  # fmt: skip
    first = np.flatnonzero(np.r_[True, steps > 0])
    if len(first) == len(times):
        return times, values
    low, high = np.fmin.reduceat(values, first), np.fmax.reduceat(values, first)  # a gap does not contradict a value
    wrong = np.flatnonzero((low < high).any(axis=1))
    if len(wrong):
        place = int(first[wrong[0]])
        raise UserError(
            where(place + 1),
            f"has the time of {where(place)}, and other values",
            "keep one of them, or split the file by what they measure" + (", or set `time_zone` if the clocks went back" if naive else ""),
        )
    return times[first], low


def _by_times(times: np.ndarray, values: np.ndarray, device: Device) -> Iterator[tuple[np.ndarray, list[int], np.ndarray]]:
    """Times (n_times,), columns, and values (n_times, n_columns) of the channels that share their times."""
    if device.step is None:
        yield times, list(range(values.shape[1])), values
        return
    step = round(seconds(device.step) * 1e9)
    groups: dict[bytes, tuple[np.ndarray, list[int]]] = {}
    for column in range(values.shape[1]):
        kept = _cadence.native(times, values[:, column], step)
        if len(kept):
            groups.setdefault(kept.tobytes(), (kept, []))[1].append(column)
    for kept, columns in groups.values():
        yield times[kept], columns, values[kept][:, columns]
