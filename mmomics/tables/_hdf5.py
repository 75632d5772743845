"""HDF5 files of cells: opened with a look at their sizes, matrices of AnnData taken a run of rows at a time."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from mmomics.config.table import Table
from mmomics.errors import UserError, did_you_mean
from mmomics.tables import _cells
from mmomics.tables._text import FREE, RATIO
from mmomics.tables.contract import kept, readable

RAW = "raw"  # where scanpy keeps the values of all genes from before they were scaled


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file, as `h5py.File`; whatever is damaged in it becomes one line."""
    import h5py

    with warnings.catch_warnings(), readable(path):
        warnings.simplefilter("ignore")  # of versions; what is wrong is said below
        with h5py.File(path, "r") as file:
            yield file


def bounded(path: Path, *elements: Any) -> None:
    """Refuse arrays that say to be larger than anything packs into such a file."""
    import h5py

    most = max(FREE, RATIO * path.stat().st_size)

    def look(_: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.size * item.dtype.itemsize > most:
            raise UserError(path, f"{item.name} unpacks to more than {most >> 20} MiB, over {RATIO} times the file", "write it anew")

    for element in elements:
        look("", element)
        if isinstance(element, h5py.Group):
            element.visititems(look)


def annotated(path: Path, place: str, table: Table, layer: str | None) -> pd.DataFrame | _cells.Cells:
    """Observations x variables of the AnnData that stands at `place`: its `X`, or a layer; `drop` names variables."""
    import h5py
    from anndata.io import read_elem, sparse_dataset

    with opened(path) as file:
        group = file[place]
        index = _ids(path, group, table)
        found, var = _matrix(path, group, layer)
        bounded(path, found, var)
        columns = pd.Index(read_elem(var).index.astype(str), dtype=object)
        matrix = sparse_dataset(found) if isinstance(found, h5py.Group) else found
        if tuple(matrix.shape) != (len(index), len(columns)):
            raise UserError(path, f"{matrix.shape} values of {len(index)} rows and {len(columns)} columns", "write it anew")
        if isinstance(found, h5py.Dataset) and table.pool == "none":
            _cells.fitting(path, *matrix.shape)
            frame = pd.DataFrame(np.asarray(found[:], dtype=np.float32), index=index, columns=columns)
            return frame.iloc[:, kept(path, table, list(columns))] if table.drop else frame
        name, kind = found.name, getattr(matrix, "format", "dense")
    cells = _cells.Cells(index, columns, _parts(path, name, kind, (len(index), len(columns))))
    return cells.keeping(kept(path, table, list(columns))) if table.drop else cells


def _matrix(path: Path, group: Any, layer: str | None) -> tuple[Any, Any]:
    """`X`, a layer, or under the name of `raw` the values that scanpy keeps aside, and the table of its variables."""
    if layer is None:
        if "X" not in group:
            raise UserError(path, "holds no `X`", "name a layer in `within`")
        return group["X"], group["var"]
    layers = list(group["layers"]) if "layers" in group else []
    if layer in layers:
        return group["layers"][layer], group["var"]
    if layer == RAW and RAW in group:
        return group[RAW]["X"], group[RAW]["var"]
    there = [*layers, *([RAW] if RAW in group else [])]
    cure = did_you_mean(layer, there) if there else "it holds `X` alone: leave it out"
    raise UserError(path, f"no layer '{layer}' for `within`", cure)


def observations(path: Path, place: str, table: Table) -> pd.DataFrame:
    """`obs` of the AnnData (or MuData) that stands at `place`, as text; `drop` names its columns."""
    from anndata.io import read_elem

    with opened(path) as file:
        index = _ids(path, file[place], table)
        obs = read_elem(file[place]["obs"])
        text = obs.set_axis(index).astype(object).where(obs.notna().set_axis(index), None)
        text = text.map(lambda cell: np.nan if cell is None else str(cell))
        return text.iloc[:, kept(path, table, [str(name) for name in text.columns])] if table.drop else text


def stored(group: Any) -> tuple[Any, Any, np.ndarray]:
    """Values, places, and where each line begins, of a compressed matrix; only the last is read."""
    return group["data"], group["indices"], np.asarray(group["indptr"][:], dtype=np.int64)


def runs(path: Path, name: str, shape: tuple[int, int], by_row: bool) -> Iterator[sparse.coo_array]:
    """A compressed matrix of the file, in parts."""
    with opened(path) as file:
        data, indices, indptr = stored(file[name])
        for start, stop in _cells.chunks(indptr, shape[0 if by_row else 1], len(data)):
            here = slice(indptr[start], indptr[stop])
            yield _cells.compressed((data[here], indices[here], indptr[start : stop + 1]), start, shape, by_row)


def _parts(path: Path, name: str, kind: str, shape: tuple[int, int]) -> Iterator[sparse.coo_array]:
    if kind != "dense":
        yield from runs(path, name, shape, by_row=kind == "csr")
        return
    step = max(_cells.CHUNK // max(shape[1], 1), 1)
    with opened(path) as file:
        for start in range(0, shape[0], step):
            slab = np.asarray(file[name][start : start + step], dtype=np.float64)
            rows, places = np.nonzero(slab)
            yield sparse.coo_array((slab[rows, places], (rows + start, places)), shape=shape)


def _ids(path: Path, group: Any, table: Table) -> pd.Index:
    from anndata.io import read_elem

    bounded(path, group["obs"])
    obs = read_elem(group["obs"])
    if table.index is not None and table.index not in obs:
        raise UserError(path, f"no column '{table.index}' of obs for `index`", did_you_mean(table.index, obs.columns))
    ids = obs.index if table.index is None else obs[table.index]
    if ids.isna().any():
        raise UserError(f"{path} row {int(ids.isna().argmax()) + 1}", "has no id", "give every row an id")
    return pd.Index(ids.astype(str).str.strip().to_numpy(), dtype=object)
