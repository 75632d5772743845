"""AnnData (h5ad): `X`, or the layer that `within` names; rows pooled while they are sparse, so that no table of all cells is laid out.

`within: raw` is what scanpy keeps aside (`.raw`), unless there is a layer of this name.
As a table of text it is `obs`. `index` names a column of `obs` whose values are the row ids: with `pool: sum` the pseudobulk of a donor.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mmomics.config.table import Table
from mmomics.tables._cells import Cells
from mmomics.tables._hdf5 import annotated, observations

SUFFIXES = (".h5ad",)
KEYS = ("within", "index", "number_rows")
GUARDED = True


def read(path: Path, table: Table, names: Sequence[str] | None, numeric: bool) -> pd.DataFrame | Cells:
    """Observations x variables; see `Format.read`. `drop` names variables, or columns of `obs`."""
    return annotated(path, "/", table, table.within) if numeric else observations(path, "/", table)
