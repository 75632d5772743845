"""When each specimen was taken, and by how much the clock of its device was ahead."""

from __future__ import annotations

import pandas as pd

from mmomics.cohort.columns import column, numbers, place
from mmomics.config.modality import Device
from mmomics.config.samples import Samples
from mmomics.errors import UserError


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
    found = [None if pd.isna(cell) else _time(str(cell), samples.time_zone, f"{where} row '{row}'") for row, cell in cells.items()]
    if len({stamp.tzinfo is None for stamp in found if stamp is not None}) > 1:
        raise UserError(where, "some times name a time zone and some do not", "write them alike, or set `samples.time_zone`")
    return pd.Series(found, index=frame.index, dtype=object)


def shifts(device: Device, frame: pd.DataFrame, where: str) -> pd.Series:
    """Seconds by which the device's clock is ahead, for every row of the cohort (float64); 0 where nothing is said."""
    if device.clock_shift is None:
        return pd.Series(0.0, index=frame.index)
    cells = column(frame, device.clock_shift, f"{where}.clock_shift")
    return numbers(cells, place(frame, f"{where}.clock_shift, column '{device.clock_shift}'")).fillna(0.0)


def _time(cell: str, zone: str | None, where: str) -> pd.Timestamp:
    try:
        stamp = pd.Timestamp(cell)
    except (ValueError, OverflowError) as error:
        raise UserError(where, f"'{cell}' is no time", "write it as 2024-03-31 08:30") from error
    if pd.isna(stamp):
        raise UserError(where, f"'{cell}' is no time", "write it as 2024-03-31 08:30, or leave it empty")
    if stamp.tzinfo is not None or zone is None:
        return stamp
    try:
        local = stamp.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    except (ValueError, KeyError, OSError) as error:
        raise UserError("samples.time_zone", f"there is no time zone '{zone}'", "write it as Europe/Berlin or UTC") from error
    if pd.isna(local):
        raise UserError(
            where,
            f"'{cell}' does not exist, or exists twice, in time zone '{zone}' (daylight saving)",
            "name the offset: 2024-03-31 02:30+01:00",
        )
    return local
