"""The samples table: which subject a sample is of, and one row per subject."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.cohort import table
from mmomics.config.samples import Samples
from mmomics.errors import UserError, did_you_mean


def read(samples: Samples, folder: str | Path) -> pd.DataFrame:
    """The samples table as text (missing = NaN), index = row ids; stacked files get the column ``part`` unless they have one.

    ``attrs["files"]`` names its files, for messages.
    """
    frame, part = table.read(samples, folder, numeric=False)
    if part is not None and keys.PART not in frame:
        frame[keys.PART] = part
    frame.attrs["files"] = ", ".join(map(str, table.paths(samples, folder).values()))
    return frame


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


def subjects(samples: Samples, frame: pd.DataFrame) -> pd.Series:
    """The subject of each row: the `subject` column, or the row id.

    Raises
    ------
    UserError
        If a row has no subject.
    """
    if samples.subject is None:
        return pd.Series(frame.index, index=frame.index, dtype=object)
    named = column(frame, samples.subject, "samples.subject")
    if named.isna().any():
        raise UserError(
            place(frame, "samples.subject"),
            f"{named.isna().sum()} rows have no subject, the first is '{named.index[named.isna()][0]}'",
            "fill it in",
        )
    return named


def by_subject(samples: Samples, frame: pd.DataFrame, unique: list[str]) -> pd.DataFrame:
    """One row per subject, in the table's order: of several rows the first value that is not missing.

    Parameters
    ----------
    samples : Samples
        Says which column holds the subject.
    frame : DataFrame
        The samples table.
    unique : list of str
        Columns (the outcome's) in which the rows of one subject must agree.

    Raises
    ------
    UserError
        If rows of one subject disagree in such a column.
    """
    owner = subjects(samples, frame).to_numpy()
    if samples.subject is None:
        return frame
    groups = frame.groupby(owner, sort=False)
    for name in unique:
        differing = groups[name].nunique()
        if (differing > 1).any():
            raise UserError(
                place(frame, f"samples, column '{name}'"),
                f"{(differing > 1).sum()} subjects have rows that disagree, the first is '{differing.idxmax()}'",
                "leave out `samples.subject` and set `split.group` to predict each sample by itself",
            )  # fmt: skip
    rows = groups.first()
    rows.attrs = frame.attrs
    return rows


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
        raise UserError(f"{where} row '{first}'", f"'{cells[first]}' is not a finite number", "mend it, or leave it empty if missing")
    return values
