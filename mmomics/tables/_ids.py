"""Row ids of a table: what stands in one of its columns, or is made of several (`index: "{Sentrix_ID}_{Sentrix_Position}"`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError, did_you_mean


def positions(path: Path, table: Table, names: Sequence[str]) -> list[int]:
    """Positions of the columns that hold the row ids, or that these are made of; none where the file has no ids.

    Raises
    ------
    UserError
        If one is not there, or the table has one column alone.
    """
    if table.number_rows:
        return []
    if len(names) < 2:
        raise UserError(
            path, "has one column only, expected row ids and values", "set `delimiter`, or `number_rows` for a file without ids"
        )
    wanted = table.made_of or ([] if table.index is None else [table.index])
    for name in wanted:
        if name not in names:
            raise UserError(path, f"no column '{name}' for `index`", did_you_mean(name, [each for each in names if each]))
    return [list(names).index(name) for name in wanted] or [0]


def made(table: Table, columns: Sequence[pd.Series]) -> pd.Series:
    """Row ids without blanks around them; missing where one of the columns that they are made of has nothing.

    Parameters
    ----------
    table : Table
        Says by `index` what stands between the columns, if there are several.
    columns : sequence of Series of str (n_rows,)
        Those of `positions`.
    """
    found = [cells.str.strip() for cells in columns]
    if not table.made_of:
        return found[0]
    return joined(table.between, [cells.mask(cells == "") for cells in found])


def joined(between: Sequence[str], columns: Sequence[pd.Series]) -> pd.Series:
    """Columns of text with what stands before, between and behind them; missing where one is."""
    first, *signs = between
    whole = pd.Series(first, index=columns[0].index, dtype=object)
    for cells, sign in zip(columns, signs, strict=True):
        whole = whole + cells + sign
    return whole


def beside(table: Table, kept: Sequence[int], ids: Sequence[int], numeric: bool) -> list[int]:
    """Positions of the columns that are no ids; in a table of text what an id is made of stays: a slide is a batch."""
    return list(kept) if table.made_of and not numeric else [place for place in kept if place not in ids]
