"""Text with a delimiter: csv, tsv, txt, plain or compressed."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.tables.contract import index_position, readable

SUFFIXES = (".csv", ".tsv", ".txt", ".tab")
DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "space": " "}
NEVER = "\x1f"  # a delimiter that no line holds, so that a line stays whole


def read(path: Path, table: Table, names: Sequence[str] | None, numeric: bool) -> pd.DataFrame:
    """One file, in its own orientation; see `Format.read`."""
    first = lines(path, 2)
    if len(first) <= table.header:
        raise UserError(path, "has no rows below its header", "give a file with values")
    delimiter = _guess(first) if table.delimiter == "auto" else DELIMITERS[table.delimiter]
    width = len(_split(first[-1], delimiter))
    names = _split(first[0], delimiter) if table.header else names or [f"column_{i + 1}" for i in range(width)]
    if len(names) == width - 1 and not table.number_rows:
        names = ["", *names]  # as R writes it: nothing stands above the row ids
    if len(names) != width:
        what, cure = ("the header", "`delimiter`") if table.header else ("`columns`", "`columns`")
        raise UserError(path, f"{width} columns, but {what} gives {len(names)} names", f"mend {cure}")
    ids = index_position(path, table, names)
    options = {
        "sep": r"\s+" if delimiter == " " else delimiter, "header": 0 if table.header else None, "names": range(width),
        "index_col": False,
        "skip_blank_lines": width > 1,  # in a single column a blank line is a missing value, not nothing
    }  # fmt: skip
    cells: Any = np.float32 if numeric else str
    with readable(path):
        try:
            frame = pd.read_csv(path, dtype=defaultdict(lambda: cells, {ids: str}), **options)
        except ValueError as error:
            if not numeric or isinstance(error, UnicodeDecodeError | pd.errors.ParserError | pd.errors.EmptyDataError):
                raise
            frame = _numbers(path, pd.read_csv(path, dtype=str, **options), names, ids)
    if ids is not None:
        index = pd.Index(frame.pop(ids).str.strip().to_numpy(), dtype=object)
        if index.hasnans:
            row = int(index.isna().argmax()) + 1
            raise UserError(f"{path} row {row}", "has no id", "give every row an id (words such as NA and nan count as missing)")
        frame.index = index
    frame.columns = pd.Index([name.strip() for i, name in enumerate(names) if i != ids], dtype=object)
    return frame


def lines(path: Path, most: int | None = None) -> list[str]:
    """The first lines of a text file, blank ones left out.

    Raises
    ------
    UserError
        If the file is empty, damaged or not UTF-8.
    """
    with readable(path):
        table = pd.read_csv(path, sep=NEVER, header=None, nrows=most, dtype=str, quoting=csv.QUOTE_NONE, keep_default_na=False)
    return table[0].tolist()


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter, skipinitialspace=delimiter == " "))


def _guess(first: list[str]) -> str:
    """The delimiter that gives both lines the most columns, equally many (or one more below an R header)."""
    best, most = ",", 1
    for delimiter in DELIMITERS.values():
        n_head, n_row = len(_split(first[0], delimiter)), len(_split(first[-1], delimiter))
        if n_head > most and n_row in (n_head, n_head + 1):
            best, most = delimiter, n_head
    return best


def _numbers(path: Path, text: pd.DataFrame, names: Sequence[str], ids: int | None) -> pd.DataFrame:
    """Numbers from text cells; the first that is none becomes a `UserError` with its row and column."""
    for column in text.columns.drop([] if ids is None else [ids]):
        cells = text[column]
        values = pd.to_numeric(cells, errors="coerce")
        wrong = values.isna() & cells.notna()
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            name = row + 1 if ids is None else f"'{text.at[row, ids]}'"
            raise UserError(
                f"{path} row {name}, column '{names[column]}'", f"'{cells[row]}' is not a number",
                "mend it, leave it empty if missing, or drop a column that holds no measurements",
            )  # fmt: skip
        text[column] = values.astype(np.float32)
    return text
