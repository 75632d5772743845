"""Whose records files are: the rows of the cohort that they belong to, with the times of the specimens on the device's clock."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.cohort import ids, specimens
from mmomics.cohort import samples as samples_table
from mmomics.config import recordings
from mmomics.config.modality import Device
from mmomics.config.samples import Samples
from mmomics.devices._companion import joined
from mmomics.devices.contract import EmptyRecordError, choose
from mmomics.devices.record import SECOND, Record
from mmomics.errors import UserError, count

log = logging.getLogger(__name__)


class Known:
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


def by_owner(
    device: Device, folder: str | Path, where: str, known: Known, empty: list[UserError]
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


def _of_many(device: Device, paths: list[Path], where: str, known: Known) -> Iterator[tuple[tuple[str, ...], list[Record]]]:
    """The same of tables that hold the records of many subjects."""
    of: dict[tuple[str, ...], list[Record]] = {}
    for record in (record for path in paths for record in choose(path, device).read(path, device)):
        if record.subject is None:
            cure = f"set `{where}.subject` to the column, or write {{subject}} in `files`"
            raise UserError(record.source, "says not whose record it is", cure)
        of.setdefault(tuple(known.rows(record.subject)), []).append(record)
    for owners, records in of.items():
        yield owners, joined(records)
