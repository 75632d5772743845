"""Long tables, a row per sample and feature (Olink's NPX, results of a laboratory), made into samples x features."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.config.table import COLUMN, Long, Table
from mmomics.errors import UserError, count, did_you_mean
from mmomics.tables import _grouped, _ids, _marks, _missing, _units
from mmomics.tables._cells import fitting


def columns(path: Path, table: Table, names: Sequence[str]) -> list[int]:
    """Positions of the columns of the samples, the features and the values, and of those beside that put values in doubt, or in units.

    Raises
    ------
    UserError
        If one is not there, or named twice, or samples are said to be columns.
    """
    assert table.long is not None
    found, ids, features = [], table.made_of or [table.index or names[0]], table.long.made_of or [table.long.feature]
    wanted = [*(("index", each) for each in ids), *(("long.feature", each) for each in features), ("long.value", table.long.value)]
    for key, name in wanted:
        if name not in names:
            raise UserError(path, f"no column '{name}' for `{key}`", did_you_mean(name, [each for each in names if each]))
        found.append(list(names).index(name))
    if len(set(found)) < len(found) or {names[place] for place in found} & set(table.long.flags):
        problem = "`index`, `long.feature`, `long.value` and `long.flags` name one column twice"
        raise UserError(path, problem, "name a column of its own for each")
    if table.orientation == "samples_in_columns":
        raise UserError(path, "`orientation: samples_in_columns` means nothing for a `long` table", "leave `orientation` out")
    beside = [list(names).index(name) for name in (*_marks.columns(path, table, names), *_units.columns(names, table.long.value))]
    return [*found, *(place for place in beside if place not in found)]


def wide(path: Path, cells: pd.DataFrame, table: Table, numeric: bool) -> pd.DataFrame:
    """Samples x features, float32 or text, in the order of the file; `drop` names features.

    Parameters
    ----------
    path : Path
        The file, for messages.
    cells : DataFrame (n_rows, n_columns)
        Text: the `columns`, in this order; missing = NaN.
    table : Table
        With `pool`, several values of one sample and feature are pooled.
    numeric : bool
        Whether the values are numbers.

    Raises
    ------
    UserError
        If a row has no sample or feature, a value is no number, a feature has several units, or a sample several values of a feature.
    """
    assert table.long is not None
    of, by = len(table.made_of) or 1, len(table.long.made_of) or 1
    sample = _ids.made(table, [cells.iloc[:, place] for place in range(of)])
    feature = _feature(table.long, [cells.iloc[:, of + place] for place in range(by)])
    cells = pd.concat([sample.rename(table.index if table.made_of else cells.columns[0]), feature, cells.iloc[:, of + by :]], axis=1)
    for name in cells.columns[:2]:
        absent = cells[name].isna().to_numpy()
        if absent.any():
            raise UserError(f"{path} row {int(absent.argmax()) + 1}", f"has no '{name}'", "fill it in, or take the row out")
    sample, feature, value = (cells.iloc[:, place] for place in range(3))
    rows, samples = pd.factorize(sample)
    places, features = pd.factorize(feature)
    fitting(path, len(samples), len(features))
    if numeric:
        value = _numbers(path, value, table)
    beside = cells.iloc[:, 3:]
    units = [name for name in _units.columns(list(beside.columns), table.long.value) if name not in table.long.flags]
    value = _marks.heeded(path, value, feature, beside.drop(columns=units), table)
    for name in units:
        _units.refuse(path, beside[name], feature.where(value.notna() & ~feature.isin(table.drop)), table.long)
    twice = pd.DataFrame({"row": rows, "place": places}).duplicated().to_numpy()
    if twice.any() and (table.pool == "none" or not numeric):
        at = int(twice.argmax())
        cure = "set `pool: mean`, or take another column for `long.feature`, such as the id of the assay"
        problem = (
            f"sample '{samples[rows[at]]}' has several values of '{features[places[at]]}', as do {count(int(twice.sum()), 'row')} in all"
        )
        raise UserError(f"{path} row {at + 1}", problem, cure)
    if twice.any():
        groups = value.groupby([rows, places], sort=False)
        pooled = groups.sum(min_count=1) if table.pool == "sum" else groups.mean()
        rows, places, value = pooled.index.get_level_values(0), pooled.index.get_level_values(1), pooled
    out = np.full((len(samples), len(features)), np.nan, dtype=np.float32 if numeric else object)
    out[rows, places] = value.to_numpy()
    frame = pd.DataFrame(out, index=pd.Index(samples, dtype=object), columns=pd.Index(features, dtype=object))
    for name in table.drop:
        if name not in frame:
            raise UserError(path, f"no feature '{name}' for `drop`", did_you_mean(name, frame.columns))
    return frame.drop(columns=table.drop)


def _feature(long: Long, columns: Sequence[pd.Series]) -> pd.Series:
    """Names of features, each row's; missing where none of the columns that they are made of has anything."""
    named = long.feature
    if not long.made_of:
        return columns[0].str.strip().rename(named)
    parts = [cells.str.strip() for cells in columns]
    whole = _ids.joined(COLUMN.split(named)[::2], [cells.fillna("") for cells in parts]).str.strip()
    return whole.mask(np.logical_and.reduce([cells.fillna("") == "" for cells in parts])).rename(named)


def _numbers(path: Path, cells: pd.Series, table: Table) -> pd.Series:
    cells = cells.mask(cells.str.strip().isin(_missing.missing(table.na_values)))
    group = table.thousands_sign or _grouped.found([cells], table.decimal_sign)
    values = _grouped.parsed(cells, group, table.decimal_sign)
    wrong = (values.isna() & cells.notna()).to_numpy()
    if wrong.any():
        odd = cells[wrong]
        cure = _missing.cure(odd.iloc[0], [(odd, int(cells.notna().sum()))], table.decimal_sign)
        raise UserError(f"{path} row {int(wrong.argmax()) + 1}, column '{cells.name}'", f"'{odd.iloc[0]}' is not a number", cure)
    return values
