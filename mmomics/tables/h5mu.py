"""MuData (h5mu): `X` of the modality that `within` names, which may be left out where there is one only; pooled as h5ad.

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
    if table.within is not None and table.within not in known:
        raise UserError(path, f"no modality '{table.within}' for `within`", did_you_mean(table.within, known))
    if not numeric:
        return observations(path, f"/mod/{table.within}" if table.within else "/", table)
    if table.within is None and len(known) != 1:
        raise UserError(path, f"holds {len(known)} modalities", f"set `within` to one of: {', '.join(known)}")
    return annotated(path, f"/mod/{table.within or known[0]}", table, None)
