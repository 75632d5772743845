"""How a device writes its times, where that is not ISO 8601: the formats that fit a whole file, the likeliest first."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pandas as pd

from mmomics.config.modality import Device
from mmomics.config.table import Table
from mmomics.devices import _clock, timeseries
from mmomics.errors import UserError
from mmomics.tables import contract

DATES = ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y", "%Y{0}%m{0}%d", "%d{0}%m{0}%y", "%m{0}%d{0}%y", "%d{0}%b{0}%Y")
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")


def formats(path: Path, keys: dict[str, object], time: str | None) -> list[str]:
    """Formats, as of `strptime`, of the times of a text file; none where they are ISO 8601 or numbers.

    Of several that fit, as day and month may be swapped, the one by which the record is shortest comes first, and those by which it is
    as short follow: records have few gaps.

    Parameters
    ----------
    path : Path
        A file of the device.
    keys : dict
        What its table needs said.
    time : str, optional
        The column with the time, where it has no usual name.
    """
    settings = Table.model_validate({**keys, "files": path.name, "number_rows": True, "drop": []})
    try:
        cells = contract.read(path, settings, None, False)
        columns = [str(name) for name in cells.columns]
        found = _clock.find(columns, Device(signal="series", files=path.name, time=time), path, timeseries.USUAL)
    except UserError:
        return []  # said when it is read
    told = cells.iloc[:, [columns.index(name) for name in found]].dropna().astype(str).agg(" ".join, axis=1).str.strip()
    if not len(told) or pd.to_numeric(told, errors="coerce").notna().all() or _times(told, "ISO8601") is not None:
        return []
    fits = {form: times.max() - times.min() for form, times in fitting(told).items()}
    shortest = min(fits.values(), default=None)
    return [form for form, length in fits.items() if length == shortest]


def fitting(told: pd.Series) -> dict[str, pd.Series]:
    """Formats that fit all of some times, each with what they are by it; the day before the month where both may be."""
    fits = {}
    for date, clock, sign in product(DATES, CLOCKS, "/.- "):
        times = _times(told, date.format(sign) + clock)
        if times is not None:
            fits[date.format(sign) + clock] = times
    return fits


def _times(told: pd.Series, form: str) -> pd.Series | None:
    """The times by a format; None where it does not fit all."""
    if pd.isna(pd.to_datetime(told.iloc[:1], format=form, errors="coerce", utc=True)).any():
        return None
    times = pd.to_datetime(told, format=form, errors="coerce", utc=True)
    return None if times.isna().any() else times
