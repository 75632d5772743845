"""Time series in tables: csv, tsv, txt, parquet or xlsx, a column per channel (or per minute of an hour) or long, one subject or many."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.config.modality import Device
from mmomics.devices import _clock, _fitabase, _times
from mmomics.devices._parts import PARQUET, parts
from mmomics.devices._series import Channel, Rows, bare, records, unit
from mmomics.devices.contract import EmptyRecordError
from mmomics.devices.record import Record, named
from mmomics.errors import UserError, did_you_mean
from mmomics.tables import _grouped, _units, xlsx

SUFFIXES = (".csv", ".tsv", ".txt", ".tab", *PARQUET, *xlsx.SUFFIXES)
COMPRESSED = True
USUAL = (
    ("timestamp",), ("datetime",), ("devicetimestamp",), ("date", "time"), ("time",), ("date",), ("measurementtime",), ("recordtime",),
    ("times",), ("seconds",), ("epoch",), ("unixtime",), ("t",), ("ts",),
    *((name,) for name in _fitabase.TIMES),
)  # fmt: skip
DEVICE = re.compile(r"(source[ _]?)?(device|sensor|monitor|serial)([ _]?(id|name|number|no|serial))*", re.IGNORECASE)
OFTEN = 10  # changes per device from which rows of several alternate: a sensor that is replaced changes once
log = logging.getLogger(__name__)
MINUTES = np.arange(60, dtype=np.int64) * 60 * 10**9  # nanoseconds


def read(path: Path, device: Device) -> Iterator[Record]:
    """One record per subject, and per set of channels with times of their own; see `Format.read`.

    Columns that hold text, have no name or hold time or subject are no channels, and sixty that hold the minutes of an hour are one.
    Without `channels` all others are, and a word among their numbers is an error; with `channels`, only in those.
    """
    table = _Table(path, device)
    for part, line in parts(path, device, table.settle):
        table.add(part, line)
    yield from table.records()


class _Table:
    """What is gathered of a table, part by part."""

    def __init__(self, path: Path, device: Device) -> None:
        self.path, self.device = path, device
        self.times: list[np.ndarray] = []
        self.lines: list[np.ndarray] = []
        self.values: list[np.ndarray] = []
        self.keys: dict[tuple[str, ...], int] = {}  # subject, and channel of a long table -> its number
        self.owner: list[np.ndarray] = []
        self.clock: str | None = None
        self.zones: dict[int, tzinfo | None] = {}  # of the first time of every key
        self.devices: set[str] = set()  # whose rows they are, where a column says so, and how often that changes
        self.changes = 0
        self.units: list[pd.DataFrame] = []  # of a long table: columns `of` (the channel) and `unit`, each pair once a part
        self.text: set[Channel] = set()
        names = [[names] if isinstance(names, str) else names for names in device.channels.values()]
        self.named = {alike(name) for role in names for name in role}

    def settle(self, columns: Sequence[str], row: Sequence[str]) -> list[int]:
        """Learn which column is what, by the header; places of those that hold text, by the first row."""
        device, path = self.device, self.path
        self.columns = [name.strip() for name in columns]
        self.time = [self.columns.index(name) for name in _clock.find(self.columns, device, path, USUAL)]
        if (device.channel is None) != (device.value is None):
            raise UserError(path, "only one of `channel` and `value` is set", "a long table needs both")
        first = "".join(row[self.time[0] :][:1])
        owners = [("subject", device.subject), ("channel", device.channel)]
        self.owners = [self.place(key, name) for key, name in owners if name is not None]
        self.long = device.channel is not None
        if len(self.time) == 1 and device.time_format is None and (form := _fitabase.time_format(self.columns, self.time[0], first)):
            self.device = device.model_copy(update={"time_format": form})
        taken = {*self.time, *self.owners}
        data = (
            [self.place("value", device.value)] if device.value is not None
            else [at for at, name in enumerate(self.columns) if at not in taken and name and not name.startswith("Unnamed:")]
        )  # fmt: skip
        self.maker = next((at for at, name in enumerate(self.columns) if at not in taken and DEVICE.fullmatch(name)), None)
        beside = [name for at, name in enumerate(self.columns) if at not in taken] if self.long else []
        self.unit = next((self.columns.index(name) for name in _units.columns(beside, str(device.value))), None)
        self.channels = [] if self.long else _fitabase.hourly(self.columns, self.time)
        self.channels = self.channels or [Channel(self.columns[at], (at,)) for at in data]
        if device.step is not None and self.named and not self.long:
            self.channels = [each for each in self.channels if alike(each.name) in self.named]
        if not self.channels:
            raise UserError(path, "has no column besides its time", "set `delimiter`, or name its channels in `channels`")
        counted = len(self.time) == 1 and first.replace(".", "", 1).isdigit()
        return self.owners if counted else [*self.time, *self.owners]

    def place(self, key: str, name: str) -> int:
        if name.strip() not in self.columns:
            raise UserError(self.path, f"no column '{name}' for `{key}`", did_you_mean(name, [each for each in self.columns if each]))
        return self.columns.index(name.strip())

    def where(self, line: int) -> str:
        return f"{self.path} {'row' if self.path.suffix.lower() in (*PARQUET, *xlsx.SUFFIXES) else 'line'} {line}"

    def add(self, part: pd.DataFrame, line: int) -> None:
        """Rows whose first stands in line `line` of the file; rows without a cell are skipped."""
        lines = np.arange(line, line + len(part))
        filled = part.notna().any(axis=1).to_numpy()
        part, lines = part[filled], lines[filled]
        if part.empty:
            return
        for at in (*self.time, *self.owners):
            missing = part[at].isna().to_numpy()
            if missing.any():
                raise UserError(
                    self.where(lines[missing.argmax()]), f"column '{self.columns[at]}' is empty", "fill it in, or take the row out"
                )
        cells = part[self.time[0]] if len(self.time) == 1 else part[self.time].astype(str).agg(" ".join, axis=1)
        times, clock = _times.parse(cells, self.device, lambda at: self.where(lines[at]))
        if self.clock not in (None, clock):
            raise UserError(self.where(lines[0]), "times are written in another way than before", "write all of them in one way")
        self.clock = clock
        if self.maker is not None and not self.owners:
            makers = part[self.maker].astype(str).to_numpy()
            self.devices |= set(makers)
            self.changes += int((makers[1:] != makers[:-1]).sum())
        n = len(self.channels[0].places)
        self.times.append(np.add.outer(times, MINUTES[:n]).ravel())
        self.lines.append(np.repeat(lines, n))
        self.values.append(np.column_stack([self.readings(part, each, lines) for each in self.channels]))
        owner = np.zeros(1, dtype=int)
        if self.owners:
            columns = [part[at].astype(str).str.strip() for at in self.owners]
            groups = pd.MultiIndex.from_arrays(columns)
            codes, keys = groups.factorize()
            known = np.array([self.keys.setdefault(tuple(key), len(self.keys)) for key in keys])
            owner = known[codes]
            self.owner.append(np.repeat(owner, n))
            if self.unit is not None:
                units = part[self.unit].map(str, na_action="ignore").astype(object)
                self.units.append(pd.DataFrame({"of": columns[-1], "unit": units}).drop_duplicates())
        if clock == "utc":
            for key, place in zip(*np.unique(owner, return_index=True), strict=True):
                if key not in self.zones:
                    self.zones[key] = _times.offset(cells.iloc[place : place + 1], self.device)

    def readings(self, part: pd.DataFrame, channel: Channel, lines: np.ndarray) -> np.ndarray:
        """What a channel says, row by row and minute by minute: float32 (n_rows * n_places,)."""
        return np.column_stack([self.numbers(part[at], at, lines, channel) for at in channel.places]).ravel()

    def numbers(self, cells: pd.Series, at: int, lines: np.ndarray, channel: Channel) -> np.ndarray:
        """A column of a channel as float32 (n_rows,); a channel of text, as its first column tells, is noted, and all NaN."""
        sign = self.device.decimal_sign
        wanted = self.long or (alike(channel.name) in self.named if self.named else at != channel.places[0])
        if self.device.thousands and cells.dtype == object:  # a word among them left separators in
            values = _grouped.parsed(cells, self.device.thousands_sign, sign).to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            values = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        wrong = np.isnan(values) & cells.notna().to_numpy()
        cure = _grouped.cure(str(cells.iloc[int(wrong.argmax())]), sign) if wrong.any() else ""
        if wrong.any() and not wanted and (self.named or (wrong.sum() * 2 > cells.notna().sum() and not cure)):
            self.text.add(channel)
            return np.full(len(cells), np.nan, dtype=np.float32)
        wrong |= np.abs(values) > np.finfo(np.float32).max
        if wrong.any() and channel not in self.text:
            place = int(wrong.argmax())
            raise UserError(
                f"{self.where(lines[place])}, column '{self.columns[at]}'", f"'{str(cells.iloc[place])[:40]}' is not a number",
                cure or "mend it, name it in `na_values` if it stands for a missing value, or set `decimal`",
            )  # fmt: skip
        return np.where(wrong, np.nan, values).astype(np.float32)

    def records(self) -> Iterator[Record]:
        if not self.times:
            raise EmptyRecordError(self.path, "has no rows below its header", "give a file with values")
        times, lines = np.concatenate(self.times), np.concatenate(self.lines)
        values = np.concatenate(self.values)
        self.times, self.lines, self.values = [], [], []
        if self.maker is not None and len(self.devices) > 1 and self.changes > OFTEN * len(self.devices):
            told = f"column '{self.columns[self.maker]}' names {len(self.devices)} devices in turn"
            log.warning("%s: %s, whose readings are taken for one: split the file if they are not", self.path, told)
        self.tell_units()
        kept = [place for place, channel in enumerate(self.channels) if channel not in self.text]
        if not kept:
            raise UserError(self.path, "no column holds numbers", "set `decimal` or `delimiter`, or name channels in `channels`")
        names = named([self.channels[place].name for place in kept])
        if len(kept) < len(self.channels):
            values = values[:, kept]
        if not self.owners:
            yield from records(self.rows(times, values, lines, names, 0), self.device)
            return
        owner = np.concatenate(self.owner)
        order = np.argsort(owner, kind="stable")
        edges = np.searchsorted(owner[order], np.arange(len(self.keys) + 1))
        for (key, number), low, high in zip(self.keys.items(), edges[:-1], edges[1:], strict=True):
            rows = order[low:high]
            subject = key[0] if self.device.subject is not None else None
            channels = (key[-1],) if self.long else names
            yield from records(replace(self.rows(times[rows], values[rows], lines[rows], channels, number), subject=subject), self.device)

    def tell_units(self) -> None:
        """Channels of a long table that stand in several units: their readings cannot be told apart by their values."""
        told = pd.concat(self.units, ignore_index=True) if self.units else pd.DataFrame({"of": [], "unit": []}, dtype=object)
        told = told[told["of"].map(alike).isin(self.named)] if self.named else told
        first, units, n = _units.several(told["unit"], told["of"])
        if n:
            others = f", as {'does' if n == 2 else 'do'} {n - 1} more" if n > 1 else ""
            problem = f"channel '{first}' stands in several units ({units}){others} and is read as if it were one"
            log.warning("%s column '%s': %s; convert its readings", self.path, self.columns[self.unit or 0], problem)

    def rows(self, times: np.ndarray, values: np.ndarray, lines: np.ndarray, names: Sequence[str], number: int) -> Rows:
        assert self.clock is not None
        zone = self.zones.get(number)

        def where(place: int) -> str:
            return self.where(int(lines[place]))

        return Rows(times, values, tuple(names), tuple(unit(name) for name in names), self.clock, where, str(self.path), zone=zone)


def alike(name: str) -> str:
    """The name of a channel as names are compared: without the unit behind it, case, blanks and punctuation."""
    return re.sub(r"[\W_]", "", bare(name)).casefold() or name.strip()
