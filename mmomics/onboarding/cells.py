"""What an h5ad of single cells has to have said: whose a cell is, and where its counts stand."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.tables import contract
from mmomics.tables._guard import guarded
from mmomics.tables._hdf5 import opened

DONOR = re.compile(
    r"(donor|patient|subject|individual|participant|person|case|sample)([_. ]?(ids?|name|label))?|orig[._]ident", re.IGNORECASE
)
CELLS = 3  # of a donor, on average, from which rows are taken for cells
LOOK = 10_000  # stored values that tell counts from others
COUNTS = ("counts", "raw_counts", "raw")  # where counts stand beside a matrix that was logged or scaled


def look(path: Path) -> tuple[dict[str, object], pd.DataFrame] | None:
    """Keys that a cohort file needs for a file of cells, and its donors x genes without values; None if its rows are no cells.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    obs = contract.read(path, Table(files=path.name), None, False)
    names = [str(name) for name in obs.columns if DONOR.fullmatch(str(name)) and obs[name].notna().all()]
    donors = next((name for name in sorted(names, key=_rank) if obs[name].nunique() * CELLS <= len(obs)), None)
    if donors is None:
        return None
    places = guarded(path, lambda: _places(path))
    whole = [str(name) for name in places.index[places["whole"] == "yes"]]
    chosen = next((name for name in ("X", *COUNTS) if name in whole), None)
    how: dict[str, object] = {"pool": "sum"} if chosen else {"values": "log", "pool": "mean"}
    keys: dict[str, object] = ({"within": chosen} if chosen not in (None, "X") else {}) | {"index": donors} | how
    genes = json.loads(places.at[chosen or "X", "genes"])
    return keys, pd.DataFrame(np.nan, index=pd.Index(obs[donors].unique(), dtype=object), columns=genes, dtype=object)


def _rank(name: str) -> int:
    """A donor rather than a sample: several samples may be of one donor."""
    return bool(re.match("sample|orig", name, re.IGNORECASE))


def _places(path: Path) -> pd.DataFrame:
    """Every matrix of the file: whether it holds whole numbers, and the names of its columns."""
    from anndata.io import read_elem

    with opened(path) as file:
        found = {"X": (file["X"], file["var"])}
        found |= {name: (layer, file["var"]) for name, layer in file.get("layers", {}).items()}
        found |= {"raw": (file["raw"]["X"], file["raw"]["var"])} if "raw" in file and "raw" not in found else {}
        rows = {name: (_whole(matrix), json.dumps(_names(read_elem(var).index))) for name, (matrix, var) in found.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["whole", "genes"]).astype(object)


def _names(index: pd.Index) -> Sequence[str]:
    return [str(name) for name in index]


def _whole(matrix: Any) -> str:
    import h5py

    values = matrix["data"][:LOOK] if isinstance(matrix, h5py.Group) else np.asarray(matrix[:20]).ravel()
    values = np.asarray(values, dtype=float)
    return "yes" if len(values) and (values >= 0).all() and (values == np.rint(values)).all() else "no"
