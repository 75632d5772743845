"""Lines of a text with fewer or more cells than the header has names: a write that was torn, a copy that was cut short."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from mmomics.config.modality import Device
from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.tables._head import Head, below
from mmomics.tables._text import text
from mmomics.tables.contract import readable

REMARKS = tuple("!#%")  # what remarks begin with


@contextmanager
def named(path: Path, settings: Table | Device, top: Head, width: int) -> Iterator[None]:
    """Name the line, as the file counts it, where pandas finds more than `width` cells in one."""
    try:
        yield
    except (pd.errors.ParserError, UserError) as error:
        if isinstance(error, pd.errors.ParserError) or isinstance(error.__cause__, pd.errors.ParserError):
            refuse(path, settings, top, 0, width)
        raise


def refuse(path: Path, settings: Table | Device, top: Head, width: int, most: int | None = None) -> None:
    """Refuse a line with fewer than `width` cells, which pandas would fill up as missing, or with more than `most`.

    Lines are counted by their delimiters; only where a quotation mark could hide some are they taken apart.

    Raises
    ------
    UserError
        If there is one; it names the line.
    """
    delimiter = top.delimiter
    above = header = getattr(settings, "header", True)
    with readable(path, encoding=settings.encoding), text(path, settings.encoding) as stream:
        for number, line in enumerate(stream, 1):
            plain = line.strip("\r\n")
            if number <= top.skip or (settings.comment and plain.startswith(settings.comment)):
                continue
            if '"' in plain:
                break
            cells = plain.count(delimiter) + 1  # most lines are right, and need not be taken apart
            right = delimiter != " " and width <= cells <= (cells if most is None else most)
            if not right and plain.strip() and not header:
                row = plain.split() if delimiter == " " else plain.split(delimiter)
                _count(path, number, row, (width, most))
            header = header and not plain.strip()
        else:
            return
    with readable(path, encoding=settings.encoding), below(path, settings.encoding, top.skip) as stream:
        # a remark is an empty line here, so that those behind it keep their numbers
        kept = ("\n" if settings.comment and line.startswith(settings.comment) else line for line in stream)
        rows = csv.reader(kept, delimiter=delimiter, skipinitialspace=delimiter == " ")
        for row in rows:
            filled = any(cell.strip() for cell in row)
            if filled and not above:
                _count(path, rows.line_num + top.skip, row, (width, most))
            above = above and not filled


def _count(path: Path, line: int, row: Sequence[str], limits: tuple[int, int | None]) -> None:
    least, most = limits
    if len(row) < least:
        mark = row[0].strip()[:1]
        remark = len(row) == 1 and mark in REMARKS
        cure = f'set `comment: "{mark}"` if it is a remark' if remark else "copy the file anew if it was cut short, or mend the line"
        raise UserError(f"{path} line {line}", f"has fewer than {least} cells", cure)
    if most is not None and len(row) > most:
        cure = "mend the line if it runs into the next, or set `delimiter`"
        raise UserError(f"{path} line {line}", f"has {len(row)} cells, the header has {most}", cure)
