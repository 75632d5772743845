"""Workbooks (xlsx): one sheet, with the values that the spreadsheet program stored for its formulas."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError, did_you_mean
from mmomics.tables import _ids, _missing, _npx, _worded
from mmomics.tables._text import FREE, MAGIC, RATIO
from mmomics.tables.contract import kept, readable

SUFFIXES = (".xlsx", ".xlsm")
LOOK = 4096  # bytes that tell a text from another kind of file
MISSING = ("NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None", "<NA>", "n/a")  # words that text files have for it, too
KEYS = ("within", "header", "columns", "index", "long", "number_rows", "decimal", "thousands", "skip_rows")


def read(path: Path, table: Table, names: Sequence[str] | None, numeric: bool) -> pd.DataFrame:
    """One sheet, in its own orientation; see `Format.read`. Blank rows are left out; dates become ISO 8601 text."""
    with readable(path):
        _bounded(path)
        sheet, rows = _sheet(path, table)
    rows = [(number, row) for number, row in rows if number > table.skip_rows]
    if table.header and not table.skip_rows and (places := _npx.plain(path, [row for _, row in rows], _text)):
        named = [place for place, cell in enumerate(rows[places[0]][1]) if _there(cell)]
        rows = [(rows[at][0], [_at(rows[at][1], place) for place in named]) for at in places]
    rows = rows[_titles(rows) if table.header and not table.skip_rows else 0 :]
    if len(rows) <= table.header:
        raise UserError(f"{path} sheet '{sheet}'", "has no rows below its header", "give a sheet with values")
    width = max(max(i for i, cell in enumerate(row) if _there(cell)) for _, row in rows) + 1
    if table.header:
        names = [_text(_at(rows[0][1], i)) or "" for i in range(width)]
        rows = rows[1:]
    names = [name.strip() for name in names or [f"column_{i + 1}" for i in range(width)]]
    if len(names) != width:
        raise UserError(f"{path} sheet '{sheet}'", f"{width} columns, but `columns` gives {len(names)} names", "mend `columns`")
    ids = _ids.positions(path, table, names)
    left = _ids.beside(table, kept(path, table, names), ids, numeric)
    nameless = next((i for i in left if not names[i]), None)
    if nameless is not None:
        cure = "name it, or take it out; if the table begins further down, set `skip_rows`"
        raise UserError(f"{path} sheet '{sheet}'", f"column {nameless + 1} has no name", cure)
    index = None
    if ids:
        found = _ids.made(table, [pd.Series([_text(_at(row, i)) for _, row in rows], dtype=object) for i in ids])
        index = found.fillna("").tolist()
        if "" in index:
            cure = "give every row an id (of merged cells the first one alone has it: split them, and fill all)"
            raise UserError(f"{path} sheet '{sheet}' row {rows[index.index('')][0]}", "has no id", cure)
    words = set(_missing.missing(table.na_values))
    values = [[_cell(_at(row, i), f"{path} sheet '{sheet}'", numeric, words, table) for i in left] for _, row in rows]
    columns = pd.Index([names[i] for i in left], dtype=object)
    spoken = any(isinstance(value, str) for row in values for value in row)
    cells = np.array(values, dtype=np.float32 if numeric and not spoken else object).reshape(len(rows), len(left))
    frame = pd.DataFrame(cells, index=index, columns=columns)
    if not (numeric and spoken):
        return frame
    from openpyxl.utils import get_column_letter

    return _worded.numbers(
        frame, table, lambda row, place: f"{path} sheet '{sheet}' cell {get_column_letter(left[place] + 1)}{rows[row][0]}"
    )


def _bounded(path: Path) -> None:
    _zipped(path)
    with zipfile.ZipFile(path) as archive:
        size = sum(each.file_size for each in archive.infolist())
    if size > max(FREE, RATIO * path.stat().st_size):
        raise UserError(path, f"unpacks to {size >> 20} MiB, over {RATIO} times its size", "save the values in a new workbook")


def _zipped(path: Path) -> None:
    """Refuse a file of another kind under the name of a workbook, by what it begins with."""
    with path.open("rb") as file:
        head = file.read(LOOK)
    known = next((told for magic, told in MAGIC.items() if head.startswith(magic)), None)
    if known is None and head and b"\0" not in head and not head.startswith(b"PK"):
        end = ".tsv" if b"\t" in head else ".csv"
        known = ("a text", f"rename it to end in {end}")
    if known and not head.startswith(b"PK"):
        raise UserError(path, f"is {known[0]}, though its name ends in {path.suffix}", known[1])


def _sheet(path: Path, table: Table) -> tuple[str, list[tuple[int, Sequence[Any]]]]:
    """The name of the sheet that is meant, and its rows that are not blank, each with its number."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        known = [each.title for each in book.worksheets]
        if table.within is None and len(known) != 1:
            raise UserError(path, f"holds {len(known)} sheets", f"set `within` to one of: {', '.join(known)}")
        if table.within is not None and table.within not in known:
            raise UserError(path, f"no sheet '{table.within}' for `within`", did_you_mean(table.within, known))
        name = table.within or known[0]
        rows = list(_rows(book[name]))
    finally:
        book.close()
    book = openpyxl.load_workbook(path, read_only=True)  # formulas as they are: one that was never computed would pass for missing
    try:
        stored = dict(rows)
        for number, row in _rows(book[name]):
            for place, cell in enumerate(row):
                if cell.data_type == "f" and not _there(_at(stored.get(number, ()), place)):
                    raise UserError(
                        f"{path} sheet '{name}' cell {cell.coordinate}", "holds a formula without its value",
                        "open and save it in a spreadsheet program",
                    )  # fmt: skip
    finally:
        book.close()
    return name, rows


def _rows(sheet: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    sheet.reset_dimensions()  # what a file claims to be its size may be absurd
    for number, row in enumerate(sheet.iter_rows(), 1):
        if any(_there(cell) for cell in row):
            yield number, row


def _titles(rows: Sequence[tuple[int, Sequence[Any]]]) -> int:
    """How many rows hold their first cell alone, above one that holds more: titles, as columns without a name are no table."""
    alone = [[place for place, cell in enumerate(row) if _there(cell)] == [0] for _, row in rows]
    return alone.index(False) if not all(alone) else 0


def _there(cell: Any) -> bool:
    return cell is not None and cell.value is not None and str(cell.value).strip() != ""


def _at(row: Sequence[Any], place: int) -> Any:
    return row[place] if place < len(row) else None


def _text(cell: Any) -> str | None:
    """A cell as it would stand in a text file; None where it is missing."""
    if not _there(cell):
        return None
    value = cell.value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return None if str(value) in MISSING else str(value)


def _cell(cell: Any, where: str, numeric: bool, words: set[str], table: Table) -> Any:
    text = _text(cell)
    if text is None or text.strip() in words:
        return np.nan
    if cell.data_type == "e":
        raise UserError(f"{where} cell {cell.coordinate}", f"'{text}' is an error of a formula", "mend it, or leave it empty if missing")
    if not numeric:
        return _worded.written(cell.value, table) if isinstance(cell.value, float) and "." in text else text
    if isinstance(cell.value, int | float):
        return float(cell.value)
    if cell.data_type == "d":
        cure = "mend it, leave it empty if missing, or `drop` the column"
        raise UserError(f"{where} cell {cell.coordinate}", f"'{text}' is a date", cure)
    return text
