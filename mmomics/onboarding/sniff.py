"""What is found of a table at a glance: its first rows, and what a cohort file has to say for it to be read so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.onboarding import cells as of_cells
from mmomics.onboarding import commas
from mmomics.onboarding._first_rows import COLUMNS, ROWS, first_rows, headless
from mmomics.onboarding._ways import of_a_row, ways
from mmomics.onboarding.files import ending
from mmomics.tables import _grouped, _ids, contract, delimited, h5ad, h5mu, xlsx


@dataclass(frozen=True)
class Sniffed:
    """A table at a glance.

    Attributes
    ----------
    files : dict of str to Path
        Label -> file; several are parts of one table, to be stacked. The first was looked at.
    cells : DataFrame
        The first rows and columns as text, index = row ids; no row where `problem` says why it cannot be read.
    keys : dict
        What a cohort file has to say for it to be read (`decimal`, `header`, `drop`, ...).
    names : list of str
        All columns, but for the row ids and what is to be dropped.
    repeated : bool
        Row ids repeat: a long table, with many rows of a subject.
    problem : str
    sheets : tuple of str
        Of a workbook with several, or the modalities of an h5mu: each is looked at as a table of its own (`within`).
    beside : bool
        It tells about samples and is no assay, whatever it holds.
    """

    files: dict[str, Path]
    cells: pd.DataFrame
    keys: dict[str, Any]
    names: list[str] = field(default_factory=list)
    repeated: bool = False
    problem: str = ""
    sheets: tuple[str, ...] = ()
    beside: bool = False

    @property
    def path(self) -> Path:
        """The file that was looked at."""
        return next(iter(self.files.values()))

    @property
    def dropped(self) -> list[str]:
        """Columns that are to be dropped, by name."""
        return list(self.keys.get("drop", ()))

    @property
    def part(self) -> str:
        """Its sheet of a workbook with several, or its modality of an h5mu; "" if the file is the table."""
        return str(self.keys["within"]).partition("/")[0] if self.sheets else ""

    @property
    def what(self) -> str:
        """What such a part is called."""
        return "modality" if ending(self.path) in h5mu.SUFFIXES else "sheet"

    @property
    def name(self) -> str:
        """What the table is called: its sheet and its file."""
        return f"{self.part} {self.path.name}" if self.sheets else self.path.name

    @property
    def rows(self) -> list[str]:
        """The first row ids."""
        return [str(row) for row in self.cells.index]

    def by(self, column: str) -> Sniffed:
        """The table with another column for its row ids, or ids made of several; the first becomes a column, or is dropped if nameless."""
        first, made = self.cells.index.name, Table(files="", index=column)
        cells = self.cells.reset_index()
        index = pd.Index(_ids.made(made, [cells[name] for name in made.made_of or [column]]), name=column)
        cells = cells.drop(columns=[] if made.made_of else column).set_axis(index)
        cells = cells if first else cells.iloc[:, 1:]
        names = [*([str(first)] if first else []), *[name for name in self.names if name != column]]
        keys = {**self.keys, "index": column} | ({} if first else {"drop": ["", *self.dropped]})
        return replace(self, cells=cells, keys=keys, names=names, repeated=not cells.index.is_unique)

    @cached_property
    def numbers(self) -> pd.DataFrame:
        """The cells as numbers, also true and false, and columns of yes and no, as the readers of tables have them; NaN where none."""
        values = self._plain.to_numpy(copy=True)
        for place in np.flatnonzero(self._odd(self._plain)):
            cells = self.cells.iloc[:, place]
            values[:, place] = _grouped.parsed(cells.astype(str).where(cells.notna()), None, ".")
        return pd.DataFrame(values, self.cells.index, self.cells.columns)

    @cached_property
    def _plain(self) -> pd.DataFrame:
        """The cells that are written as numbers."""
        flat = pd.to_numeric(pd.Series(self.cells.to_numpy().ravel(), dtype=object), errors="coerce")
        return pd.DataFrame(flat.to_numpy(dtype=float).reshape(self.cells.shape), self.cells.index, self.cells.columns)

    def _odd(self, numbers: pd.DataFrame) -> np.ndarray:
        """Which columns, of those that were looked at, hold no numbers in most of their cells: bool (n_columns,)."""
        there = self.cells.notna().to_numpy()
        return (there & numbers.isna().to_numpy()).sum(axis=0) * 2 > there.sum(axis=0)

    @cached_property
    def words(self) -> list[str]:
        """Columns most of whose cells are no numbers."""
        return [str(name) for name in self.cells.columns[self._odd(self.numbers)]]

    @cached_property
    def spoken(self) -> list[str]:
        """Columns most of whose cells are words, true and false among these: of a device they are no channels."""
        return [str(name) for name in self.cells.columns[self._odd(self._plain)]]

    @property
    def text_share(self) -> float:
        """Share of the cells that hold something other than a number."""
        there = self.cells.notna().to_numpy()
        return float((there & self.numbers.isna().to_numpy()).sum() / max(there.sum(), 1))


def tables(files: dict[str, Path]) -> list[Sniffed]:
    """The heads of all tables of a file: a workbook has one on each sheet that is not blank, an h5mu one for each modality."""
    try:
        sheets = _sheets(next(iter(files.values())))
    except UserError as error:
        return [Sniffed(files, pd.DataFrame(), {}, problem=str(error))]
    of_mudata = ending(next(iter(files.values()))) in h5mu.SUFFIXES
    if len(sheets) < 2:
        return [sniff(files, *(sheets if of_mudata else ()))]
    filled = [sheet for sheet, has_cells in sheets.items() if has_cells]
    parts = [replace(sniff(files, sheet), sheets=tuple(filled)) for sheet in filled]
    return [*parts, *_observations(files)] if of_mudata else parts


def sniff(files: dict[str, Path], sheet: str | None = None) -> Sniffed:
    """Read the head of a table, trying what a cohort file can say where the plain way fails."""
    path = next(iter(files.values()))
    problem, text = "", ending(path) in delimited.SUFFIXES
    where: dict[str, object] = {"within": sheet} if sheet else {}
    if ending(path) in (*h5ad.SUFFIXES, *h5mu.SUFFIXES):
        try:
            where, donors = of_cells.look(path, sheet)
        except UserError as error:
            return Sniffed(files, pd.DataFrame(), where, problem=str(error))
        if donors is not None:
            return Sniffed(files, donors.iloc[:ROWS, :COLUMNS], where, [str(name) for name in donors.columns])
    for keys in ways(path, where):
        try:
            cells, names = first_rows(path, keys)
            without = headless(names, cells) if text and keys.get("header", True) else {}
            if without:
                keys = {**keys, **without}
                cells, names = first_rows(path, keys)
        except UserError as error:
            problem = problem or str(error)
            if not text and "`skip_rows`" not in problem:
                break
            continue
        if "skip_rows" in keys and not text and of_a_row(names, cells):
            continue
        index = pd.Index(names)
        twice = index[index.duplicated()].unique().tolist()
        if twice:
            keys = {**keys, "drop": twice}
            cells = cells.loc[:, ~cells.columns.isin(twice)]
            names = index[~index.isin(twice)].tolist()
        if commas.decimal(cells):
            keys = {**keys, "decimal": "comma"}
            cells = cells.map(commas.pointed)
        return Sniffed(files, cells, keys, names, not cells.index.is_unique)
    return Sniffed(files, pd.DataFrame(), where, problem=problem)


def _observations(files: dict[str, Path]) -> list[Sniffed]:
    """What an h5mu says of the samples of all its modalities, which may be the table of samples; nothing if it says nothing."""
    path = next(iter(files.values()))
    try:
        cells = contract.read(path, Table(files=path.name), None, False).head(ROWS)
    except UserError:
        return []
    return [Sniffed(files, cells, {}, [str(name) for name in cells.columns], beside=True)] if cells.shape[1] else []


def _sheets(path: Path) -> dict[str, bool]:
    """The sheets of a workbook, and whether any cell of them is filled; the modalities of an h5mu."""
    if ending(path) in h5mu.SUFFIXES:
        return dict.fromkeys(of_cells.modalities(path), True)
    if ending(path) not in xlsx.SUFFIXES:
        return {}
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True)
        found = {
            sheet.title: any(cell is not None for row in sheet.iter_rows(values_only=True) for cell in row) for sheet in book.worksheets
        }
    except Exception:  # whatever is wrong with it, its reader says
        return {}
    book.close()
    return found
