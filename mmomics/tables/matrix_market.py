"""Counts of cells as sparse text (mtx): barcodes x genes, with barcodes.tsv and features.tsv (or genes.tsv) beside matrix.mtx.

What stands before and after `matrix.mtx` in the name stands in those of its neighbours, too; either may be packed (gz) or not.
Format: https://math.nist.gov/MatrixMarket/formats.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
from scipy import sparse

from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.tables._arrow import blocks, parse
from mmomics.tables._cells import Cells
from mmomics.tables._text import text
from mmomics.tables.cellranger import of_type
from mmomics.tables.contract import readable

SUFFIXES = (".mtx",)
KEYS = ("within", "number_rows")
COMPRESSED = True
TYPES = ("integer", "real")


def read(path: Path, table: Table, names: Sequence[str] | None, numeric: bool) -> Cells:
    """Barcodes x features; see `Format.read`. `drop` names features."""
    if not numeric:
        raise UserError(path, "holds counts, expected text", "give the samples table in another file")
    with readable(path), text(path) as stream:
        first = stream.readline().split()
        if [word.lower() for word in first[:3]] != ["%%matrixmarket", "matrix", "coordinate"]:
            raise UserError(f"{path} line 1", "is not '%%MatrixMarket matrix coordinate ...'", "give a sparse matrix")
        if first[3:] not in ([kind, "general"] for kind in TYPES):
            raise UserError(f"{path} line 1", f"'{' '.join(first[3:])}' is not read", "expected integer or real, general")
        n_head, line = 2, stream.readline()
        while line.startswith("%"):
            n_head, line = n_head + 1, stream.readline()
        sizes = line.split()
        if len(sizes) != 3 or not all(size.isascii() and size.isdigit() and len(size) < 19 for size in sizes):
            raise UserError(f"{path} line {n_head}", "is not the three sizes of the matrix", "copy it anew")
    n_features, n_cells, n_stored = (int(size) for size in sizes)
    barcodes = _columns(_beside(path, ("barcodes",)))[0]
    features = _columns(_beside(path, ("features", "genes")))
    ids, genes = features[0], features[min(1, len(features) - 1)]
    types = features[2] if len(features) > 2 else pd.Index(["Gene Expression"] * len(ids), dtype=object)
    if (n_features, n_cells) != (len(ids), len(barcodes)):
        raise UserError(
            f"{path} line {n_head}", f"{n_features} x {n_cells} values of {len(ids)} features and {len(barcodes)} barcodes",
            "put the neighbours of one matrix together",
        )  # fmt: skip
    return of_type(path, table, (genes, ids, types), Cells(barcodes, genes, _parts(path, n_head, (n_cells, n_features), n_stored)))


def _parts(path: Path, n_head: int, shape: tuple[int, int], n_stored: int) -> Iterator[sparse.coo_array]:
    import pyarrow as pa

    seen = 0
    with readable(path), text(path) as stream:
        for _ in range(n_head):
            stream.readline()
        for block in blocks(stream):
            found = parse(block.replace("\t", " "), {0: pa.int64(), 1: pa.int64(), 2: pa.float64()}, 3, " ")
            if any(column.null_count for column in found.columns):
                raise UserError(path, "lacks numbers in some of its lines", "copy it anew")
            genes, cells, values = (found[str(place)].to_numpy() for place in range(3))
            for places, most, what in ((genes, shape[1], "feature"), (cells, shape[0], "barcode")):
                if not (places.min() >= 1 and places.max() <= most):
                    wrong = int(((places < 1) | (places > most)).argmax())
                    raise UserError(f"{path} entry {seen + wrong + 1}", f"{what} {places[wrong]:.0f} is not in 1..{most}", "copy it anew")
            seen += len(values)
            yield sparse.coo_array((values, (cells - 1, genes - 1)), shape=shape)
        if seen != n_stored:
            raise UserError(path, f"{seen} entries, but line {n_head} says {n_stored}", "copy it anew if it was cut short")


def _beside(path: Path, stems: Sequence[str]) -> Path:
    name = path.name.removesuffix(".gz").removesuffix(".GZ")
    if "matrix" not in name.lower():
        raise UserError(path, "is not named *matrix.mtx, so its neighbours are not known", "name it as Cell Ranger does")
    start = name.lower().rindex("matrix")
    tried = [path.with_name(f"{name[:start]}{stem}{name[start + 6 : -4]}.tsv{end}") for stem in stems for end in ("", ".gz")]
    found = next((each for each in tried if each.is_file()), None)
    if found is None:
        raise UserError(path, f"no {' or '.join(each.name for each in tried)} beside it", "put the three files together")
    return found


def _columns(path: Path) -> list[pd.Index]:
    with readable(path), text(path) as stream:
        rows = [line.rstrip("\r\n").split("\t") for line in stream if line.strip()]
    if not rows:
        raise UserError(path, "is empty", "copy it anew")
    width = len(rows[0])
    for number, row in enumerate(rows, 1):
        if len(row) != width:
            raise UserError(f"{path} line {number}", f"{len(row)} columns, expected {width}", "copy it anew")
    return [pd.Index([row[place].strip() for row in rows], dtype=object) for place in range(width)]
