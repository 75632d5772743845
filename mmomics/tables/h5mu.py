"""MuData (h5mu): `X` of the modality that `within` names, which may be left out where there is one only; pooled as h5ad.

Behind a slash stands a layer of it, or what scanpy keeps aside: `within: rna/raw`.
As a table of text it is `obs` of that modality, or of all together where `within` is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError, did_you_mean
from mmomics.tables._cells import Cells
from mmomics.tables._hdf5 import annotated, observations, opened

SUFFIXES = (".h5mu",)
KEYS = ("within", "index", "number_rows")
GUARDED = True


def read(path: Path, table: Table, names: Sequence[str] | None, numeric: bool) -> pd.DataFrame | Cells:
    """Observations x variables; see `Format.read`. `drop` names variables, or columns of `obs`."""
    with opened(path) as file:
        known = list(file["mod"])
    name, _, layer = (table.within or "").partition("/")
    if table.within is not None and name not in known:
        raise UserError(path, f"no modality '{name}' for `within`", did_you_mean(name, known))
    if not numeric:
        return observations(path, f"/mod/{name}" if name else "/", table)
    if not name and len(known) != 1:
        raise UserError(path, f"holds {len(known)} modalities", f"set `within` to one of: {', '.join(known)}")
    return annotated(path, f"/mod/{name or known[0]}", table, layer or None)
