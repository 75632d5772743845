"""Counts of cells as Cell Ranger 3 and later write them (h5): barcodes x genes, to be pooled into donors.

Columns are gene names; a name that several genes share is followed by the gene's id. Where the file holds several types of features
(Gene Expression, Antibody Capture), `within` names the one that is meant.
Format: https://www.10xgenomics.com/support/software/cell-ranger/latest/analysis/outputs/cr-outputs-h5-matrices
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError, did_you_mean
from mmomics.tables._cells import Cells
from mmomics.tables._hdf5 import bounded, opened, runs
from mmomics.tables.contract import kept

SUFFIXES = (".h5",)
KEYS = ("within", "number_rows")
GUARDED = True


def read(path: Path, table: Table, names: Sequence[str] | None, numeric: bool) -> Cells:
    """Barcodes x features; see `Format.read`. `drop` names features."""
    if not numeric:
        raise UserError(path, "holds counts, expected text", "give the samples table in another file")
    with opened(path) as file:
        if "matrix" not in file or "features" not in file["matrix"]:
            raise UserError(path, "holds no counts as Cell Ranger 3 or later writes them", "convert it to h5ad")
        group = file["matrix"]
        bounded(path, group)
        barcodes = _text(group["barcodes"])
        ids, genes, types = (_text(group["features"][name]) for name in ("id", "name", "feature_type"))
        shape = tuple(int(size) for size in group["shape"][:])
    if not len(ids) == len(genes) == len(types) or shape != (len(ids), len(barcodes)):
        raise UserError(path, f"shape {shape} of {len(ids)} features and {len(barcodes)} barcodes", "write it anew")
    return of_type(path, table, (genes, ids, types), Cells(barcodes, genes, runs(path, "/matrix", (shape[1], shape[0]), by_row=True)))


def of_type(path: Path, table: Table, features: tuple[pd.Index, pd.Index, pd.Index], cells: Cells) -> Cells:
    """Only the features of the type that `within` names, without those of `drop`, by names that are unique.

    Parameters
    ----------
    features : (Index, Index, Index)
        Names, ids and types.
    cells : Cells
        Barcodes x all features.
    """
    names, ids, types = features
    known = list(types.unique())
    if table.within is None and len(known) > 1:
        raise UserError(path, f"holds {len(known)} types of features", f"set `within` to one of: {', '.join(known)}")
    if table.within is not None and table.within not in known:
        raise UserError(path, f"no features of type '{table.within}' for `within`", did_you_mean(table.within, known))
    of = np.arange(len(names)) if table.within is None else np.flatnonzero(types == table.within)
    names, ids = names[of], ids[of]
    unique = pd.Index(np.where(names.duplicated(keep=False), names + " " + ids, names), dtype=object)
    left = kept(path, table, list(unique))
    return cells.keeping(of[left], unique[left])


def _text(found: Any) -> pd.Index:
    return pd.Index(np.char.strip(np.char.decode(np.asarray(found[:], dtype=bytes), "utf-8")).astype(object), dtype=object)
