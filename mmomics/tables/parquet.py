"""Apache Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.tables import _ids, _worded
from mmomics.tables._arrow import MISSING
from mmomics.tables.contract import kept, readable

SUFFIXES = (".parquet", ".pq")
KNOWN = ("string", "categorical", "decimal", "empty")  # columns that are read as text with numbers in it
KEYS = ("index", "long", "number_rows", "decimal", "thousands")


def read(path: Path, table: Table, names: Sequence[str] | None, numeric: bool) -> pd.DataFrame:
    """One file, in its own orientation; see `Format.read`. The levels of a stored index count as the first columns."""
    with readable(path):
        frame = pd.read_parquet(path)
    if frame.empty:
        raise UserError(path, "is empty", "give a file with values")
    stored = not isinstance(frame.index, pd.RangeIndex) or frame.index.name is not None  # ids 1, 2, 3 are a range, too
    if stored and (table.number_rows or frame.index.nlevels > 1 or table.index not in (None, frame.index.name)):
        frame, stored = frame.reset_index(drop=True) if table.number_rows and not table.long else _unstored(path, frame), False
    if not stored:
        ids = _ids.positions(path, table, [str(name) for name in frame.columns])
        if ids and table.made_of:
            index = pd.Index(_ids.made(table, [frame.iloc[:, i].astype(object).map(lambda cell: _text(cell, table)) for i in ids]))
            frame = frame.iloc[:, _ids.beside(table, range(frame.shape[1]), ids, numeric)].set_axis(index)
        elif ids:
            frame = frame.set_index(frame.columns[ids[0]])
    if frame.index.hasnans:
        raise UserError(f"{path} row {int(frame.index.isna().argmax()) + 1}", "has no id", "give every row an id")
    if not table.number_rows:
        frame.index = pd.Index(frame.index.astype(str).str.strip().to_numpy(), dtype=object)
    frame.columns = pd.Index([str(name).strip() for name in frame.columns], dtype=object)
    if table.drop or table.long:
        frame = frame.iloc[:, kept(path, table, list(frame.columns))]
    if numeric:
        return _numbers(path, frame, table)
    return frame.astype(object).where(frame.notna(), None).map(lambda cell: _text(cell, table))


def _unstored(path: Path, frame: pd.DataFrame) -> pd.DataFrame:
    """The levels of a stored index as the first columns; one that stands among the columns as well is there once."""
    for name in {*frame.index.names} & {*frame.columns}:
        if not (frame.index.get_level_values(name).astype(str) == frame[name].astype(str)).all():
            problem = f"a column and the stored index are both named '{name}', and differ"
            raise UserError(path, problem, "rename one of them, or write the table without its index")
        frame = frame.drop(columns=name)
    return frame.reset_index()


def _numbers(path: Path, frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    spoken = [not pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes]
    if not any(spoken):
        return frame.astype(np.float32)
    for place in np.flatnonzero(spoken):
        cells = frame.iloc[:, place]
        held = pd.api.types.infer_dtype(cells, skipna=True)
        if held not in KNOWN:
            what = "lists or records" if held == "mixed" else cells.dtype  # a column has one type: what is none by itself is nested
            raise UserError(
                f"{path} column '{frame.columns[place]}'", f"holds {what}, expected numbers",
                "drop the column, or set `index` if it holds the ids",
            )  # fmt: skip
    typed = pd.concat([frame.iloc[:, place].astype(object) if each else frame.iloc[:, place] for place, each in enumerate(spoken)], axis=1)

    def place_of(row: int, column: int) -> str:
        known = f"'{frame.index[row]}'" if not table.number_rows else f"{row + 1}"
        return f"{path} row {known}, column '{frame.columns[column]}'"

    return _worded.numbers(typed, table, place_of)


def _text(cell: object, table: Table) -> object:
    """A cell as it would stand in a text file."""
    if cell is None or (isinstance(cell, str) and cell.strip() in MISSING):
        return np.nan
    return _worded.written(cell, table) if isinstance(cell, float) else str(cell)
