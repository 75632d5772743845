"""GCT 1.2 and 1.3: a matrix of features x samples with metadata of both.

Row ids are the first column; `index` may name a metadata column of the rows in its place (`Description`, `pr_gene_symbol`).
Format: https://clue.io/connectopedia/gct_format
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError, did_you_mean
from mmomics.tables import _arrow
from mmomics.tables._text import text
from mmomics.tables.contract import kept, readable

SUFFIXES = (".gct",)
KEYS = ("index", "encoding")
ORIENTATION = "samples_in_columns"
COMPRESSED = True
MOST_FIELDS = 10_000  # fields of samples that are skipped without a look at their number
PLACES = {"#1.2": 2, "#1.3": 4}


def read(path: Path, table: Table, names: Sequence[str] | None, numeric: bool) -> pd.DataFrame:
    """The matrix, features in rows; see `Format.read`."""
    with readable(path, encoding=table.encoding), text(path, table.encoding) as stream:
        version, size, header = ([*(line.rstrip("\r\n") for line in islice(stream, 3)), "", "", ""])[:3]
        if version.strip() not in PLACES:
            raise UserError(f"{path} line 1", f"'{version[:20]}' is no version of GCT", "expected #1.2 or #1.3")
        counts = size.split()
        if len(counts) != PLACES[version.strip()] or not all(each.isascii() and each.isdigit() for each in counts):
            raise UserError(f"{path} line 2", f"'{size[:40]}' are not the {PLACES[version.strip()]} sizes of the table", "mend it")
        n_rows, n_columns, n_more, n_fields = [*(int(each) for each in counts), 1, 0][:4]
        head = [name.strip() for name in header.split("\t")]
        width, place = 1 + n_more + n_columns, head.index(table.index) if table.index in head[: 1 + n_more] else 0
        if numeric and n_fields < MOST_FIELDS and len(head) == width and table.index in (None, head[place]):
            left = [i for i in kept(path, table, head) if i > n_more]
            found = _fast(path, table, left, place, (n_fields, n_rows, width))
            if found is not None:
                names = [name.strip() for name in found[1]]
                return pd.DataFrame(found[0], index=pd.Index(names, dtype=object), columns=pd.Index([head[i] for i in left], dtype=object))
        cells = [line.rstrip("\r\n").split("\t") for line in stream if line.strip()]
    if len(head) != width:
        raise UserError(f"{path} line 3", f"{len(head)} columns, but line 2 says {width}", "mend line 2")
    if len(cells) != n_fields + n_rows:
        raise UserError(
            path, f"{len(cells)} rows below the header, but line 2 says {n_fields + n_rows}", "copy it anew if it was cut short"
        )
    for number, row in enumerate(cells, 4):
        if len(row) != width:
            raise UserError(f"{path} line {number}", f"{len(row)} cells, expected {width}", "mend the line, or copy the file anew")
    rows = cells[n_fields:]
    about = head[: 1 + n_more]
    if table.index is not None and table.index not in about:
        raise UserError(path, f"no column '{table.index}' for `index`", did_you_mean(table.index, about))
    place = about.index(table.index) if table.index is not None else 0
    left = [i for i in kept(path, table, head) if i > n_more]
    index = pd.Index([row[place].strip() for row in rows], dtype=object)
    if (index == "").any():
        raise UserError(f"{path} line {4 + n_fields + int((index == '').argmax())}", "has no id", "give every row an id")
    columns = pd.Index([head[i] for i in left], dtype=object)
    if not numeric:
        return pd.DataFrame([[row[i] or np.nan for i in left] for row in rows], index=index, columns=columns, dtype=object)
    values = np.empty((len(rows), len(left)), dtype=np.float32)
    for i, row in enumerate(rows):
        values[i] = [_number(row[j], path, 4 + n_fields + i, head[j]) for j in left]
    return pd.DataFrame(values, index=index, columns=columns)


def _fast(path: Path, table: Table, places: Sequence[int], ids: int, shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray] | None:
    """Numbers and ids as Arrow reads them, block by block; None where something is not as it must be."""
    import pyarrow as pa

    n_fields, n_rows, width = shape
    with readable(path, encoding=table.encoding), text(path, table.encoding) as stream:
        if len(list(islice(stream, 3 + n_fields))) < 3 + n_fields:
            return None
        try:
            values, names = _arrow.numbers(stream, places, ids, width, ("\t", "."))
        except (ValueError, pa.ArrowException):
            return None
    whole = names is not None and len(names) == n_rows and all(name is not None and name.strip() for name in names)
    return (values, names) if whole and names is not None else None


def _number(cell: str, path: Path, line: int, column: str) -> float:
    cell = cell.strip()
    if cell in ("", "NA", "na", "N/A", "null"):
        return np.nan
    try:
        return float(cell)
    except ValueError as error:
        raise UserError(
            f"{path} line {line}, column '{column}'", f"'{cell}' is not a number", "mend it, or leave it empty if missing"
        ) from error
