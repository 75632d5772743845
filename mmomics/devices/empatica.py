"""What an Empatica E4 exports: HR.csv, EDA.csv, TEMP.csv, BVP.csv, ACC.csv, with when it begins and its rate (Hz) above the readings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.config.modality import Device
from mmomics.devices import _clock
from mmomics.devices.contract import EmptyRecordError, parsing
from mmomics.devices.record import Record
from mmomics.errors import UserError, listed
from mmomics.tables._head import lines

SUFFIXES = ()  # ends in .csv like any other table: `format: empatica` says that it is such an export
HEADER = 2  # lines
RATES = (1e-3, 1e5)  # Hz
EPOCH = (1e9, 2e9)  # seconds since 1970, of 2001 to 2033
CHANNELS = {  # by the name of the file
    "HR": {"HR": "bpm"}, "EDA": {"EDA": "uS"}, "TEMP": {"temperature": "degC"}, "BVP": {"BVP": ""}, "ACC": dict.fromkeys("xyz", "g"),
}  # fmt: skip
ONE_G = 64  # readings of ACC.csv


def kind(path: Path) -> str | None:
    """What a file is by its name, a key of `CHANNELS`: HR of HR.csv and of P01_HR.csv; None if it is none of them."""
    words = re.split(r"[^A-Z]+", path.name.partition(".")[0].upper())
    return next((word for word in reversed(words) if word in CHANNELS), None)


def begun(path: Path, encoding: str = "utf-8") -> bool:
    """Whether a text begins as such exports do: one moment above every column, and below it one rate."""
    try:
        moments, rates = (pd.to_numeric(pd.Series(line.split(",")), errors="coerce") for line in lines(path, HEADER, encoding))
    except (UserError, ValueError):
        return False
    return bool(moments.between(*EPOCH).all() and moments.nunique() == rates.nunique() == 1 and (rates > 0).all())


def read(path: Path, device: Device) -> Iterator[Record]:
    """One record, on the clock of `time_zone`, else of UTC; see `Format.read`."""
    what = kind(path)
    if what is None:
        files = listed([f"{name}.csv" for name in CHANNELS], len(CHANNELS))
        raise UserError(path, "is by its name no record of an Empatica", f"known are {files}, also with a name in front: P01_HR.csv")
    channels = CHANNELS[what]
    values = _numbers(path, device.encoding)
    if values.shape[1] != len(channels):
        told = f"has {values.shape[1]} columns, and {what}.csv has {len(channels)}"
        raise UserError(f"{path} line 1", told, "copy it anew, or take `format` out if it is of another kind")
    first, rate = values[0], values[1] if len(values) > 1 else np.zeros(1)
    if not (EPOCH[0] <= first[0] <= EPOCH[1] and (first == first[0]).all()):
        raise UserError(f"{path} line 1", f"{first[0]:g} is not when it begins (seconds since 1970)", "copy it anew, or take `format` out")
    if not (RATES[0] <= rate[0] <= RATES[1] and (rate == rate[0]).all()):
        raise UserError(f"{path} line 2", f"{rate[0]:g} is no sampling rate (Hz)", "copy it anew, or take `format` out")
    if len(values) == HEADER:
        raise EmptyRecordError(path, "holds no reading", "take it out")
    start = _clock.localised(pd.DatetimeIndex([pd.Timestamp(first[0], unit="s", tz="UTC")]), device, lambda _: str(path))[0]
    signal = (values[HEADER:] / (ONE_G if what == "ACC" else 1)).astype(np.float32)
    yield Record(signal, tuple(channels), tuple(channels.values()), fs=float(rate[0]), start=start, source=str(path))


def _numbers(path: Path, encoding: str) -> np.ndarray:
    """All lines, float64 (n_lines, n_columns)."""
    with parsing(path):
        cells = pd.read_csv(path, header=None, dtype=str, skipinitialspace=True, skip_blank_lines=False, encoding=encoding)
    values = cells.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    wrong = ~(np.abs(values) < np.finfo(np.float32).max).all(axis=1)
    if wrong.any():
        line = int(wrong.argmax())
        cell = next(cell for cell, value in zip(cells.iloc[line], values[line], strict=True) if not abs(value) < np.finfo(np.float32).max)
        raise UserError(f"{path} line {line + 1}", f"'{str(cell)[:40]}' is not a number", "copy it anew, or take `format` out")
    return values
