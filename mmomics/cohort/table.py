"""A table of the cohort file as samples x features, whatever its files look like."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.config.inputs import inside
from mmomics.config.samples import Samples
from mmomics.config.table import Table
from mmomics.errors import UserError, listed
from mmomics.tables import _missing, contract
from mmomics.tables.delimited import lines

CELLS = 3  # rows of a sample, on average, from which they may be its cells
UNIQUE = "make them unique"
ANNDATA, OF_ANNDATA = (".h5ad", ".h5mu"), f"{UNIQUE}: `adata.var_names_make_unique()`, or names that are ids of genes"
FEATURES = "pool the rows of each (`pool: mean`, or `sum` for counts), or make the names unique"


def paths(table: Table, folder: str | Path) -> dict[str, Path]:
    """The files of a table: label -> path; the label of a single file is ``row``.

    Raises
    ------
    UserError
        If a path leads out of the folder. (A link that lies in it may: whoever put it there meant it.)
    """
    files = {"row": table.files} if isinstance(table.files, str) else table.files
    if not files:
        raise UserError("files", "names no file", "name one, or `{label: file}` for several to stack")
    return {label: inside(folder, file, "files") for label, file in files.items()}


def read(
    table: Table, folder: str | Path, numeric: bool = True, owner: Callable[[pd.Index], Sequence[str]] | None = None
) -> tuple[pd.DataFrame, np.ndarray | None]:
    """Read the files of a table and stack them.

    Parameters
    ----------
    table : Table
        Which files, and how they are laid out.
    folder : path
        Where they lie.
    numeric : bool
        True: the cells are numbers; False: text, as in a samples table.
    owner : callable, optional
        Whose a row is, by its id: the rows of one owner are pooled, and bear its name.

    Returns
    -------
    values : DataFrame (n_samples, n_features)
        float32, or text. Missing is NaN.
    part : array of str (n_samples,) or None
        The label of the file that each sample came from; None for a table in one file.

    Raises
    ------
    UserError
        If a file is missing, damaged, has repeated ids or names, or cells that are no numbers.
    """
    names = lines(inside(folder, table.columns, "columns")) if isinstance(table.columns, str) else table.columns
    files = paths(table, folder)
    pieces = {label: _piece(path, table, names, numeric, _naming(label, table, owner)) for label, path in files.items()}
    first, *others = pieces
    for label in others:
        odd = pieces[first].columns.symmetric_difference(pieces[label].columns, sort=False)
        if len(odd):
            raise UserError(
                files[label], f"its features differ from those of {files[first].name} ({listed(odd)})", "stack files of equal features"
            )
    if not others:
        return pieces[first], None
    frame = pd.concat([piece[pieces[first].columns] for piece in pieces.values()])
    part = np.repeat(list(pieces), [len(piece) for piece in pieces.values()])
    if table.number_rows and table.pool == "sum" and pooled(table, folder):  # cells of one donor in several files
        part = part[~frame.index.duplicated()]
        frame = frame.groupby(level=0, sort=False).sum(min_count=1)
    _unique(", ".join(path.name for path in files.values()), frame.index, "sample id")
    return frame, part


def pooled(table: Table, folder: str | Path) -> bool:
    """Whether the samples of a table are made of several of its rows each, such as donors of their cells."""
    return table.pool != "none" and all(contract.in_rows(path, table) for path in paths(table, folder).values())


def _naming(label: str, table: Table, owner: Callable[[pd.Index], Sequence[str]] | None) -> Callable[[pd.Index], Sequence[str]]:
    def naming(index: pd.Index) -> Sequence[str]:
        names = pd.Index([f"{label}_{i + 1:04d}" for i in range(len(index))], dtype=object) if table.number_rows else index
        return owner(names) if owner else names

    return naming


def _piece(path: Path, table: Table, names: list[str] | None, numeric: bool, naming: Callable[[pd.Index], Sequence[str]]) -> pd.DataFrame:
    frame = _missing.masked(contract.read(path, table, names, numeric, naming), table.na_values, numeric)
    in_rows = contract.in_rows(path, table)
    _unique(path, frame.index, "sample id" if in_rows else "feature name", _cure(table, frame.index) if in_rows else FEATURES)
    if in_rows and isinstance(table, Samples):
        _unique(path, frame.columns, "column name", f"rename them, or set `samples.drop: {_quoted(frame.columns)}` if nobody needs them")
    _unique(path, frame.columns, "feature name" if in_rows else "sample id", OF_ANNDATA if path.suffix.lower() in ANNDATA else UNIQUE)
    return frame if in_rows else frame.T


def _unique(where: object, names: pd.Index, what: str, cure: str = UNIQUE) -> None:
    if not names.is_unique:
        twice = names[names.duplicated()].unique()
        raise UserError(where, f"{len(twice)} {what}{'s' * (len(twice) > 1)} repeated ({listed(twice)})", cure)


def _quoted(names: pd.Index) -> str:
    """The names that repeat, as a list of the cohort file."""
    return json.dumps(names[names.duplicated()].unique().tolist(), ensure_ascii=False)


def _cure(table: Table, samples: pd.Index) -> str:
    """What to do about ids that repeat: people have visits, and in an assay, of many rows each, they are donors of cells."""
    if isinstance(table, Samples):
        subject = table.subject or (f"'{table.index}'" if table.index else "the column of the ids")
        return (
            f"if rows are visits or events of people, set `number_rows: true` and `subject: {subject}` in place of `index`, "
            f"and see `visits`; or else {UNIQUE}"
        )
    several = samples.nunique() * CELLS <= len(samples)
    return (
        "add up (`pool: sum`) or average (`pool: mean`) the rows of each if they are its cells, or make the ids unique"
        if several
        else UNIQUE
    )
