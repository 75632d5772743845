"""Olink's wide export (NPX Manager): panels, assays, UniProt and Olink ids stand in rows above the samples, limits of detection below.

Features are named by their `OlinkID`; what has none (plate, controls, `QC Warning`) is no protein. Samples with a warning are counted.
"""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError, count
from mmomics.tables import _worded
from mmomics.tables._head import lines
from mmomics.tables._marks import RIGHT, marks
from mmomics.tables._split import DELIMITERS, guess
from mmomics.tables.contract import kept

T = TypeVar("T")
log = logging.getLogger(__name__)
ASSAY, ID = "assay", "olinkid"  # what the two rows that name the columns begin with, in small letters
LOOK = 12  # rows in which they must stand
ABOUT = re.compile(  # rows about the assays, above the samples or below
    r"units?|((max|plate) ?)?lod|missing (data )?freq.*|normali[sz]ation|assay warning|(lowest|highest) quantifiable.*|[lu]loq.*",
    re.IGNORECASE,
)


def plain(path: Path, rows: Sequence[Sequence[T]], said: Callable[[T], str | None]) -> list[int]:
    """Which rows of an export are the table: those of the Olink ids and of the samples; none of another file.

    Parameters
    ----------
    path : Path
        The file, for messages.
    rows : sequence of sequences
        Cells, row by row; rows may differ in length.
    said : callable
        What a cell says, None or "" if nothing.
    """

    def at(row: int, place: int) -> str:
        return ((said(rows[row][place]) if place < len(rows[row]) else None) or "").strip()

    first = [at(row, 0).casefold() for row in range(min(LOOK, len(rows)))]
    if ID not in first or ASSAY not in first:
        return []
    top, above = first.index(ID), first.index(ASSAY)
    samples = [row for row in range(top + 1, len(rows)) if at(row, 0) and not ABOUT.fullmatch(at(row, 0))]
    warns = [place for place in range(len(rows[above])) if not at(top, place) and marks([at(above, place)])]
    n = sum(any(at(row, place).casefold() not in ("", *RIGHT) for place in warns) for row in samples)
    if n:
        told = f"{n} of {count(len(samples), 'sample')} {'bears a warning and is' if n == 1 else 'bear a warning and are'}"
        log.warning("%s: %s kept; to leave out what is marked, take the long export and `long.flags`", path, told)
    return [top, *samples]


def text(path: Path, table: Table, numeric: bool) -> pd.DataFrame | None:
    """The table of an export that was saved as text; None of another file."""
    try:
        above = lines(path, LOOK, table.encoding)
    except UserError:
        return None  # what is broken is said by whom it concerns
    at = next((place for place, line in enumerate(above) if line.lstrip('"').casefold().startswith(ID)), 0)
    if not (table.header and at) or table.skip_rows or table.long:
        return None
    sign = DELIMITERS.get(table.delimiter) or guess([above[at - 1], above[at]], table.decimal)
    rows = list(csv.reader(lines(path, None, table.encoding), delimiter=sign))
    top, *samples = [rows[row] for row in plain(path, rows, str)] or [[]]
    if not samples:
        return None
    places = [place for place in range(1, len(top)) if top[place].strip()]
    left = kept(path, table, [top[place].strip() for place in places])
    cells = [[row[places[each]].strip() or None if places[each] < len(row) else None for each in left] for row in samples]
    frame = pd.DataFrame(cells, [row[0].strip() for row in samples], [top[places[each]].strip() for each in left], dtype=object)
    if not numeric:
        return frame
    return _worded.numbers(frame, table, lambda row, place: f"{path} row '{frame.index[row]}', column '{frame.columns[place]}'")
