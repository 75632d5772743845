"""Text with a delimiter: csv, tsv, txt, plain or compressed."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.tables import _arrow
from mmomics.tables._text import text
from mmomics.tables.contract import index_position, kept, readable

SUFFIXES = (".csv", ".tsv", ".txt", ".tab")
KEYS = ("header", "columns", "index", "number_rows", "delimiter", "decimal", "encoding")
COMPRESSED = True
DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "space": " "}
OPEN = 20  # lines that one quoted cell may span in the header
CELLS = 1 << 20  # cells that are looked at in one go for one that is no number


def read(path: Path, table: Table, names: Sequence[str] | None, numeric: bool) -> pd.DataFrame:
    """One file, in its own orientation; see `Format.read`."""
    first = lines(path, 2, table.encoding)
    if len(first) <= table.header:
        raise UserError(path, "has no rows below its header", "give a file with values")
    delimiter = guess(first, table.decimal) if table.delimiter == "auto" else DELIMITERS[table.delimiter]
    width = len(split(first[-1], delimiter))
    names = split(first[0], delimiter) if table.header else names or [f"column_{i + 1}" for i in range(width)]
    if len(names) == width - 1 and not table.number_rows:
        names = ["", *names]  # as R writes it: nothing stands above the row ids
    if len(names) != width:
        what, cure = ("the header", "`delimiter`") if table.header else ("`columns`", "`columns`")
        raise UserError(path, f"{width} columns, but {what} gives {len(names)} names", f"mend {cure}")
    names = [name.strip() for name in names]
    ids = index_position(path, table, names)
    options: dict[str, Any] = {
        "sep": r"\s+" if delimiter == " " else delimiter, "header": 0 if table.header else None, "names": range(width),
        "index_col": False, "decimal": "," if table.decimal == "comma" else ".",
        "skip_blank_lines": width > 1,  # in a single column a blank line is a missing value, not nothing
    }  # fmt: skip
    left = kept(path, table, names)
    numbers = [i for i in left if i != ids] if numeric else []
    found = _fast(path, table, delimiter, numbers, (ids, width)) if numbers and width > 1 and delimiter != " " else None
    if found is None:
        frame = _cells(path, table, options, names, numbers)
        if width > 1 and frame[width - 1].isna().any():
            _whole(path, table, delimiter, width)
        rows = frame[ids].str.strip() if ids is not None else None  # popped, it would take 20,000 columns apart
    else:
        frame, rows = found
    if rows is not None:
        index = pd.Index(rows.to_numpy(), dtype=object)
        if index.hasnans:
            row = int(index.isna().argmax()) + 1
            raise UserError(f"{path} row {row}", "has no id", "give every row an id (words such as NA and nan count as missing)")
        frame.index = index
    left = [i for i in left if i != ids]
    if left and left[-1] == width - 1 and not names[-1] and frame[width - 1].isna().all():
        left = left[:-1]  # every line ends in a delimiter
    if table.header and any(not names[i] for i in left):
        place = next(i for i in left if not names[i])
        raise UserError(path, f"column {place + 1} has no name", "name it, or take it out")
    frame = frame if len(left) == frame.shape[1] else frame[left]
    frame.columns = pd.Index([names[i] for i in left], dtype=object)
    return frame


def lines(path: Path, most: int | None = None, encoding: str = "utf-8") -> list[str]:
    """The first lines of a text file, blank ones left out; with `most`, a line goes on while a quotation mark is open.

    Raises
    ------
    UserError
        If the file is empty, damaged or not of the encoding.
    """
    with readable(path, encoding=encoding), text(path, encoding) as stream:
        found = list(islice(_records(_lines(stream)), most)) if most else list(_lines(stream))
    if not found:
        raise UserError(path, "is empty", "give a file with values")
    return found


def _lines(stream: Iterator[str]) -> Iterator[str]:
    """Lines that are not blank, without their ends."""
    for line in stream:
        if "\0" in line:
            raise ValueError("NUL bytes")
        if line.strip():
            yield line.rstrip("\r\n")


def _records(found: Iterator[str]) -> Iterator[str]:
    for line in found:
        if line.count('"') % 2 == 0:
            yield line
            continue
        more = [line]
        for each in islice(found, OPEN):
            more.append(each)
            if each.count('"') % 2:
                break
        else:  # it never closes: a mark that is part of a name
            yield from more
            continue
        yield "\n".join(more)


def split(line: str, delimiter: str) -> list[str]:
    """The cells of a line."""
    if '"' not in line:  # also faster, and no limit to the length of a cell
        return line.split() if delimiter == " " else line.split(delimiter)
    return next(csv.reader(line.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=delimiter == " "))


def guess(first: Sequence[str], decimal: str = "point") -> str:
    """The delimiter of a text, by its header and the line below it.

    The one that gives both the most columns, equally many (or one more below an R header); a space only where no other one does. Where
    none fits both, the one that gives the header the most.
    """
    signs = [sign for sign in DELIMITERS.values() if sign != " " and not (sign == "," and decimal == "comma")]
    n_head, n_row = ({sign: len(split(line, sign)) for sign in (*signs, " ")} for line in (first[0], first[-1]))
    fitting = [sign for sign in (*signs, " ") if n_head[sign] > 1 and n_row[sign] - n_head[sign] in (0, 1)]
    several = [sign for sign in fitting if sign != " "] or fitting or [sign for sign in signs if n_head[sign] > 1]
    return max(several, key=n_head.__getitem__, default=";" if decimal == "comma" else ",")


def _fast(
    path: Path, table: Table, delimiter: str, numbers: Sequence[int], shape: tuple[int | None, int]
) -> tuple[pd.DataFrame, pd.Series | None] | None:
    """Numbers and ids as Arrow reads them; None where it cannot."""
    import pyarrow as pa

    ids, width = shape
    with readable(path, encoding=table.encoding), text(path, table.encoding) as stream:
        try:
            if table.header:
                line = next((line for line in iter(stream.readline, "") if line.strip()), "")
                if line.count('"') % 2:
                    return None  # the header goes on in the next line
            values, rows = _arrow.numbers(stream, numbers, ids, width, (delimiter, "," if table.decimal == "comma" else "."))
        except (ValueError, pa.ArrowException):
            return None
    return pd.DataFrame(values, columns=numbers), None if rows is None else pd.Series(rows, dtype=object).str.strip()


def _cells(path: Path, table: Table, options: dict[str, Any], names: Sequence[str], numbers: Sequence[int]) -> pd.DataFrame:
    """The columns by their place: float32 those of `numbers`, text the others."""
    kinds: Any = defaultdict(lambda: str, dict.fromkeys(numbers, np.float32))
    with readable(path, encoding=table.encoding):
        try:
            with text(path, table.encoding) as stream:
                return pd.read_csv(stream, dtype=kinds, **options)
        except ValueError as error:
            if not numbers or isinstance(error, UnicodeDecodeError | pd.errors.ParserError | pd.errors.EmptyDataError):
                raise
        rows = max(CELLS // len(names), 1)
        with text(path, table.encoding) as stream, pd.read_csv(stream, dtype=str, chunksize=rows, **options) as parts:
            return pd.concat([_numbers(path, table, part, names, numbers) for part in parts], ignore_index=True)


def _numbers(path: Path, table: Table, cells: pd.DataFrame, names: Sequence[str], numbers: Sequence[int]) -> pd.DataFrame:
    """Numbers from text cells; the first that is none becomes a `UserError` with its row and column."""
    ids = index_position(path, table, names)
    sign, other = (",", ".") if table.decimal == "comma" else (".", ",")
    for column in numbers:
        found = cells[column]
        values = pd.to_numeric(found.str.translate({44: ".", 46: "?"}) if sign == "," else found, errors="coerce")
        wrong = values.isna() & found.notna()
        if wrong.any():
            row = wrong.idxmax()
            name = f"{row + 1}" if ids is None else f"'{cells.at[row, ids]}'"
            cure = "mend it, leave it empty if missing, or `drop` a column that holds no measurements"
            swap = f"set `decimal: {'comma' if other == ',' else 'point'}`"
            if thousands := re.fullmatch(rf"\s*-?[1-9]\d{{0,2}}((?:\{other}\d{{3}})+)(\{sign}\d+)?\s*", found[row]):
                cure = f"take out the '{other}' that separates thousands"
                if len(thousands[1]) == 4 and not thousands[2]:
                    cure += f"; if it is the decimal sign, {swap}"
            elif re.fullmatch(rf"\s*-?\d+\{other}\d+\s*", found[row]):
                cure = swap
            raise UserError(f"{path} row {name}, column '{names[column]}'", f"'{found[row]}' is not a number", cure)
        cells[column] = values.astype(np.float32)
    return cells


def _whole(path: Path, table: Table, delimiter: str, width: int) -> None:
    """Refuse a line with too few cells, which pandas would fill up as missing.

    Lines are counted by their delimiters; only where a quotation mark could hide some are they taken apart.
    """
    with readable(path, encoding=table.encoding), text(path, table.encoding) as stream:
        for number, line in enumerate(stream, 1):
            plain = line.strip("\r\n")
            if '"' in plain:
                break
            if plain.strip() and (len(plain.split()) if delimiter == " " else plain.count(delimiter) + 1) < width:
                if number == 1 and table.header:
                    continue
                _short(path, number, width)
        else:
            return
    with readable(path, encoding=table.encoding), text(path, table.encoding) as stream:
        rows = csv.reader(stream, delimiter=delimiter, skipinitialspace=delimiter == " ")
        for place, row in enumerate(rows):
            if (place or not table.header) and any(cell.strip() for cell in row) and len(row) < width:
                _short(path, rows.line_num, width)


def _short(path: Path, line: int, width: int) -> None:
    raise UserError(f"{path} line {line}", f"has fewer than {width} cells", "copy the file anew if it was cut short, or mend the line")
