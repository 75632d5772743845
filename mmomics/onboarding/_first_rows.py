"""The first rows and columns of a table as text, by the readers that will read it whole: a table of 20,000 columns has its price."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.onboarding.files import ending
from mmomics.tables import contract, delimited
from mmomics.tables._head import head

ROWS = 60
NARROW = 60  # columns of a table that may be long, or of samples
COLUMNS = 400  # whose cells are looked at; names are of all


def first_rows(path: Path, keys: dict[str, object]) -> tuple[pd.DataFrame, list[str]]:
    """The first rows and columns as text, as they stand in the file, and the names of all columns."""
    contract.present(path)
    settings = Table.model_validate({"files": path.name, **keys})
    if ending(path) not in delimited.SUFFIXES:
        try:
            numbers = contract.read(path, settings, None, True)
            cells = _answered(path, settings, numbers.head(ROWS).astype(object))
        except UserError:  # a table of words
            cells = contract.read(path, settings, None, False).head(ROWS)
        cells.index.name = _above_ids(path, settings, cells.shape[1])
        return cells.iloc[:, :COLUMNS], [str(name) for name in cells.columns]
    encoding = settings.encoding
    top = head(path, settings)
    lines = delimited.lines(path, ROWS, encoding, top.skip)
    delimiter = top.delimiter
    settings = settings.model_copy(update={"skip_rows": 0})
    lines, beyond = _narrowed(lines, delimiter, settings.header)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder, "head.csv")
        draft.write_text("\n".join(lines) + "\n", encoding=encoding)
        try:
            cells = contract.read(draft, settings, None, False)
        except UserError as error:
            raise UserError(path, str(error).partition(": ")[2] or str(error)) from error
    if settings.index:
        cells.index.name = settings.index
    elif settings.header and not settings.number_rows:
        header = delimited.split(lines[0], delimiter)
        cells.index.name = (header[0].strip() or None) if len(header) == cells.shape[1] + 1 else None
    return cells.iloc[:, :COLUMNS], [*map(str, cells.columns), *beyond]


def headless(names: list[str], cells: pd.DataFrame) -> dict[str, object]:
    """What to say of a table whose first line is a row: all its cells are numbers, and not whole ones that differ, as ids are.

    Where a number stands above the row ids, too, the table has none, unless its columns are counted.
    """
    values = pd.to_numeric(pd.Series(names, dtype=object), errors="coerce").to_numpy(dtype=float)
    if len(names) < 2 or np.isnan(values).any():
        return {}
    corner = pd.to_numeric(pd.Series([cells.index.name], dtype=object), errors="coerce").notna()[0]
    ids = bool((values == np.rint(values)).all() and len(np.unique(values)) == len(values) and values.min() >= 0)
    if ids and (not corner or (np.diff(values) == 1).all()):
        return {}
    return {"header": False, "number_rows": True} if corner else {"header": False}


def _answered(path: Path, settings: Table, cells: pd.DataFrame) -> pd.DataFrame:
    """The first rows of a table of numbers with its answers, which are yes and no or true and false, as they stand in the file."""
    if cells.shape[1] > COLUMNS or "decimal" not in contract.choose(path).KEYS:  # of measurements alone
        return cells
    two = (cells.isin([0, 1]) | cells.isna()).to_numpy().all(axis=0)
    names = {*cells.columns[two]}
    if not names:
        return cells
    others = [name for name in dict.fromkeys(cells.columns) if name not in names]
    words = contract.read(path, settings.model_copy(update={"drop": [*settings.drop, *others]}), None, False).head(ROWS)
    for place, position in enumerate(np.flatnonzero(cells.columns.isin(names))):
        there = words.iloc[:, place]
        if not pd.to_numeric(there, errors="coerce").isna().equals(there.isna()):
            cells.isetitem(int(position), there.to_numpy())
    return cells


def _above_ids(path: Path, settings: Table, width: int) -> str | None:
    """What stands above the row ids of a table of few columns that is no text; None if nothing does."""
    if width > NARROW or "number_rows" not in contract.choose(path).KEYS:
        return None
    try:
        names = contract.read(path, settings.model_copy(update={"number_rows": True}), None, False).columns
    except UserError:
        return None
    return str(names[0]) if len(names) == width + 1 else None


def _narrowed(lines: list[str], delimiter: str, header: bool) -> tuple[list[str], list[str]]:
    """Lines of a table cut behind the first columns, and the names of the others: there may be 20,000, and each has its price."""
    names, width = lines[0].split(delimiter), lines[-1].count(delimiter) + 1
    if len(names) < 2 * COLUMNS or any('"' in line for line in lines) or not all(map(str.strip, names[1:])):
        return lines, []
    kept = COLUMNS + 2 - (width - len(names))  # nothing may stand above the row ids
    beyond = [name.strip() for name in names[kept:]] if header else [f"column_{i + 1}" for i in range(kept, len(names))]
    cuts = [kept, *[COLUMNS + 2] * len(lines[1:])]
    return [delimiter.join(line.split(delimiter, cut)[:cut]) for line, cut in zip(lines, cuts, strict=True)], beyond
