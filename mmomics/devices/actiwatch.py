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
# Seconds of an epoch by its code, and what the second column of a model holds by the first letter of its serial number: as documented
# with pyActigraphy (10.1371/journal.pcbi.1009514); 4 and 8 are so in ActAnt (github.com/maximosipov/actant) too.
EPOCHS = {"1": 15, "2": 30, "4": 60, "8": 120, "20": 300, "81": 2, "C1": 5, "C2": 10}
SECOND = {
    "D": ("light", "lux"),
    "L": ("light", "lux"),
    "P": ("light", "lux"),
    "I": ("pressure", ""),
    "S": ("sound", ""),
    "T": ("temperature", ""),
}
LINE = re.compile(r"\s*(\d+)(?:\s*[\s,]\s*(\d+(?:\.\d+)?))?\s*(M)?\s*", re.IGNORECASE)  # count, second column, press of the button


def read(path: Path, device: Device) -> Iterator[Record]:
    """One record: `activity` (counts), and a second channel of models that have one; presses of the button are annotations."""
    with parsing(path):
        lines = path.read_text(encoding=device.encoding).splitlines()
    while lines and not lines[-1].strip(" \x1a\0"):  # the end-of-file sign of DOS
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
    with np.errstate(over="ignore"):
        values = np.array(counts, dtype=np.float32)
    if np.isinf(values).any():
        raise UserError(f"{path} line {int(np.isinf(values).any(axis=1).argmax()) + HEADER + 1}", "is no possible count", "copy it anew")
    channels = [("activity", "counts")]
    if not np.isnan(values[:, 1]).all():
        channels.append(SECOND.get(lines[5].strip()[:1].upper(), ("second", "")))
    notes = pd.DataFrame({"onset": pd.Series(marks, dtype=float), "duration": 0.0, "label": pd.Series(["M"] * len(marks), dtype=object)})
    names, units = zip(*channels, strict=True)
    yield Record(values[:, : len(names)], names, units, fs=1 / epoch, start=start, annotations=notes, source=str(path))


def _epoch(path: Path, line: str) -> float:
    code = line.strip().upper()
    if code not in EPOCHS:
        raise UserError(f"{path} line 4", f"'{code[:20]}' is not a known code of the epoch", f"expected one of {', '.join(EPOCHS)}")
    return float(EPOCHS[code])


def _start(path: Path, date: str, time: str) -> pd.Timestamp:
    for form in ("%d-%b-%Y %H:%M", "%d-%b-%y %H:%M", "%d-%b-%Y %H:%M:%S"):
        try:
            return pd.Timestamp(datetime.strptime(f"{date} {time}", form))
        except ValueError:
            continue
    raise UserError(f"{path} line 2", f"'{date[:30]}' and '{time[:20]}' are not a date and time such as 23-Jan-2018 and 13:58", "mend them")
