"""Exports of glucose monitors: Dexcom Clarity, FreeStyle LibreView, Medtronic CareLink, told apart by their header.

The layouts are those of the vendors' own CSV exports: Clarity begins with rows about the patient and marks sensor readings `EGV` among
events; LibreView begins with lines about the report, and gives history (record type 0) and scans (1) columns of their own; CareLink
repeats its header for every device, each with a section of rows. Out of range readings are words.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.config.modality import Device
from mmomics.devices import _formats, _times
from mmomics.devices._glucose_layouts import GENERIC, PREAMBLE, Layout, cells_of, english, is_header, layout_of
from mmomics.devices._parts import encoding_of
from mmomics.devices._series import Rows, records, unit
from mmomics.devices.contract import EmptyRecordError, parsing
from mmomics.devices.record import Record
from mmomics.errors import UserError, count, listed

SUFFIXES = ()  # ends in .csv like any other table: `format: glucose` says that it is an export
WIDE = 4096  # characters that a header may have
OPEN = 20  # lines that one quoted note may span
WORDS = dict.fromkeys(("low", "lo", "niedrig", "tief", "bas", "basse", "faible", "bajo", "baja", "basso", "bassa", "baixo", "laag"), -1)
WORDS |= dict.fromkeys(("high", "hi", "hoch", "haut", "élevé", "élevée", "elevé", "alto", "alta", "elevato", "hoog"), 1)


def read(path: Path, device: Device) -> Iterator[Record]:
    """One record per column with readings, in the unit of its header; see `Format.read`.

    A reading out of range is the end of the sensor's range, and an annotation that says so.
    """
    with parsing(path):
        lines = path.read_text(encoding=encoding_of(device)).split("\n")
    if not any(map(str.strip, lines)):
        raise UserError(path, "is empty", "export it anew")
    layout, header, delimiter = layout_of(path, lines)
    found: dict[str, list[tuple[str, str, int]]] = {name: [] for name in layout.readings}
    names: dict[str, str] = {}
    columns: list[str] = []
    others: set[str] = set()  # kinds of rows with a reading that do not count
    wide = 0  # cells of a row; some end each with a delimiter
    table: list[tuple[int, list[str]]] = [*_rows(path, lines, header, delimiter), (0, [])]
    for (number, plain), (_, below) in pairwise(table):
        cells = english(plain, below)
        if is_header(cells, layout):
            columns, wide = cells, 0
            names = {start: next((name for name in cells if name.startswith(start)), "") for start in layout.readings}
            continue
        if not any(cells) or cells[0].startswith("---"):
            columns = columns if len(cells) < 2 else []  # a line of dashes ends a section of CareLink
            continue
        if not columns:
            continue
        wide = wide or (len(columns) if any(cells[len(columns) :]) else max(len(cells), len(columns)))
        needed = max(
            columns.index(name)
            for name in (*layout.time, *names.values(), *(key for key, _ in layout.readings.values()))
            if name in columns
        )
        if not needed < len(cells) <= wide:
            raise UserError(
                f"{path} line {number}", f"has {count(len(cells), 'cell')}, its header has {len(columns)}",
                "export the file anew, or mend the line if it was cut short or runs into the next",
            )  # fmt: skip
        row = dict(zip(columns, cells, strict=False))
        for start, (key, value) in layout.readings.items():
            text = row.get(names[start], "")
            if text and key and row.get(key, "").casefold() != value.casefold():
                others.add(row.get(key, ""))
            elif text:
                found[start].append((" ".join(row.get(name, "") for name in layout.time).strip(), text, number))
    if not any(found.values()) and others and not is_header(cells_of(lines[header], delimiter), layout):
        raise UserError(
            path, f"no row of this export of {layout.vendor} is known for a reading (there are: {listed(sorted(others))})", GENERIC
        )
    if not any(found.values()):
        raise EmptyRecordError(path, f"is an export of {layout.vendor} without a reading", "export a longer stretch")
    for start, rows in found.items():
        if rows:
            yield _record(path, device, layout, names[start], rows)


def vendor(path: Path) -> str | None:
    """Whose export a file is, by its first lines, each as far as a header goes; None if it is none."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as stream:
            return layout_of(path, [stream.readline(WIDE) for _ in range(PREAMBLE)])[0].vendor
    except (UserError, OSError, csv.Error):
        return None


def _rows(path: Path, lines: Sequence[str], header: int, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of every row from the header on, with the number of its line; a quoted note may span several."""
    reader, number = csv.reader((f"{line}\n" for line in lines[header:]), delimiter=delimiter), header + 1
    with parsing(path):
        for row in reader:
            after = header + reader.line_num + 1
            if after - number > OPEN:
                raise UserError(f"{path} line {number}", "opens a quotation mark that does not close", "mend the line")
            yield number, [cell.strip() for cell in row]
            number = after


def _record(path: Path, device: Device, layout: Layout, name: str, rows: Sequence[tuple[str, str, int]]) -> Record:
    def where(place: int) -> str:
        return f"{path} line {rows[place][2]}"

    mmol = unit(name).casefold() == "mmol/l"
    low, high = (value / 18 if mmol else value for value in (layout.low, layout.high))  # as the vendors round: 2.2 and 22.2 mmol/L
    beyond = np.array([WORDS.get(text.casefold(), 0) for _, text, _ in rows])
    text = pd.Series([text.replace(",", ".") for _, text, _ in rows])
    numbers = pd.to_numeric(text.where(beyond == 0), errors="coerce").to_numpy(dtype=float)
    numbers = np.where(beyond == 0, numbers, np.where(beyond < 0, round(low, 1), round(high, 1)))
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        place = int(wrong.argmax())
        raise UserError(f"{where(place)}, column '{name}'", f"'{rows[place][1][:40]}' is not a reading", "mend it, or take the row out")
    cells = pd.Series([time for time, _, _ in rows])
    times, clock = _parse(path, device, layout, cells, where)
    offset = _times.offset(cells, device) if clock == "utc" else None
    values = np.column_stack([numbers, beyond]).astype(np.float32)
    both = Rows(times, values, (name, "beyond"), (unit(name), ""), clock, where, str(path), zone=offset)
    (record,) = records(both, device.model_copy(update={"step": None}))
    out = np.flatnonzero(record.signal[:, 1])
    labels = [f"{'Low: below' if record.signal[place, 1] < 0 else 'High: above'} {record.signal[place, 0]:g} {unit(name)}" for place in out]
    notes = pd.DataFrame({"onset": record.seconds[out], "duration": 0.0, "label": pd.Series(labels, dtype=object)})
    return replace(record.pick([name]), annotations=notes)


def _parse(path: Path, device: Device, layout: Layout, cells: pd.Series, where: Callable[[int], str]) -> tuple[np.ndarray, str]:
    """Times by the user's format, ISO 8601, or the one format of the vendor's that fits every row."""
    if device.time_format is None and layout.formats:
        fits = {form: found for form in layout.formats if (found := _formats.by(cells, form)) is not None}
        if len(fits) > 1 and any(not found.equals(next(iter(fits.values()))) for found in fits.values()):
            raise UserError(path, f"times such as '{cells.iloc[0]}' fit several formats", f"set `time_format` to one of: {', '.join(fits)}")
        if fits:
            device = device.model_copy(update={"time_format": next(iter(fits))})
    return _times.parse(cells, device, where)
