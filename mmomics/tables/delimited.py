"""Text with a delimiter: csv, tsv, txt, plain or compressed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.tables import _arrow, _grouped, _ids, _missing, _npx, _torn
from mmomics.tables._head import DELIMITERS, Head, below, guess, head, lines, split
from mmomics.tables.contract import kept, readable

SUFFIXES = (".csv", ".tsv", ".txt", ".tab")
KEYS = ("header", "columns", "index", "long", "number_rows", "delimiter", "decimal", "thousands", "encoding", "skip_rows", "comment")
COMPRESSED = True
WHO = "sample|subject|patient|donor|person|participant|gene|feature|probe|protein|barcode"
ID = re.compile(rf"({WHO})|({WHO}|row)?[ _.-]?(ids?|index|names?|symbols?)", re.IGNORECASE)  # what stands above ids
CELLS = 1 << 20  # cells that are looked at in one go for one that is no number
__all__ = ["COMPRESSED", "DELIMITERS", "KEYS", "SUFFIXES", "guess", "lines", "read", "split"]


def read(path: Path, table: Table, names: Sequence[str] | None, numeric: bool) -> pd.DataFrame:
    """One file, in its own orientation; see `Format.read`."""
    export = _npx.text(path, table, numeric)
    if export is not None:
        return export
    top = head(path, table)
    first, delimiter = top.lines, top.delimiter
    if len(first) <= table.header:
        raise UserError(path, "has no rows below its header", "give a file with values")
    width = len(split(first[-1], delimiter))
    names = split(first[0], delimiter) if table.header else names or [f"column_{i + 1}" for i in range(width)]
    if table.header and len(names) == width - 1:
        cells = split(first[-1], delimiter)
        named = widened(list(names), cells) if cells[-1].strip() or _trailing(path, table, top) else ["", *names]
        names = named if named[0] or not table.number_rows else names  # row ids in a file that has none
        numbered = cells[0].strip().isdigit()  # by R, beside ids in a column of their own
        if not names[0] and not numbered and (names[1] == table.index or ID.fullmatch(names[1].strip())):
            problem = f"the first row has {width} cells, but the header, which begins with '{names[1]}', has {width - 1} names"
            raise UserError(path, problem, "name every column, or take the cell that is too many out")
    if len(names) != width:
        what, cure = ("the header", "`delimiter`") if table.header else ("`columns`", "`columns`")
        raise UserError(path, f"{width} columns, but {what} gives {len(names)} names", f"mend {cure}")
    names = [name.strip() for name in names]
    ids = _ids.positions(path, table, names)
    missing = _missing.missing(table.na_values)
    options: dict[str, Any] = {
        "sep": r"\s+" if delimiter == " " else delimiter, "header": 0 if table.header else None, "names": range(width),
        "index_col": False, "decimal": table.decimal_sign,
        "na_values": {place: missing for place in range(width) if place not in ids},  # ids are as they are
        "skip_blank_lines": width > 1,  # in a single column a blank line is a missing value, not nothing
    }  # fmt: skip
    left = kept(path, table, names)
    if table.long is not None:
        options["usecols"] = sorted({*left, width - 1})  # there may be millions of rows
    numbers = [i for i in left if i not in ids] if numeric else []
    found = None
    if numbers and width > 1 and delimiter != " " and table.thousands is None and not table.na_values and not table.made_of:
        found = _fast(path, table, top, numbers, (ids[0] if ids else None, width))
    if found is None:
        with _torn.named(path, table, top, width):
            frame = _cells(path, table, top.skip, options, (names, numbers))
        if width > 1 and frame[width - 1].isna().any():
            _torn.refuse(path, table, top, width)
        rows = _ids.made(table, [frame[i] for i in ids]) if ids else None  # popped, they would take 20,000 columns apart
    else:
        frame, rows = found
    if rows is not None:
        index = pd.Index(rows.to_numpy(), dtype=object)
        if index.hasnans:
            row = int(index.isna().argmax()) + 1
            raise UserError(f"{path} row {row}", "has no id", "give every row an id (words such as NA and nan count as missing)")
        frame.index = index
    left = _ids.beside(table, left, ids, numeric)
    if left and left[-1] == width - 1 and not names[-1] and frame[width - 1].isna().all():
        left = left[:-1]  # every line ends in a delimiter
    if table.header and any(not names[i] for i in left):
        place = next(i for i in left if not names[i])
        raise UserError(path, f"column {place + 1} has no name", "name it, or take it out")
    frame = frame if len(left) == frame.shape[1] else frame[left]
    frame.columns = pd.Index([names[i] for i in left], dtype=object)
    return frame


def _trailing(path: Path, table: Table, top: Head) -> bool:
    """Whether every row ends in a delimiter; a last value that is missing in some rows is another thing."""
    with readable(path, encoding=table.encoding), below(path, table.encoding, top.skip, table.comment) as stream:
        rows = (line.rstrip("\r\n") for line in stream if line.strip())
        next(rows, None)  # the header
        return all(row.endswith(top.delimiter) for row in rows)


def widened(names: list[str], row: list[str]) -> list[str]:
    """Names of a header that has one name less than the row below it has cells.

    Some programs end each row with a delimiter; others, such as R, write nothing above the row ids.
    """
    return [*names, ""] if not row[-1].strip() else ["", *names]


def _fast(
    path: Path, table: Table, top: Head, numbers: Sequence[int], shape: tuple[int | None, int]
) -> tuple[pd.DataFrame, pd.Series | None] | None:
    """Numbers and ids as Arrow reads them; None where it cannot."""
    import pyarrow as pa

    ids, width = shape
    with readable(path, encoding=table.encoding), below(path, table.encoding, top.skip, table.comment) as stream:
        try:
            if table.header:
                line = next((line for line in iter(stream.readline, "") if line.strip()), "")
                if line.count('"') % 2:
                    return None  # the header goes on in the next line
            values, rows = _arrow.numbers(stream, numbers, ids, width, (top.delimiter, table.decimal_sign))
        except (ValueError, pa.ArrowException):
            return None
    return pd.DataFrame(values, columns=numbers), None if rows is None else pd.Series(rows, dtype=object).str.strip()


def _cells(path: Path, table: Table, skip: int, options: dict[str, Any], columns: tuple[Sequence[str], Sequence[int]]) -> pd.DataFrame:
    """The columns by their place: float32 those that hold numbers, text the others."""
    names, numbers = columns
    kinds: Any = defaultdict(lambda: str, dict.fromkeys(numbers, np.float32))
    with readable(path, encoding=table.encoding):
        try:
            if table.thousands is None or not numbers:
                with below(path, table.encoding, skip, table.comment) as stream:
                    return pd.read_csv(stream, dtype=kinds, **options)
        except ValueError as error:
            if not numbers or isinstance(error, UnicodeDecodeError | pd.errors.ParserError | pd.errors.EmptyDataError):
                raise
        rows = max(CELLS // len(names), 1)

        def parts() -> Iterator[pd.DataFrame]:
            with (
                below(path, table.encoding, skip, table.comment) as stream,
                pd.read_csv(stream, dtype=str, chunksize=rows, **options) as found,
            ):
                yield from found

        sign = table.decimal_sign
        group = table.thousands_sign or _grouped.found((part[column] for part in parts() for column in numbers), sign)
        return pd.concat([_numbers(path, table, part, columns, (group, sign)) for part in parts()], ignore_index=True)


def _numbers(
    path: Path, table: Table, cells: pd.DataFrame, columns: tuple[Sequence[str], Sequence[int]], signs: tuple[str | None, str]
) -> pd.DataFrame:
    """Numbers from text cells; the first that is none becomes a `UserError` with its row and column."""
    names, numbers = columns
    ids = _ids.positions(path, table, names)
    for column in numbers:
        found = cells[column]
        values = _grouped.parsed(found, *signs)
        wrong = values.isna() & found.notna()
        if wrong.any():
            row = wrong.idxmax()
            name = f"'{_ids.made(table, [cells.loc[[row], i] for i in ids]).iloc[0]}'" if ids else f"{row + 1}"
            worded = ((cells[each], int(cells[each].notna().sum())) for each in numbers if cells[each].dtype == object)
            cure = _missing.cure(found[row], worded, signs[1])
            raise UserError(f"{path} row {name}, column '{names[column]}'", f"'{found[row]}' is not a number", cure)
        cells[column] = values.astype(np.float32)
    return cells
