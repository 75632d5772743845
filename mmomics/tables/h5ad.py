"""AnnData (h5ad): `X`, or the layer that `within` names; rows pooled while they are sparse, so that no table of all cells is laid out.

As a table of text it is `obs`. `index` names a column of `obs` whose values are the row ids: with `pool: sum` the pseudobulk of a donor.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from mmomics.config.table import Table
from mmomics.errors import UserError, did_you_mean
from mmomics.tables.contract import fitting, kept, readable

SUFFIXES = (".h5ad",)
KEYS = ("within", "index")
CHUNK = 1 << 24  # values that are laid out at a time


def read(path: Path, table: Table, names: Sequence[str] | None, numeric: bool) -> pd.DataFrame:
    """Observations x variables; see `Format.read`. `drop` names variables, or columns of `obs`."""
    import h5py
    from anndata.io import read_elem, sparse_dataset

    with warnings.catch_warnings(), readable(path), h5py.File(path, "r") as file:
        warnings.simplefilter("ignore")  # of versions; what is wrong is said below
        obs = read_elem(file["obs"])
        if table.index is not None and table.index not in obs:
            raise UserError(path, f"no column '{table.index}' of obs for `index`", did_you_mean(table.index, obs.columns))
        ids = obs.index if table.index is None else obs[table.index]
        if ids.isna().any():
            raise UserError(f"{path} row {int(ids.isna().argmax()) + 1}", "has no id", "give every row an id")
        index = pd.Index(ids.astype(str).str.strip().to_numpy(), dtype=object)
        if not numeric:
            text = obs.set_axis(index).astype(object).where(obs.notna().set_axis(index), None)
            text = text.map(lambda cell: np.nan if cell is None else str(cell))
            return text.iloc[:, kept(path, table, [str(name) for name in text.columns])]
        layers = list(file["layers"]) if "layers" in file else []
        if table.within is not None and table.within not in layers:
            raise UserError(path, f"no layer '{table.within}' for `within`", did_you_mean(table.within, layers))
        found = file["X"] if table.within is None else file["layers"][table.within]
        columns = pd.Index(read_elem(file["var"]).index.astype(str), dtype=object)
        matrix = sparse_dataset(found) if isinstance(found, h5py.Group) else found
        if tuple(matrix.shape) != (len(index), len(columns)):
            raise UserError(path, f"{matrix.shape} values of {len(index)} rows and {len(columns)} columns", "write it anew")
        groups = index.unique() if table.pool != "none" else index
        fitting(path, len(groups), len(columns))
        if table.pool == "none":
            values = matrix[:] if isinstance(found, h5py.Dataset) else matrix[:].toarray()
        else:
            values = _pooled(matrix, groups.get_indexer(index), len(groups), table.pool)
    frame = pd.DataFrame(np.asarray(values, dtype=np.float32), index=groups, columns=columns)
    return frame.iloc[:, kept(path, table, list(columns))] if table.drop else frame


def _pooled(matrix: Any, group: np.ndarray, n_groups: int, pool: str) -> np.ndarray:
    """Sums or means (n_groups, n_vars) over what is there; NaN where nothing is."""
    n_obs, n_vars = matrix.shape
    total, seen = np.zeros((n_groups, n_vars)), np.zeros((n_groups, n_vars))
    step = max(CHUNK // max(n_vars, 1), 1)
    for start in range(0, n_obs, step):
        part = matrix[start : start + step]
        part = sparse.csr_matrix(part).astype(np.float64)
        rows = np.arange(part.shape[0])
        member = sparse.csr_matrix((np.ones(len(rows)), (group[start : start + step], rows)), shape=(n_groups, len(rows)))
        absent = np.isnan(part.data)
        holes = sparse.csr_matrix((absent.astype(float), part.indices, part.indptr), shape=part.shape)
        part.data[absent] = 0
        total += (member @ part).toarray()
        seen += np.asarray(member.sum(axis=1)) - (member @ holes).toarray()
    with np.errstate(invalid="ignore"):
        return np.where(seen > 0, total / seen if pool == "mean" else total, np.nan)
