"""How a device writes its times, where that is not ISO 8601: the formats that fit a whole file, the likeliest first."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mmomics.config.modality import Device
from mmomics.config.table import Table
from mmomics.devices import _clock, _formats, timeseries
from mmomics.errors import UserError
from mmomics.tables import contract


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
    if not len(told) or pd.to_numeric(told, errors="coerce").notna().all() or _formats.by(told, "ISO8601") is not None:
        return []
    fits = {form: times.max() - times.min() for form, times in _formats.fitting(told).items()}
    shortest = min(fits.values(), default=None)
    return [form for form, length in fits.items() if length == shortest]
