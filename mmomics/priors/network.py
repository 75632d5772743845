"""A network of genes from an edge list, compressed or not, and the links that it gives measured features.

Read are edge lists of two columns, a third of numbers being weights; Cytoscape's SIF; and tables whose header says where the ends and
the weights stand, among them those of STRING, OmniPath and DoRothEA. Edges count in both directions; a sign is not a strength.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError, listed
from mmomics.priors.names import key, match
from mmomics.tables import delimited
from mmomics.tables.contract import present

if TYPE_CHECKING:
    from scipy.sparse import csr_array

ENDS = (
    ("source_genesymbol", "target_genesymbol"), ("source", "target"), ("tf", "target"), ("from", "to"), ("protein1", "protein2"),
    ("gene1", "gene2"), ("gene_1", "gene_2"), ("gene_a", "gene_b"), ("node1", "node2"), ("interactor_a", "interactor_b"),
)  # fmt: skip
WEIGHTS = ("weight", "combined_score", "score", "mor", "likelihood")
FORM = "an edge list has two columns of names, a third of weights if any, or a header such as source, target, weight"


@dataclass
class Network:
    """An undirected network.

    Attributes
    ----------
    names : list of str
        Of its nodes.
    ends : ndarray (n_edges, 2) int
        Positions of the two nodes of every edge, no edge twice and none from a node to itself.
    weight : ndarray (n_edges,) float32
        Between 0 and 1, the strongest edge.
    """

    names: list[str]
    ends: np.ndarray
    weight: np.ndarray

    def links(self, features: Sequence[str]) -> csr_array:
        """Weights (n_features, n_features) between features whose genes the network links; 1 between features of one gene.

        Symmetric, nothing on the diagonal; features that the network does not know are linked to nothing.
        """
        from scipy.sparse import coo_array, eye_array

        keys = {name: place for place, name in enumerate(dict.fromkeys(map(key, self.names)))}
        node = np.array([keys[key(name)] for name in self.names], dtype=int)
        pairs = [(place, keys[gene]) for place, genes in enumerate(match(features, self.names)) for gene in genes]
        rows, columns = np.array(pairs, dtype=int).reshape(-1, 2).T
        stands = coo_array((np.ones(len(pairs), "float32"), (rows, columns)), (len(features), len(keys))).tocsr()
        start, end = node[self.ends.T]
        edges = coo_array((self.weight, (start, end)), (len(keys), len(keys))).tocsr()
        found = (stands @ (edges + edges.T + eye_array(len(keys), dtype="float32")) @ stands.T).tocoo()
        off = found.row != found.col
        return coo_array((np.minimum(found.data[off], 1.0), (found.row[off], found.col[off])), found.shape).tocsr()


def read(path: str | Path) -> Network:
    """The network of a file.

    Raises
    ------
    UserError
        If the file is missing, damaged or no edge list.
    """
    path = Path(path)
    present(path)
    frame = delimited.read(path, Table(files=path.name, header=False, number_rows=True), None, numeric=False)
    frame.columns = range(frame.shape[1])
    frame = frame.apply(lambda column: column.str.strip())
    source, target, weights, header = _layout(path, frame)
    frame, first = frame.iloc[header:], header + 1
    wrong = (frame[[source, target]].isna() | (frame[[source, target]] == "")).any(axis=1)
    if wrong.any():
        raise UserError(f"{path} row {first + int(wrong.to_numpy().argmax())}", "an end of the edge has no name", FORM)
    weight = pd.Series(1.0, index=frame.index) if weights is None else pd.to_numeric(frame[weights], errors="coerce")
    if weight.isna().any():
        row = int(weight.isna().to_numpy().argmax())
        raise UserError(f"{path} row {first + row}", f"the weight {frame[weights].iloc[row]!r} is not a number", "mend it, or drop the row")
    codes, names = pd.factorize(pd.concat([frame[source], frame[target]], ignore_index=True))
    ends = np.sort(codes.reshape(2, -1).T, axis=1)
    edges = pd.DataFrame({"a": ends[:, 0], "b": ends[:, 1], "weight": np.abs(weight.to_numpy(dtype="float32"))})
    edges = edges[(edges["a"] != edges["b"]) & (edges["weight"] > 0)].groupby(["a", "b"], as_index=False)["weight"].max()
    if edges.empty:
        raise UserError(path, "holds no edge between two different names", FORM)
    return Network(list(names), edges[["a", "b"]].to_numpy(), (edges["weight"] / edges["weight"].max()).to_numpy())


def _layout(path: Path, frame: pd.DataFrame) -> tuple[int, int, int | None, int]:
    """Columns of the two ends and of the weights, and the number of header lines."""
    head = [str(cell).strip("# \"'").casefold() for cell in frame.iloc[0]]
    for start, end in ENDS:
        if start in head and end in head:
            return head.index(start), head.index(end), next((head.index(name) for name in WEIGHTS if name in head), None), 1
    if frame.shape[1] == 2:
        return 0, 1, None, 0
    if frame.shape[1] == 3:
        numbers = pd.to_numeric(frame[2], errors="coerce").notna()
        if numbers.iloc[1:].any() or numbers.iloc[0]:
            return 0, 1, 2, int(not numbers.iloc[0] and len(frame) > 1)  # a first weight that is no number is its column's name
        if path.with_suffix("").suffix == ".sif" or path.suffix == ".sif":
            return 0, 2, None, 0
    known = listed((" and ".join(pair) for pair in ENDS), len(ENDS))
    raise UserError(path, f"is no edge list: {frame.shape[1]} columns, none called {known}", FORM)
