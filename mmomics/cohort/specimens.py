"""When each specimen was taken, and by how much the clock of its device was ahead."""

from __future__ import annotations

import logging
import re

import pandas as pd

from mmomics.cohort.columns import column, numbers, place
from mmomics.config.modality import Device
from mmomics.config.samples import Samples
from mmomics.devices import _formats
from mmomics.devices._times import EXAMPLE, dateless, half_day
from mmomics.errors import UserError, count

log = logging.getLogger(__name__)

ISO = re.compile(r"\d{4}-\d{2}-\d{2}")  # so that 03/04/2024 is not guessed, row by row
FIRST, LAST = 1900, 2200  # years; 9999-12-31 stands for "not known" in some files
MOST_SHIFT = 3.2e9  # seconds by which a clock may be off: a century


def times(samples: Samples, frame: pd.DataFrame) -> pd.Series:
    """Time of every row of the cohort, as Timestamps with or without time zone (object), None where it is not known.

    Parameters
    ----------
    samples : Samples
        Names the column and its time zone.
    frame : DataFrame
        One row per row of the cohort, cells are text.

    Raises
    ------
    UserError
        If a cell is no time, or a local time does not exist or is ambiguous in its zone.
    """
    if samples.time is None:
        return pd.Series([None] * len(frame), index=frame.index, dtype=object)
    cells = column(frame, samples.time, "samples.time")
    where = place(frame, f"samples.time, column '{samples.time}'")
    if samples.time_format and dateless(samples.time_format):
        raise UserError("samples.time_format", f"'{samples.time_format}' reads no date with its year", "give the column of date and time")
    if samples.time_format and (slip := half_day(samples.time_format)):
        raise UserError("samples.time_format", f"'{samples.time_format}' {slip[0]}", slip[1])
    found = [None if pd.isna(cell) else _time(str(cell), samples, f"{where} row '{row}'", cells) for row, cell in cells.items()]
    if len({stamp.tzinfo is None for stamp in found if stamp is not None}) > 1:
        raise UserError(where, "some times name a time zone and some do not", "write them alike, or set `samples.time_zone`")
    return pd.Series(found, index=frame.index, dtype=object)


def undated(samples: Samples, frame: pd.DataFrame) -> int:
    """How many specimens have a date and no time of day, which stands for midnight."""
    cells = column(frame, str(samples.time), "samples.time").dropna().astype(str).str.strip()
    if samples.time_format:
        return 0 if re.search("%[HIcX]", samples.time_format) else len(cells)
    return int(cells.str.fullmatch(ISO.pattern).sum())


def shifts(device: Device, frame: pd.DataFrame, where: str) -> pd.Series:
    """Seconds by which the device's clock is ahead, for every row of the cohort (float64); 0 where nothing is said."""
    if device.clock_shift is None:
        return pd.Series(0.0, index=frame.index)
    cells = column(frame, device.clock_shift, f"{where}.clock_shift")
    at = place(frame, f"{where}.clock_shift, column '{device.clock_shift}'")
    found = numbers(cells, at)
    if found.isna().any():
        log.warning("%s: %s no shift, taken for 0 s", f"{where}.clock_shift", count(int(found.isna().sum()), "row has", "rows have"))
    found = found.fillna(0.0)
    if (found.abs() > MOST_SHIFT).any():
        raise UserError(at, f"a shift of {found.abs().max():g} s", "give seconds, not milliseconds")
    return found


def _time(cell: str, samples: Samples, where: str, cells: pd.Series) -> pd.Timestamp:
    """The time of a cell, one of `cells`."""
    form, zone = samples.time_format, samples.time_zone
    if form is None and not ISO.match(cell.strip()):
        raise UserError(where, f"'{cell}' is no time of ISO 8601", _cure(form, cells))
    stamp = pd.to_datetime(cell.strip(), format=form or "ISO8601", errors="coerce")
    if pd.isna(stamp):
        raise UserError(where, f"'{cell}' is no time" + (f" of the format '{form}'" if form else " of ISO 8601"), _cure(form, cells))
    if not FIRST <= stamp.year <= LAST:
        raise UserError(where, f"'{cell}' is of the year {stamp.year}", "leave it empty if it is not known")
    if stamp.tzinfo is not None or zone is None:
        return stamp
    local = stamp.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    if pd.isna(local):
        raise UserError(
            where,
            f"'{cell}' does not exist, or exists twice, in time zone '{zone}' (daylight saving)",
            "name the offset: 2024-03-31 02:30+01:00",
        )
    return local


def _cure(form: str | None, cells: pd.Series) -> str:
    """What to do about a cell that is no time of a format, or of ISO 8601, among the others of its column."""
    usual = "mend `samples.time_format`" if form else f"set `samples.time_format`, {EXAMPLE}"
    fits = _formats.cure(cells.dropna().astype(str).str.strip(), "samples.time_format")
    return f"{'mend it' if form else 'write it as 2024-03-31 08:30'}, or {fits or usual}"
