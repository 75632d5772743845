"""Actiwatch text (.AWD): seven lines of header, then one activity count per epoch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.config.modality import Device
from mmomics.devices import _clock
from mmomics.devices.contract import parsing
from mmomics.devices.record import Record
from mmomics.errors import UserError

SUFFIXES = (".awd",)
HEADER = 7  # name, date, time, code of the epoch, age, serial number, sex
# Code of the epoch in units of 15 s: 4 is one minute and 8 two, as in the reader of ActAnt (github.com/maximosipov/actant)
EPOCHS = {1: 15.0, 2: 30.0, 4: 60.0, 8: 120.0}
LINE = re.compile(r"\s*(\d+)(?:[\s,]+(\d+))?\s*(M)?\s*", re.IGNORECASE)  # count, light of some models, marker of the button


def read(path: Path, device: Device) -> Iterator[Record]:
    """One record: `activity` (counts), and `light` where the file has a second column; presses of the button are annotations."""
    with parsing(path):
        lines = path.read_text(encoding=device.encoding).splitlines()
    while lines and not lines[-1].strip(" \x1a"):  # the end-of-file sign of DOS
        lines.pop()
    if len(lines) <= HEADER:
        raise UserError(f"{path} line {len(lines)}", "ends within or just behind its header of 7 lines", "copy it anew")
    epoch = _epoch(path, lines[3])
    start = _clock.placed(_start(path, lines[1].strip(), lines[2].strip()), device, path)
    counts, marks = [], []
    for number, line in enumerate(lines[HEADER:], HEADER + 1):
        match = LINE.fullmatch(line)
        if not match:
            raise UserError(f"{path} line {number}", f"'{line.strip()[:40]}' is not a count", "copy it anew, or set `format` to what it is")
        counts.append((float(match[1]), float(match[2]) if match[2] else np.nan))
        if match[3]:
            marks.append((number - HEADER - 1) * epoch)
    values = np.array(counts, dtype=np.float32)
    light = not np.isnan(values[:, 1]).all()
    yield Record(
        values if light else values[:, :1], ("activity", "light") if light else ("activity",), ("counts", "lux") if light else ("counts",),
        fs=1 / epoch, start=start, source=str(path),
        annotations=pd.DataFrame({"onset": pd.Series(marks, dtype=float), "duration": 0.0, "label": pd.Series(["M"] * len(marks), dtype=object)}),
    )  # fmt: skip


def _epoch(path: Path, line: str) -> float:
    try:
        return EPOCHS[int(line)]
    except (ValueError, KeyError) as error:
        raise UserError(
            f"{path} line 4", f"'{line.strip()[:20]}' is not a known code of the epoch", f"expected one of {', '.join(map(str, EPOCHS))}"
        ) from error


def _start(path: Path, date: str, time: str) -> pd.Timestamp:
    for form in ("%d-%b-%Y %H:%M", "%d-%b-%y %H:%M", "%d-%b-%Y %H:%M:%S"):
        try:
            return pd.Timestamp(datetime.strptime(f"{date} {time}", form))
        except ValueError:
            continue
    raise UserError(f"{path} line 2", f"'{date[:30]}' and '{time[:20]}' are not a date and time such as 23-Jan-2018 and 13:58", "mend them")
