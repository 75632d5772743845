"""Rows that are sparse, such as cells: streamed from the file and pooled, so that no table of all of them is ever laid out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from mmomics.errors import UserError

CHUNK = 1 << 22  # stored values taken from the file at a time
MOST = 1 << 33  # bytes of a table as float32; what is larger must be pooled first


@dataclass(frozen=True)
class Cells:
    """A table that has not been laid out.

    Attributes
    ----------
    index, columns : Index
        Ids of the rows and names of the columns, text.
    parts : iterable of sparse arrays, each (n_rows, n_columns)
        They add up to the table and are small each; what none of them stores is 0, NaN is missing.
    """

    index: pd.Index
    columns: pd.Index
    parts: Iterable[sparse.coo_array]

    def keeping(self, places: Sequence[int] | np.ndarray, columns: pd.Index | None = None) -> Cells:
        """These columns alone, by names of their own if any are given."""
        to = np.full(len(self.columns), -1)
        to[places] = np.arange(len(places))
        shape = (len(self.index), len(places))
        parts = (
            sparse.coo_array((p.data[to[p.col] >= 0], (p.row[to[p.col] >= 0], to[p.col][to[p.col] >= 0])), shape=shape) for p in self.parts
        )
        return Cells(self.index, self.columns[places] if columns is None else columns, parts)

    def laid_out(self, path: Path, pool: str) -> pd.DataFrame:
        """The table, float32; with `pool` the sums or means of rows of equal ids over what is there, NaN where nothing is.

        Raises
        ------
        UserError
            If it is too large.
        """
        ids = self.index.unique() if pool != "none" else self.index
        fitting(path, len(ids), len(self.columns))
        shape = (len(ids), len(self.columns))
        if pool == "none":
            values = np.zeros(shape, dtype=np.float32)
            for part in self.parts:
                values[part.row, part.col] = part.data
            return pd.DataFrame(values, index=ids, columns=self.columns)
        group = ids.get_indexer(self.index)
        total, holes = np.zeros(shape), None
        for part in self.parts:
            absent = np.isnan(part.data)
            if absent.any():
                holes = np.zeros(shape) if holes is None else holes
                holes += _summed(absent.astype(float), group[part.row], part.col, shape)
            total += _summed(np.where(absent, 0.0, part.data), group[part.row], part.col, shape)
        seen = np.bincount(group, minlength=len(ids))[:, None] - (0 if holes is None else holes)
        with np.errstate(invalid="ignore"):
            pooled = np.where(seen > 0, total / seen if pool == "mean" else total, np.nan)
        return pd.DataFrame(pooled.astype(np.float32), index=ids, columns=self.columns)


def compressed(stored: tuple[np.ndarray, np.ndarray, np.ndarray], start: int, shape: tuple[int, int], by_row: bool) -> sparse.coo_array:
    """The part of a table that some of its rows (or columns) hold, as HDF5 files store them.

    Parameters
    ----------
    stored : array (n_stored,), array (n_stored,), array (n_lines + 1,)
        Values, their places in the row, and where each row begins.
    start : int
        Which row is the first.
    shape : (int, int)
        Of the whole table.
    by_row : bool
        False: read column for row.

    Raises
    ------
    ValueError
        If a place lies outside of the table.
    """
    data, indices, indptr = stored
    lines = np.repeat(np.arange(start, start + len(indptr) - 1), np.diff(indptr))
    places = np.asarray(indices, dtype=np.int64)
    if len(places) and not 0 <= places.min() <= places.max() < shape[1 if by_row else 0]:
        raise ValueError("a value lies outside of the table")
    data = np.asarray(data, dtype=np.float64)
    return sparse.coo_array((data, (lines, places) if by_row else (places, lines)), shape=shape)


def chunks(indptr: np.ndarray, n_lines: int, n_stored: int) -> list[tuple[int, int]]:
    """Runs of lines with about `CHUNK` stored values each.

    Raises
    ------
    ValueError
        If `indptr` is not what it must be: rising from 0 to `n_stored` in `n_lines` steps.
    """
    if len(indptr) != n_lines + 1 or indptr[0] != 0 or indptr[-1] != n_stored or (np.diff(indptr) < 0).any():
        raise ValueError("where its rows begin is damaged")
    cuts = np.unique([0, *np.searchsorted(indptr, np.arange(CHUNK, n_stored, CHUNK)), n_lines])
    return list(zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True))


def fitting(path: Path, n_rows: int, n_columns: int) -> None:
    """Refuse a table that is too large to be laid out cell by cell."""
    if 4 * n_rows * n_columns > MOST:
        raise UserError(
            path, f"{n_rows} x {n_columns} values would take {4 * n_rows * n_columns >> 30} GiB", "set `index` and `pool` to pool the rows"
        )


def _summed(data: np.ndarray, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    return sparse.coo_array((data, (rows, columns)), shape=shape).toarray()
