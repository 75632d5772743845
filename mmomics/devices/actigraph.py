"""ActiGraph epochs (.agd): an SQLite database with counts of three axes, steps, heart rate, light and posture."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd

from mmomics.config.modality import Device
from mmomics.devices import _clock
from mmomics.devices.contract import parsing
from mmomics.devices.record import Record
from mmomics.errors import UserError

SUFFIXES = (".agd",)
EPOCH = 621_355_968_000_000_000  # .NET ticks (100 ns since year 1) of 1970-01-01
LAST = 3_155_378_975_999_999_999  # ticks of the end of year 9999
UNITS = {"hr": "bpm", "lux": "lux", "steps": "steps"}  # axes are counts, posture is seconds per epoch


def read(path: Path, device: Device) -> Iterator[Record]:
    """One record with the columns of table `data`; epochs that are missing are NaN. The name of the subject is not used as id."""
    with path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\0":
            raise UserError(f"{path} byte 0", "is not an SQLite database", "set `format` to what it is")
    # immutable: not even a lock or a journal is written beside the file
    address = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
    with parsing(path), closing(sqlite3.connect(address, uri=True)) as base:
        settings = {str(name): str(value) for name, value in base.execute("SELECT settingName, settingValue FROM settings")}
        cursor = base.execute("SELECT * FROM data ORDER BY dataTimestamp")
        names = [column[0] for column in cursor.description]
        rows = np.array(cursor.fetchall(), dtype=object).reshape(-1, len(names))
        stamp = names.index("dataTimestamp")
    seconds = _epoch(path, settings)
    if not len(rows):
        raise UserError(path, "table 'data' has no epochs", "export it anew")
    place = _places(path, rows[:, stamp], seconds)
    names.pop(stamp)
    values = np.full((place[-1] + 1, len(names)), np.nan, dtype=np.float32)
    try:
        values[place] = np.delete(rows, stamp, axis=1).astype(np.float32)
    except (TypeError, ValueError) as error:
        raise UserError(f"{path} table 'data'", f"a cell is not a number ({error})", "export it anew") from error
    first = int(rows[0, stamp]) - EPOCH
    start = pd.Timestamp(first // 10, unit="us").as_unit("ns")
    units = tuple(UNITS.get(name, "s" if name.startswith("incline") else "counts") for name in names)
    yield Record(values, tuple(names), units, fs=1 / seconds, start=_clock.placed(start, device, path), source=str(path))


def _epoch(path: Path, settings: dict[str, str]) -> float:
    found = settings.get("epochlength", "")
    if not found.isdigit() or not int(found):
        raise UserError(f"{path} table 'settings'", f"epochlength is '{found}', expected seconds", "export it anew")
    return float(found)


def _places(path: Path, ticks: np.ndarray, seconds: float) -> np.ndarray:
    """Place of every epoch on the grid: int64 (n_epochs,), the first is 0."""
    where = f"{path} table 'data'"
    if not all(isinstance(tick, int) and EPOCH <= tick <= LAST for tick in ticks):
        raise UserError(where, "dataTimestamp holds no ticks of .NET after 1970", "export it anew")
    offset = (ticks - ticks[0]).astype(np.int64) / 1e7 / seconds
    place = np.round(offset).astype(np.int64)
    wrong = np.flatnonzero((np.diff(place) < 1) | (np.abs(offset - place)[1:] > 0.01))
    if len(wrong):
        raise UserError(
            f"{where} epoch {wrong[0] + 2}", f"does not follow its predecessor by whole epochs of {seconds:g} s", "export it anew"
        )
    if place[-1] > 8 * len(place):
        raise UserError(where, f"{len(place)} epochs are spread over the time of {place[-1] + 1}", "split it into records")
    return place
