"""Lines of a text with fewer cells than the header has names: a write that was torn, a copy that was cut short."""

from __future__ import annotations

import csv
from pathlib import Path

from mmomics.config.modality import Device
from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.tables._head import Head, below
from mmomics.tables._text import text
from mmomics.tables.contract import readable


def refuse(path: Path, settings: Table | Device, top: Head, width: int) -> None:
    """Refuse a line with fewer than `width` cells, which pandas would fill up as missing.

    Lines are counted by their delimiters; only where a quotation mark could hide some are they taken apart.

    Raises
    ------
    UserError
        If there is one; it names the line.
    """
    delimiter = top.delimiter
    named = header = getattr(settings, "header", True)
    with readable(path, encoding=settings.encoding), text(path, settings.encoding) as stream:
        for number, line in enumerate(stream, 1):
            plain = line.strip("\r\n")
            if number <= top.skip or (settings.comment and plain.startswith(settings.comment)):
                continue
            if '"' in plain:
                break
            if plain.strip() and (len(plain.split()) if delimiter == " " else plain.count(delimiter) + 1) < width and not header:
                raise _short(path, number, width)
            header = header and not plain.strip()
        else:
            return
    with readable(path, encoding=settings.encoding), below(path, settings.encoding, top.skip) as stream:
        # a remark is an empty line here, so that those behind it keep their numbers
        kept = ("\n" if settings.comment and line.startswith(settings.comment) else line for line in stream)
        rows = csv.reader(kept, delimiter=delimiter, skipinitialspace=delimiter == " ")
        for row in rows:
            filled = any(cell.strip() for cell in row)
            if filled and not named and len(row) < width:
                raise _short(path, rows.line_num + top.skip, width)
            named = named and not filled


def _short(path: Path, line: int, width: int) -> UserError:
    return UserError(f"{path} line {line}", f"has fewer than {width} cells", "copy the file anew if it was cut short, or mend the line")
