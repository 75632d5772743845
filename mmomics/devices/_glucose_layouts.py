"""Layouts of the exports of glucose monitors: how a header is known in any language, and what the rows below it say.

Clarity and LibreView write the same columns in the same order in every language, so that their place and units tell what they are; so do
date and time of CareLink, whose sensor is named, or stands beside its current (ISIG).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmomics.devices._series import unit
from mmomics.errors import UserError

PREAMBLE = 60  # lines in which the header must stand
GENERIC = "leave `format` out to read it as a time series: set `time`, `time_format`, `channels: {glucose: ...}`, `units` and `skip_rows`"
CLARITY = re.compile(r"\(\w{4}-\w{2}-\w{2}Thh:mm:ss\)$")
SENSOR = re.compile(
    r"sensor[ -]?(?:glu[ck]ose?|gly[ck]os)|gl[iuy][ck]\w+ (?:de |du |del |do |da )?(?:le |la |il )?(?:capteur|sensor|sensore)\b",
    re.IGNORECASE,
)
INDEX = re.compile(r"[ií]nd[ei](?:[xc]|ks)", re.IGNORECASE)
NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


@dataclass(frozen=True)
class Layout:
    """An export: how its header is known, and what its rows say.

    Attributes
    ----------
    vendor : str
    needs : tuple of str
        Beginnings of column names that only its header has.
    time : tuple of str
        Columns that hold the time.
    readings : dict of str to tuple
        Beginning of the name of a column with readings -> column and value of the rows that count; ("", "") = all.
    formats : tuple of str
        Formats of the time (beside ISO 8601).
    low, high : float
        Range of the sensor (mg/dL) that its words for out of range stand for.
    """

    vendor: str
    needs: tuple[str, ...]
    time: tuple[str, ...]
    readings: dict[str, tuple[str, str]]
    formats: tuple[str, ...]
    low: float
    high: float


LAYOUTS = (
    Layout(
        "Dexcom Clarity", ("Timestamp (YYYY-MM-DDThh:mm:ss)", "Event Type", "Glucose Value"), ("Timestamp (YYYY-MM-DDThh:mm:ss)",),
        {"Glucose Value": ("Event Type", "EGV")}, (), 40.0, 400.0,
    ),
    Layout(
        "FreeStyle LibreView", ("Device Timestamp", "Record Type", "Historic Glucose"), ("Device Timestamp",),
        {"Historic Glucose": ("Record Type", "0"), "Scan Glucose": ("Record Type", "1")},
        ("%m-%d-%Y %I:%M %p", "%d-%m-%Y %I:%M %p", "%m/%d/%Y %I:%M %p", "%d/%m/%Y %I:%M %p", "%d-%m-%Y %H:%M", "%m-%d-%Y %H:%M",
         "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M"),
        40.0, 500.0,
    ),
    Layout(
        "Medtronic CareLink", ("Date", "Time", "Sensor Glucose"), ("Date", "Time"), {"Sensor Glucose": ("", "")},
        ("%Y/%m/%d %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%m/%d/%y %H:%M:%S", "%d/%m/%y %H:%M:%S",
         "%d.%m.%y %H:%M:%S", "%d-%m-%Y %H:%M:%S"),
        40.0, 400.0,
    ),
)  # fmt: skip


def layout_of(path: Path, lines: Sequence[str]) -> tuple[Layout, int, str]:
    """Whose export it is, the place of its header and its delimiter."""
    for place, line in enumerate(lines[:PREAMBLE]):
        for delimiter in (",", ";", "\t"):
            cells = english(cells_of(line, delimiter), [])
            for layout in LAYOUTS:
                if is_header(cells, layout):
                    return layout, place, delimiter
    vendors = ", ".join(layout.vendor for layout in LAYOUTS)
    raise UserError(path, f"has no header of {vendors} in its first {PREAMBLE} lines", GENERIC)


def cells_of(line: str, delimiter: str) -> list[str]:
    """The cells of one line, stripped."""
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


def english(cells: list[str], below: list[str]) -> list[str]:
    """A header in another language with the names that its columns have in English; any other row as it is.

    CareLink numbers its rows, but in short exports: `below`, the row below, tells, or else the name of the first column.
    """
    if len(cells) > 7 and CLARITY.search(cells[1]) and unit(cells[7]):
        return [cells[0], LAYOUTS[0].time[0], "Event Type", *cells[3:7], f"Glucose Value ({unit(cells[7])})", *cells[8:]]
    if len(cells) > 5 and cells[4][-1:] in ("L", "l") and (own := unit(cells[4])) and unit(cells[5]) == own and not unit(cells[2]):
        return [*cells[:2], "Device Timestamp", "Record Type", f"Historic Glucose {own}", f"Scan Glucose {own}", *cells[6:]]
    place = _carelink(cells)
    if place is not None:
        numbered = NUMBER.fullmatch(below[0]) if any(below) and not below[0].startswith("---") else INDEX.match(cells[0])
        first = int(bool(numbered))
        out = [*cells[:first], "Date", "Time", *cells[first + 2 :]]
        return [*out[:place], f"Sensor Glucose ({unit(cells[place])})", *out[place + 1 :]]
    return cells


def _carelink(cells: list[str]) -> int | None:
    """Where the sensor stands in a header of CareLink; None if these cells are none."""
    for place, cell in enumerate(cells[2:], 2):
        if cell[-2:].casefold() == "l)" and unit(cell).casefold() in ("mg/dl", "mmol/l"):
            beside = place + 1 < len(cells) and "isig" in cells[place + 1].casefold()
            if beside or SENSOR.match(cell):
                return place
    return None


def is_header(cells: Sequence[str], layout: Layout) -> bool:
    """Whether cells, in English, are the header of a layout."""
    return all(any(cell.startswith(need) for cell in cells) for need in layout.needs)
