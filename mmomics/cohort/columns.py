"""Columns of the samples table: found by name, and their text as numbers or plain words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmomics.errors import UserError, did_you_mean
from mmomics.tables import _grouped

WITH_COMMA = r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?"  # a number with a decimal comma


def place(frame: pd.DataFrame, key: str) -> str:
    """Where a mistake is: the files of the samples table, where known, and the key of the cohort file."""
    files = frame.attrs.get("files")
    return f"{files}: {key}" if files else key


def column(frame: pd.DataFrame, name: str, where: object) -> pd.Series:
    """A column of the samples table.

    Raises
    ------
    UserError
        If there is none of this name.
    """
    if name not in frame:
        source = f" {frame.attrs['files']}" if "files" in frame.attrs else ""
        raise UserError(where, f"the samples table{source} has no column '{name}'", did_you_mean(name, frame.columns))
    return frame[name]


def canonical(cells: pd.Series) -> pd.Series:
    """Text with whole numbers written plainly: ``1.0`` and ``1.00e+00`` become ``1``; anything else stays."""
    numbers = pd.to_numeric(cells, errors="coerce")
    whole = (numbers.abs() < 2**53) & (numbers == numbers.round())
    plain = numbers[whole].astype("int64").astype(str)
    return cells.mask(whole, plain)


def numbers(cells: pd.Series, where: object) -> pd.Series:
    """Text as finite numbers (float64, missing = NaN).

    Raises
    ------
    UserError
        If a cell is not a finite number.
    """
    values = pd.to_numeric(cells, errors="coerce").astype(float)
    wrong = (values.isna() & cells.notna()) | np.isinf(values)
    if wrong.any():
        first = wrong.idxmax()
        cure = _grouped.cure(str(cells[first]), ".").replace("set `", "set `samples.") or "mend it, or leave it empty if missing"
        raise UserError(f"{where} row '{first}'", f"'{cells[first]}' is not a finite number", cure)
    return values
