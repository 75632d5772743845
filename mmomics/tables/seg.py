"""Segments of copy number (seg), made into a table of samples x stretches of 10 Mb: the mean log ratio, weighted by length.

Columns are found by their usual names; a stretch that no segment of a sample touches is missing. Positions count from 1, ends included.
Format: https://software.broadinstitute.org/software/igv/SEG
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError, count, did_you_mean
from mmomics.tables import _grouped, delimited
from mmomics.tables._cells import fitting
from mmomics.tables.contract import kept

log = logging.getLogger(__name__)
SUFFIXES = (".seg",)
KEYS = ("index", "delimiter", "decimal", "encoding", "skip_rows", "comment")
COMPRESSED = True
WIDTH = 10_000_000  # bases of a stretch
SHARED = 0.1  # of a segment, from which it is no matter of where exactly it ends
FAR = 10**11  # bases; no chromosome is a tenth as long
NAMES = {  # without signs and case
    "sample": ("id", "sample", "sampleid", "samplename", "tumorsamplebarcode", "gdcaliquot", "barcode"),
    "chrom": ("chrom", "chromosome", "chr", "seqnames"),
    "start": ("locstart", "start", "startposition", "chromstart", "startpos"),
    "end": ("locend", "end", "endposition", "chromend", "stop", "endpos"),
    "mean": ("segmean", "segmentmean", "mean", "logratio", "log2ratio", "log2", "meanlogr", "logr"),
}
NUMBERED = {"23": "X", "24": "Y", "25": "M", "MT": "M"}


def read(path: Path, table: Table, names: Sequence[str] | None, numeric: bool) -> pd.DataFrame:
    """Samples x stretches, `chr1:0-10Mb`; see `Format.read`. `index` names the column of the samples, `drop` stretches."""
    plain = table.model_copy(update={"index": None, "drop": [], "number_rows": True})
    cells = delimited.read(path, plain, None, numeric=False)
    column = {role: _column(path, table, role, list(cells.columns)) for role in NAMES}
    for role in ("sample", "chrom"):
        absent = cells[column[role]].isna().to_numpy()
        if absent.any():
            raise UserError(f"{path} row {int(absent.argmax()) + 1}", f"has no '{column[role]}'", "fill it in, or copy the file anew")
    sign = "," if table.decimal == "comma" else "."
    start, end, mean = (_numbers(path, cells[column[role]], sign) for role in ("start", "end", "mean"))
    wrong = ~((start >= 0) & (start <= end) & (end < FAR))
    if wrong.any():
        row = int(wrong.argmax())
        raise UserError(f"{path} row {row + 1}", f"a segment from {start[row]:g} to {end[row]:g}", "mend its start and end")
    there = ~np.isnan(mean)
    sample, samples = pd.factorize(cells[column["sample"]].str.strip())
    chrom, chroms = pd.factorize(cells[column["chrom"]].map(_chromosome))
    first, last = np.maximum(start - 1, 0), end  # half open, from 0
    _tell_overlaps(path, sample, chrom, (first, last))
    low, high = (first // WIDTH).astype(np.int64), (np.maximum(last - 1, 0) // WIDTH).astype(np.int64)
    n_bins = pd.Series(high).groupby(chrom).max().reindex(range(len(chroms))).to_numpy() + 1
    fitting(path, len(samples), int(n_bins.sum()))
    order = sorted(range(len(chroms)), key=lambda place: _natural(chroms[place]))
    offset = np.empty(len(chroms), dtype=np.int64)
    offset[order] = np.cumsum([0, *n_bins[order][:-1]])
    length, total = (np.zeros((len(samples), int(n_bins.sum()))) for _ in range(2))
    for step in range(int((high - low).max()) + 1):  # a segment's first stretch, its second, ...
        rows = np.flatnonzero((low + step <= high) & there)
        bins = low[rows] + step
        inside = np.minimum(last[rows], (bins + 1) * WIDTH) - np.maximum(first[rows], bins * WIDTH)
        place = (sample[rows], offset[chrom[rows]] + bins)
        np.add.at(length, place, inside)
        np.add.at(total, place, inside * mean[rows])
    with np.errstate(invalid="ignore"):
        values = np.where(length > 0, total / length, np.nan).astype(np.float32)
    columns = [f"{chroms[i]}:{10 * b}-{10 * (b + 1)}Mb" for i in order for b in range(n_bins[i])]
    frame = pd.DataFrame(values, index=pd.Index(samples, dtype=object), columns=pd.Index(columns, dtype=object))
    frame = frame.iloc[:, kept(path, table, columns)] if table.drop else frame
    return frame if numeric else frame.astype(object).where(frame.notna(), None).map(lambda cell: np.nan if cell is None else str(cell))


def _tell_overlaps(path: Path, sample: np.ndarray, chrom: np.ndarray, ends: tuple[np.ndarray, np.ndarray]) -> None:
    """Segments of which more than a tenth is in one of the same sample as well, such as those of two callers in one file."""
    rows = pd.DataFrame({"sample": sample, "chrom": chrom, "first": ends[0], "last": ends[1]}).sort_values(["sample", "chrom", "first"])
    before = rows.groupby(["sample", "chrom"])["last"].transform(lambda last: last.cummax().shift())
    shared = np.minimum(before, rows["last"]) - rows["first"] > SHARED * (rows["last"] - rows["first"])
    if shared.any():
        n, of = int(shared.sum()), rows["sample"][shared].nunique()
        told = f"{count(n, 'segment')} of {count(of, 'sample')} {'overlaps another' if n == 1 else 'overlap others'} of the same sample"
        cure = "where they do, their mean counts; if the file holds several callers or versions, leave one in it"
        log.warning("%s: %s, the first in row %d; %s", path, told, int(shared[shared].index.min()) + 1, cure)


def _column(path: Path, table: Table, role: str, columns: list[str]) -> str:
    if role == "sample" and table.index is not None:
        if table.index not in columns:
            raise UserError(path, f"no column '{table.index}' for `index`", did_you_mean(table.index, columns))
        return table.index
    spelt = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in reversed(columns)}
    found = next((spelt[name] for name in NAMES[role] if name in spelt), None)
    if found is None:
        raise UserError(path, f"no column with the {role} of a segment", f"name it {NAMES[role][0]}; there are: {', '.join(columns)}")
    return found


def _numbers(path: Path, cells: pd.Series, sign: str) -> np.ndarray:
    values = _grouped.parsed(cells, None, sign)
    wrong = values.isna() & cells.notna()
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise UserError(f"{path} row {row + 1}, column '{cells.name}'", f"'{cells.iloc[row]}' is not a number", "mend it")
    return values.to_numpy(dtype=np.float64)


def _chromosome(name: str) -> str:
    plain = re.sub("^chr", "", name.strip(), flags=re.IGNORECASE)
    plain = plain.upper() if plain.upper() in ("X", "Y", "M", "MT") else plain
    return f"chr{NUMBERED.get(plain, plain)}"


def _natural(name: str) -> tuple[int, int, str]:
    digits = name[3:]
    return (0, int(digits), "") if digits.isascii() and digits.isdigit() else (1, 0, digits)
