"""Records of one device as AnnData: a row per specimen, the features of its stretch, and what was recorded when."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.assays.contract import RECORD
from mmomics.cohort import ids, specimens
from mmomics.cohort import samples as samples_table
from mmomics.cohort.quality import IMPOSSIBLE
from mmomics.cohort.records import FURTHER, STATUS
from mmomics.cohort.stretch import Stretch, cut
from mmomics.config import recordings
from mmomics.config.modality import Device, Windows
from mmomics.config.samples import Samples
from mmomics.devices import _cadence
from mmomics.devices._companion import joined
from mmomics.devices.contract import EmptyRecordError, choose
from mmomics.devices.record import SECOND, Record
from mmomics.errors import UserError, count
from mmomics.signals import _channels, _coverage, contract

log = logging.getLogger(__name__)
OK, SHORT, FAILED, OTHER, EMPTY = "ok", "too little coverage", "nothing to tell", "no such channel", "no reading in its file"


def ingest(name: str, device: Device, folder: str | Path, samples: Samples, frame: pd.DataFrame | None) -> anndata.AnnData:
    """Read a device's records one subject at a time, and make features of what belongs to each specimen.

    Parameters
    ----------
    name : str
        The modality, for messages.
    device : Device
        What its files are.
    folder : path
        Where they lie.
    samples : Samples
        How the samples table says when specimens were taken.
    frame : DataFrame or None
        The samples table as read; None: nobody is known, every id is a row of its own and only whole records can be used.

    Returns
    -------
    AnnData (n_specimens, n_features)
        One row per specimen whose subject has a record. `X` float32, all NaN where `obs["status"]` is not ok; `var` has unit,
        meaning and reference; `obs` has the record's file, its start and stop, minutes recorded, coverage (0..1) and share of readings
        that cannot be, and when the specimen was taken;
        ``obsm["signal"]`` (n_specimens, n_channels, n_times) if windows are asked for.

    Raises
    ------
    UserError
        If a file cannot be read, no record has the channels, or a clock is needed and lacking.
    """
    where = f"modalities.{name}"
    _channels.check(device, where)
    signal = _Signal.of(device, where)
    known = _Known(device, samples, frame, where)
    rows: list[dict[str, Any]] = []
    values: list[np.ndarray] = []
    windows: list[np.ndarray | None] = []
    lacking: UserError | None = None
    empty: list[UserError] = []
    steps: list[float] = []  # of records that were interpolated
    odd: list[float] = []  # shares of readings that cannot be, of records with many
    utc = False
    for n_read, (owners, records) in enumerate(_by_owner(device, folder, where, known, empty), 1):
        if n_read % 50 == 0:
            log.info("%s: records of %d subjects read", name, n_read)
        chosen = _channels.choose(records, device, where) if records else []
        lacking = lacking or (None if chosen or not records else _channels.lacking(records, device, where))
        steps += signal.interpolated(chosen) if device.step is None else []
        odd += [record.impossible for record in chosen if record.impossible > IMPOSSIBLE]
        utc = utc or (device.time_zone is None and signal.daily and any(map(_in_utc, chosen)))
        for row in owners:
            stretch = (
                cut(known.on_time(row, chosen), device.align, known.time(row), where)
                if chosen
                else Stretch(None, why=OTHER if records else EMPTY)
            )
            about, made = signal.told(stretch, device.min_coverage)
            rows.append({"row": row, **about, **_asked(stretch, known.time(row), known.shift(row))})
            values.append(made)
            if device.windows:
                windows.append(signal.window(stretch.record, device.windows) if about["status"] == OK and stretch.record else None)
    if lacking and all(about["status"] in (OTHER, EMPTY) for about in rows):
        raise lacking
    if empty and all(about["status"] == EMPTY for about in rows):
        raise empty[0]
    if empty:
        log.warning(
            "%s: %s no reading and %s left out", name, count(len(empty), "file holds", "files hold"), "is" if len(empty) == 1 else "are"
        )
    if odd:
        told, most = count(len(odd), "record holds", "records hold"), f"up to {max(odd):.2%} of them"
        log.warning("%s: %s readings that cannot be, %s: they are gaps, told as `impossible` in records.tsv", name, told, most)
    if utc:
        log.warning("%s: times are in UTC, and so are day and night: set `time_zone` to where the device was (UTC if it was there)", name)
    if steps:
        told = count(len(steps), "record looks", "records look")
        every = f"{max(round(float(np.median(steps)) / 60), 1)} min"
        log.warning("%s: %s interpolated between readings %s apart: set `step: %s`", name, told, every, every)
    obs = pd.DataFrame(rows).set_index("row").rename_axis(None)
    twice = obs.index[obs.index.duplicated()]
    if len(twice):
        raise UserError(
            where, f"ids of several records mean the same row of the samples table ('{twice[0]}')", "mend `files` or `subject_pattern`"
        )
    obs.insert(0, keys.SUBJECT, obs.index.to_numpy())
    assay = anndata.AnnData(np.array(values, dtype=np.float32).reshape(len(rows), len(signal.features)), obs=obs, var=signal.var)
    assay.uns |= {"kind": device.signal, "values": RECORD}
    shape = next((each.shape for each in windows if each is not None), None)
    if device.windows and shape:
        assay.obsm["signal"] = np.stack([np.full(shape, np.nan, dtype=np.float32) if each is None else each for each in windows])
        assay.uns["signal"] = {"fs": device.windows.fs, "channels": signal.windowed}
    return assay


@dataclass(frozen=True)
class _Signal:
    """A kind of signal as a device has it: its features, settings and channels."""

    kind: Any
    params: Any
    features: tuple[contract.Feature, ...]
    roles: dict[str, contract.Role]
    windowed: list[str]  # the channels of windows: those that the user names, or else all that are needed
    epoch: float

    @classmethod
    def of(cls, device: Device, where: str) -> _Signal:
        roles = contract.roles_of(device, where)
        windowed = [role for role in roles if role in device.channels] or [role for role, about in roles.items() if about.needed]
        kind, params, features = contract.load(device, where), contract.params(device, where), contract.features_of(device, where)
        return cls(kind, params, features, roles, windowed, contract.epoch(device, where))

    @property
    def daily(self) -> bool:
        """Whether any feature looks at the time of day."""
        return bool(getattr(self.kind, "DAILY", False))

    @property
    def var(self) -> pd.DataFrame:
        columns = ("unit", "meaning", "reference")
        return pd.DataFrame({key: [getattr(each, key) for each in self.features] for key in columns}, [each.name for each in self.features])

    def told(self, stretch: Stretch, min_coverage: float) -> tuple[dict[str, Any], np.ndarray]:
        """What is said of one stretch: `STATUS`, and its features (n_features,), all NaN unless the status is ok."""
        nothing = np.full(len(self.features), np.nan, dtype=np.float32)
        record = stretch.record
        if record is None:
            return dict(zip(STATUS, ("", "", "", 0.0, 0.0, stretch.why), strict=True)), nothing
        worn = self.kind.worn(record, self.params) if hasattr(self.kind, "worn") else None
        if self.roles:
            covered = _coverage.coverage(record, worn, stretch.span, self.epoch)
        else:  # the kind looks at annotations
            covered = min(self.kind.recorded(record, self.params) / stretch.span, 1.0) if stretch.span > 0 else 0.0
        clock = (_written(record.start), _written(record.start and record.start + record.duration * SECOND))
        about = dict(zip(STATUS, (stretch.source, *clock, round(stretch.span * covered / 60, 3), round(covered, 4), OK), strict=True))
        if covered < min_coverage or not covered:
            return {**about, "status": SHORT}, nothing
        made = self.kind.features(record, self.params)
        values = np.array([made[each.name] for each in self.features], dtype=np.float32)
        values[np.isinf(values)] = np.nan
        return ({**about, "status": FAILED}, nothing) if np.isnan(values).all() else (about, values)

    def interpolated(self, records: list[Record]) -> list[float]:
        """How often the device has read (s), of the records that were interpolated to a finer grid."""
        if not getattr(self.kind, "SPARSE", False):
            return []
        found = [_cadence.interpolated(record.seconds, record.signal[:, 0]) for record in records]
        return [step for step in found if step is not None]

    def window(self, record: Record, windows: Windows) -> np.ndarray:
        """Windows of the signal, float32 (n_channels, n_times); a channel that a record lacks is all NaN."""
        from mmomics.signals import _windows

        there = [role for role in self.windowed if role in record.channels]
        found = _windows.cut(record.pick(there), windows)
        out = np.full((len(self.windowed), found.shape[1]), np.nan, dtype=np.float32)
        out[[self.windowed.index(role) for role in there]] = found
        return out


class _Known:
    """Rows of the cohort, their times and the shifts of the device's clock."""

    def __init__(self, device: Device, samples: Samples, frame: pd.DataFrame | None, where: str) -> None:
        self.device, self.where = device, where
        if frame is None:
            if device.align.window != "whole" or device.clock_shift:
                raise UserError(f"{where}.align", "the samples table is not there to say when specimens were taken", "give it")
            self.roster, self.times, self.shifts = ids.Roster(np.array([]), np.array([]), {}), None, None
            return
        self.roster = samples_table.roster(samples, frame)
        timed = device.align.window != "whole" or device.align.combine == "nearest"
        if timed and samples.time is None:
            problem = f"the window is '{device.align.window}', but no time of the specimens is known"
            raise UserError(f"{where}.align", problem, "set `samples.time`")
        found = samples_table.by_subject(samples, frame, unique=[samples.time] if timed and samples.time else [])
        self.times = specimens.times(samples, found) if timed else None
        if timed and (n_dates := specimens.undated(samples, found)):
            told = count(n_dates, "specimen has a date", "specimens have a date")
            log.warning("%s.align: %s and no time of day, taken for 0:00", where, told)
        self.shifts = specimens.shifts(device, found, where)

    def rows(self, subject: str) -> list[str]:
        found = ids.extract(self.device.subject_pattern, [subject], self.where)
        return self.roster.rows(found, self.device.ignore_case, self.where)[0]

    def time(self, row: str) -> pd.Timestamp | None:
        return None if self.times is None else self.times.get(row)

    def shift(self, row: str) -> float:
        return 0.0 if self.shifts is None else float(self.shifts.get(row, 0.0))

    def on_time(self, row: str, records: list[Record]) -> list[Record]:
        shift = self.shift(row)
        if not shift:
            return records
        return [replace(record, start=None if record.start is None else record.start - shift * SECOND) for record in records]


def _asked(stretch: Stretch, time: pd.Timestamp | None, shift: float) -> dict[str, Any]:
    """`FURTHER` of one stretch."""
    impossible = 0.0 if stretch.record is None else round(stretch.record.impossible, 6)
    low, high = stretch.window or (None, None)
    return dict(zip(FURTHER, (impossible, _written(time), _written(low), _written(high), shift), strict=True))


def _written(time: pd.Timestamp | None) -> str:
    """A time to the millisecond, with its zone; "" for none."""
    if time is None or pd.isna(time):
        return ""
    if time.tzinfo is None:
        return time.round("ms").isoformat()
    return time.tz_convert("UTC").round("ms").tz_convert(time.tzinfo).isoformat()  # an hour that comes twice cannot be rounded


def _in_utc(record: Record) -> bool:
    """Whether the clock of a record is that of UTC, and not of a zone."""
    return record.start is not None and str(record.start.tzinfo).rpartition("/")[2] in ("UTC", "UTC+00:00")


def _by_owner(
    device: Device, folder: str | Path, where: str, known: _Known, empty: list[UserError]
) -> Iterator[tuple[tuple[str, ...], list[Record]]]:
    """The rows of the cohort that records are of, and all their records: several ids may mean the same rows.

    Files without a reading go to `empty`; a row that has no other has no record.
    """
    of: dict[tuple[str, ...], list[Path]] = {}
    for subject, paths in recordings.find(device, folder, where).items():
        if subject is None:
            yield from _of_many(device, paths, where, known)
        else:
            of.setdefault(tuple(known.rows(subject)), []).extend(paths)
    for owners, paths in of.items():
        yield owners, joined([record for path in paths for record in _of_file(path, device, empty)])


def _of_file(path: Path, device: Device, empty: list[UserError]) -> list[Record]:
    try:
        return list(choose(path, device).read(path, device))
    except EmptyRecordError as error:
        empty.append(error)
        return []


def _of_many(device: Device, paths: list[Path], where: str, known: _Known) -> Iterator[tuple[tuple[str, ...], list[Record]]]:
    """The same of tables that hold the records of many subjects."""
    of: dict[tuple[str, ...], list[Record]] = {}
    for record in (record for path in paths for record in choose(path, device).read(path, device)):
        if record.subject is None:
            cure = f"set `{where}.subject` to the column, or write {{subject}} in `files`"
            raise UserError(record.source, "says not whose record it is", cure)
        of.setdefault(tuple(known.rows(record.subject)), []).append(record)
    for owners, records in of.items():
        yield owners, joined(records)
