"""Tables of any length, a part at a time: text takes many times the memory of the numbers it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mmomics.config.modality import Device
from mmomics.config.table import Table
from mmomics.devices.contract import EmptyRecordError, parsing
from mmomics.errors import UserError
from mmomics.tables import _missing, _torn, delimited, xlsx
from mmomics.tables._head import below, head

CHUNK = 1 << 18  # rows of a part
PARQUET = (".parquet", ".pq")


def parts(
    path: Path, device: Device, settle: Callable[[Sequence[str], Sequence[str]], Iterable[int]]
) -> Iterator[tuple[pd.DataFrame, int]]:
    """A table a part at a time.

    Parameters
    ----------
    path : Path
        Text, plain or compressed, parquet or a workbook.
    device : Device
        Its delimiter, decimal sign and encoding.
    settle : callable
        Is given the names of the columns and the first row, and says the places of those to be read as text.

    Yields
    ------
    DataFrame, int
        Some rows, with their columns by place, and the line (of parquet the row, from 1, of a workbook that of the sheet) of the first.
    """
    if path.suffix.lower() in PARQUET:
        with parsing(path):
            frame = pd.read_parquet(path)
        if not isinstance(frame.index, pd.RangeIndex):
            frame = frame.reset_index()
        settle([str(name) for name in frame.columns], [])
        frame.columns = pd.RangeIndex(frame.shape[1])
        yield frame, 1
        return
    if path.suffix.lower() in xlsx.SUFFIXES:
        if device.thousands is not None:
            raise UserError(path, "`thousands` means nothing for workbooks, whose numbers are numbers", "leave it out")
        sheet = Table(files=path.name, number_rows=True, within=device.within, skip_rows=device.skip_rows, na_values=device.na_values)
        frame = xlsx.read(path, sheet, None, False)
        settle([str(name) for name in frame.columns], [str(cell) for cell in frame.iloc[0]])
        frame.columns = pd.RangeIndex(frame.shape[1])
        yield frame, 2
        return
    top = head(path, device)
    if len(top.lines) < 2:
        raise EmptyRecordError(path, "has no rows below its header", "give a file with values")
    delimiter = top.delimiter
    header, row = (delimited.split(line, delimiter) for line in top.lines)
    if len(row) == len(header) + 1:  # R writes no name above its row names; others end each row with a delimiter
        header = delimited.widened(header, row)
    text = dict.fromkeys(settle(header, row), str)
    options: dict[str, Any] = {"sep": r"\s+" if delimiter == " " else delimiter, "header": 0, "names": range(len(header))}
    if device.na_values:  # times and ids are as they are
        missing = _missing.words(device.na_values)
        options["na_values"] = {at: missing for at in range(len(header)) if at not in text}
    line, width, whole = top.skip + 2, len(header) - (header[-1] == ""), False
    named = _torn.named(path, device, top, len(header))
    with parsing(path), named, below(path, device.encoding, top.skip, device.comment, "\n") as stream, pd.read_csv(
        stream, **options, dtype=text, chunksize=CHUNK, index_col=False, skip_blank_lines=False, low_memory=False,
        decimal=device.decimal_sign, thousands=device.thousands_sign,
    ) as reader:  # fmt: skip
        for part in reader:
            if not whole and part[width - 1].isna().any():
                _torn.refuse(path, device, top, width)
                whole = True  # the file, not just this part
            yield part, line
            line += len(part)


def encoding_of(device: Device) -> str:
    """The encoding of a text file, with or without a byte-order mark."""
    return "utf-8-sig" if device.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else device.encoding
