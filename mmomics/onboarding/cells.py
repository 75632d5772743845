"""What an h5ad, or a modality of an h5mu, has to have said: whose its cells are if its rows are cells, and where its counts stand."""

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


def modalities(path: Path) -> list[str]:
    """What an h5mu holds.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    return guarded(path, lambda: _modalities(path)).index.tolist()


def look(path: Path, modality: str | None = None) -> tuple[dict[str, object], pd.DataFrame | None]:
    """Keys that a cohort file needs for a matrix, and of one of cells its donors x genes without values; None if its rows are no cells.

    Parameters
    ----------
    path : Path
        The file.
    modality : str, optional
        Which of an h5mu.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    obs = contract.read(path, Table(files=path.name, within=modality), None, False)
    names = [str(name) for name in obs.columns if DONOR.fullmatch(str(name)) and obs[name].notna().all()]
    donors = next((name for name in sorted(names, key=_rank) if obs[name].nunique() * CELLS <= len(obs)), None)
    places = guarded(path, lambda: _places(path, f"/mod/{modality}" if modality else "/"))
    whole = [str(name) for name in places.index[places["whole"] == "yes"]]
    chosen = next((name for name in ("X", *COUNTS) if name in whole), None)
    within = "/".join(filter(None, [modality, chosen if chosen != "X" else None]))
    keys: dict[str, object] = {"within": within} if within else {}
    if donors is None:
        return keys, None
    keys |= {"index": donors, **({"pool": "sum"} if chosen else {"values": "log", "pool": "mean"})}
    genes = json.loads(places.at[chosen or "X", "genes"])
    return keys, pd.DataFrame(np.nan, index=pd.Index(obs[donors].unique(), dtype=object), columns=genes, dtype=object)


def _rank(name: str) -> int:
    """A donor rather than a sample: several samples may be of one donor."""
    return bool(re.match("sample|orig", name, re.IGNORECASE))


def _modalities(path: Path) -> pd.DataFrame:
    with opened(path) as file:
        return pd.DataFrame(index=pd.Index(list(file["mod"]), dtype=object))


def _places(path: Path, root: str) -> pd.DataFrame:
    """Every matrix of an AnnData: whether it holds whole numbers, and the names of its columns."""
    from anndata.io import read_elem

    with opened(path) as whole:
        file = whole[root]
        found = {"X": (file["X"], file["var"])} if "X" in file else {}
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
