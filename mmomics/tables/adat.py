"""ADAT of SomaScan: fluorescence units of samples x aptamers between lines of metadata; aptamers are named by their SeqId.

`index` names the attribute of the rows that identifies samples (default: SampleId). Only rows whose SampleType is `Sample` are kept where
the file says so: buffers, calibrators and controls are no subjects.
Format: https://github.com/SomaLogic/SomaLogic-Data
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError, did_you_mean
from mmomics.tables._text import text
from mmomics.tables.contract import kept, readable

log = logging.getLogger(__name__)
SUFFIXES = (".adat",)
KEYS = ("index", "encoding")
BEGIN = "^TABLE_BEGIN"
ID, TYPE, APTAMER = "SampleId", "SampleType", "SeqId"
Line = tuple[int, list[str]]  # its number in the file, and its cells


def read(path: Path, table: Table, names: Sequence[str] | None, numeric: bool) -> pd.DataFrame:
    """Samples x aptamers; see `Format.read`."""
    index, rows, n_others = [], [], 0
    with readable(path, encoding=table.encoding), text(path, table.encoding) as stream:
        lines = ((number, [cell.strip() for cell in line.rstrip("\r\n").split("\t")]) for number, line in enumerate(stream, 1))
        about, features = _head(path, lines)
        wanted = table.index or ID
        if wanted not in about:
            raise UserError(path, f"no attribute '{wanted}' for `index`", did_you_mean(wanted, about))
        left, first = kept(path, table, features), len(about) + 1
        for number, line in lines:
            if not any(line):
                continue
            where = f"{path} line {number}"
            if len(line) != first + len(features):
                raise UserError(where, f"{len(line)} cells, expected {first + len(features)}", "mend the line, or copy the file anew")
            if TYPE in about and line[about.index(TYPE)].lower() != "sample":
                n_others += 1
                continue
            if not line[about.index(wanted)]:
                raise UserError(where, f"has no '{wanted}'", "fill it in, or name another attribute in `index`")
            index.append(line[about.index(wanted)])
            cells = [line[first + i] for i in left]
            rows.append(_numbers(where, cells, [features[i] for i in left]) if numeric else [cell or np.nan for cell in cells])
    if not rows:
        raise UserError(path, "has no rows of samples", "export it anew as ADAT")
    if n_others:
        log.info("%s: %d rows that are no samples (buffers, calibrators, controls) are left out", path, n_others)
    columns = pd.Index([features[i] for i in left], dtype=object)
    return pd.DataFrame(np.stack(rows) if numeric else rows, index=pd.Index(index, dtype=object), columns=columns)


def _head(path: Path, lines: Iterator[Line]) -> tuple[list[str], list[str]]:
    """Names of the attributes of the rows, and of the aptamers; the lines of samples are left to read."""
    if not any(line[0] == BEGIN for _, line in lines):
        raise UserError(path, f"has no line '{BEGIN}'", "export it anew as ADAT")
    above: list[list[str]] = []  # attributes of aptamers: as many empty cells as rows have attributes, a name, and a value for each
    for _, line in lines:
        if not line[0]:
            above.append(line)
            continue
        about = line[: line.index("")] if "" in line else line
        aptamers = next((other for other in above if other[len(about) : len(about) + 1] == [APTAMER]), None)
        if aptamers is None:
            break
        return about, aptamers[len(about) + 1 :]
    raise UserError(path, f"has no line with the '{APTAMER}' of the aptamers below '{BEGIN}'", "export it anew as ADAT")


def _numbers(where: str, cells: list[str], features: list[str]) -> np.ndarray:
    """Values of a row, float32 (n_features,); empty cells are missing."""
    try:
        return np.array([cell or "nan" for cell in cells], dtype=np.float32)
    except ValueError:
        values = pd.to_numeric(pd.Series([cell or None for cell in cells]), errors="coerce")
        wrong = next(i for i, (cell, value) in enumerate(zip(cells, values, strict=True)) if cell and np.isnan(value))
        problem = f"'{cells[wrong]}' is not a number"
        raise UserError(f"{where}, aptamer '{features[wrong]}'", problem, "mend it, or leave it empty if missing") from None
