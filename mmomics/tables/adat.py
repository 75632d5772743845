"""ADAT of SomaScan: fluorescence units of samples x aptamers between lines of metadata; aptamers are named by their SeqId.

`index` names the attribute of the rows that identifies samples (default: SampleId). Only rows whose SampleType is `Sample` are kept where
the file says so: buffers, calibrators and controls are no subjects. So are only aptamers whose Type is `Protein`: others control the assay.
Aptamers and samples that the vendor flags (ColCheck, RowCheck) are kept, and counted.
Format: https://github.com/SomaLogic/SomaLogic-Data
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError, count, did_you_mean, listed
from mmomics.tables._text import text
from mmomics.tables.contract import kept, readable

log = logging.getLogger(__name__)
SUFFIXES = (".adat",)
KEYS = ("index", "encoding")
BEGIN = "^TABLE_BEGIN"
ID, TYPE, APTAMER, CHECK = "SampleId", "SampleType", "SeqId", "RowCheck"
KIND, PROTEIN, CHECKED, FLAG = "Type", "protein", "ColCheck", "flag"  # attributes of aptamers, and what stands there, in small letters
Line = tuple[int, list[str]]  # its number in the file, and its cells


def read(path: Path, table: Table, names: Sequence[str] | None, numeric: bool) -> pd.DataFrame:
    """Samples x aptamers; see `Format.read`."""
    index, rows, n_others, n_flagged = [], [], 0, 0
    with readable(path, encoding=table.encoding), text(path, table.encoding) as stream:
        lines = ((number, [cell.strip() for cell in line.rstrip("\r\n").split("\t")]) for number, line in enumerate(stream, 1))
        about, traits = _head(path, lines)
        features = traits[APTAMER]
        wanted = table.index or ID
        if wanted not in about:
            raise UserError(path, f"no attribute '{wanted}' for `index`", did_you_mean(wanted, about))
        proteins = _proteins(path, traits)
        left, first = [place for place in kept(path, table, features) if place in proteins], len(about) + 1
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
            n_flagged += CHECK in about and line[about.index(CHECK)].casefold() == FLAG
            index.append(line[about.index(wanted)])
            cells = [line[first + i] for i in left]
            rows.append(_numbers(where, cells, [features[i] for i in left]) if numeric else [cell or np.nan for cell in cells])
    if not rows:
        raise UserError(path, "has no rows of samples", "export it anew as ADAT")
    if n_others:
        log.info("%s: %d rows that are no samples (buffers, calibrators, controls) are left out", path, n_others)
    odd = [features[i] for i in left if CHECKED in traits and traits[CHECKED][i].casefold() == FLAG]
    told = [f"{count(len(odd), 'aptamer')} in {CHECKED} ({listed(odd)})"] if odd else []
    told += [f"{count(n_flagged, 'sample')} in {CHECK}"] if n_flagged else []
    if told:
        log.warning("%s: the vendor flags %s; kept: look at them, and `drop` aptamers that you mistrust", path, " and ".join(told))
    columns = pd.Index([features[i] for i in left], dtype=object)
    return pd.DataFrame(np.stack(rows) if numeric else rows, index=pd.Index(index, dtype=object), columns=columns)


def _proteins(path: Path, traits: dict[str, list[str]]) -> set[int]:
    """Places of the aptamers that measure a protein of the sample; all, where the file does not say."""
    kinds = [cell.casefold() for cell in traits.get(KIND, [])]
    proteins = {place for place, kind in enumerate(kinds) if kind == PROTEIN}
    if not proteins:
        return set(range(len(traits[APTAMER])))
    if others := len(kinds) - len(proteins):
        log.info("%s: %s left out that measure no protein of the sample (controls, Non-Human, ...)", path, count(others, "aptamer"))
    return proteins


def _head(path: Path, lines: Iterator[Line]) -> tuple[list[str], dict[str, list[str]]]:
    """Names of the attributes of the rows, and the attributes of the aptamers by name; the lines of samples are left to read."""
    if not any(line[0] == BEGIN for _, line in lines):
        raise UserError(path, f"has no line '{BEGIN}'", "export it anew as ADAT")
    above: list[list[str]] = []  # attributes of aptamers: as many empty cells as rows have attributes, a name, and a value for each
    for _, line in lines:
        if not line[0]:
            above.append(line)
            continue
        about = line[: line.index("")] if "" in line else line
        traits = {other[len(about)]: other[len(about) + 1 :] for other in above[::-1] if len(other) > len(about)}  # of two, the first
        if APTAMER not in traits:
            break
        n = len(traits[APTAMER])
        return about, {name: [*cells, *[""] * (n - len(cells))][:n] for name, cells in traits.items()}
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
