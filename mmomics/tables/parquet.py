"""Apache Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.tables.contract import index_position, kept, readable

SUFFIXES = (".parquet", ".pq")
KEYS = ("index", "long", "number_rows")


def read(path: Path, table: Table, names: Sequence[str] | None, numeric: bool) -> pd.DataFrame:
    """One file, in its own orientation; see `Format.read`. A stored index counts as the first column."""
    with readable(path):
        frame = pd.read_parquet(path)
    if frame.empty:
        raise UserError(path, "is empty", "give a file with values")
    stored = not isinstance(frame.index, pd.RangeIndex)
    if stored and (table.number_rows or table.index not in (None, frame.index.name)):
        frame = frame.reset_index(drop=table.number_rows)
        stored = False
    if not stored:
        ids = index_position(path, table, [str(name) for name in frame.columns])
        frame = frame if ids is None else frame.set_index(frame.columns[ids])
    if frame.index.hasnans:
        raise UserError(f"{path} row {int(frame.index.isna().argmax()) + 1}", "has no id", "give every row an id")
    if not table.number_rows:
        frame.index = pd.Index(frame.index.astype(str).str.strip().to_numpy(), dtype=object)
    frame.columns = pd.Index([str(name).strip() for name in frame.columns], dtype=object)
    if table.drop or table.long:
        frame = frame.iloc[:, kept(path, table, list(frame.columns))]
    return _numbers(path, frame) if numeric else frame.astype(object).where(frame.notna(), None).map(_text)


def _numbers(path: Path, frame: pd.DataFrame) -> pd.DataFrame:
    for name, kind in frame.dtypes.items():
        if not pd.api.types.is_numeric_dtype(kind):
            raise UserError(
                f"{path} column '{name}'", f"holds {kind}, expected numbers", "drop the column, or set `index` if it holds the ids"
            )
    return frame.astype(np.float32)


def _text(cell: object) -> object:
    return np.nan if cell is None else str(cell)
