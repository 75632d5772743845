"""Cells of text among numbers, in formats whose cells have a type: workbooks and Parquet."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.tables import _grouped, _missing
from mmomics.tables._arrow import MISSING


def numbers(frame: pd.DataFrame, table: Table, place: Callable[[int, int], str]) -> pd.DataFrame:
    """Columns of numbers and text as float32: text is read as in a text file, numbers are what they are.

    Parameters
    ----------
    frame : DataFrame (n_rows, n_columns)
        Cells are numbers or text; missing = NaN. Names of columns may repeat.
    table : Table
        With `na_values`, `decimal` and `thousands`.
    place : callable
        Where a cell is, by its row and column, counted from 0.

    Raises
    ------
    UserError
        If a cell is no number.
    """
    sign, missing = table.decimal_sign, {*_missing.missing(table.na_values), *MISSING}
    columns = [frame.iloc[:, number].reset_index(drop=True) for number in range(frame.shape[1])]
    told = {number: cells[cells.map(lambda cell: isinstance(cell, str))] for number, cells in enumerate(columns) if cells.dtype.kind == "O"}
    told = {number: cells[~cells.str.strip().isin(missing)] for number, cells in told.items() if len(cells)}
    group = table.thousands_sign or _grouped.found(told.values(), sign)
    out = np.empty(frame.shape, dtype=np.float32)
    for number, cells in enumerate(columns):
        if number not in told:
            out[:, number] = cells.to_numpy(dtype=np.float32, na_value=np.nan)
            continue
        known = cells.mask(cells.map(lambda cell: isinstance(cell, str)))
        values = _grouped.parsed(told[number], group, sign, alone=known.isna().all())
        if values.isna().any():
            odd = told[number][values.isna()]
            size = [(told[each], len(columns[each].dropna())) for each in told]
            raise UserError(place(int(odd.index[0]), number), f"'{odd.iloc[0]}' is not a number", _missing.cure(odd.iloc[0], size, sign))
        known[values.index] = values
        out[:, number] = known.to_numpy(dtype=np.float32, na_value=np.nan)
    return pd.DataFrame(out, index=frame.index, columns=frame.columns)


def written(number: float, table: Table) -> str:
    """A number as a text file with the table's decimal sign would have it."""
    return str(number).replace(".", table.decimal_sign)
