"""The first rows of a table, read by the readers that will read it whole."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.onboarding.files import ending
from mmomics.tables import contract, delimited, xlsx

ROWS = 60
COLUMNS = 400  # whose cells are looked at; names are of all


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
        Of a workbook with several; the first that can be read was looked at.
    """

    files: dict[str, Path]
    cells: pd.DataFrame
    keys: dict[str, object]
    names: list[str] = field(default_factory=list)
    repeated: bool = False
    problem: str = ""
    sheets: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The file that was looked at."""
        return next(iter(self.files.values()))

    @property
    def rows(self) -> list[str]:
        """The first row ids."""
        return [str(row) for row in self.cells.index]

    @cached_property
    def numbers(self) -> pd.DataFrame:
        """The cells as numbers, NaN where they are none."""
        flat = pd.to_numeric(pd.Series(self.cells.to_numpy().ravel(), dtype=object), errors="coerce")
        return pd.DataFrame(flat.to_numpy(dtype=float).reshape(self.cells.shape), self.cells.index, self.cells.columns)

    @property
    def text_share(self) -> float:
        """Share of the cells that hold something other than a number."""
        there = self.cells.notna().to_numpy()
        return float((there & self.numbers.isna().to_numpy()).sum() / max(there.sum(), 1))


def sniff(files: dict[str, Path]) -> Sniffed:
    """Read the head of a table, trying what a cohort file can say where the plain way fails."""
    path = next(iter(files.values()))
    problem, text = "", ending(path) in delimited.SUFFIXES
    ways: list[dict[str, object]] = [{}, {"encoding": "utf-16"}, {"encoding": "latin-1"}, {"header": False, "number_rows": True}]
    sheets = _sheets(path)
    ways = [{"within": sheet} for sheet in sheets] or (ways if text else ways[:1])
    for keys in ways:
        try:
            cells = _head(path, keys)
            if text and len(cells.columns) > 1 and _all_numbers([str(name) for name in cells.columns]):
                keys = {**keys, "header": False, "number_rows": True}
                cells = _head(path, keys)
        except UserError as error:
            problem = problem or str(error)
            continue
        twice = [str(name) for name in cells.columns[cells.columns.duplicated()].unique()]
        if twice:
            keys = {**keys, "drop": twice}
            cells = cells.loc[:, ~cells.columns.isin(twice)]
        if _comma_decimals(cells):
            keys = {**keys, "decimal": "comma"}
            cells = cells.apply(lambda column: column.str.replace(",", ".", regex=False))
        names = [str(name) for name in cells.columns]
        return Sniffed(files, cells.iloc[:, :COLUMNS], keys, names, not cells.index.is_unique, sheets=sheets)
    return Sniffed(files, pd.DataFrame(), {}, problem=problem)


def _sheets(path: Path) -> tuple[str, ...]:
    """The sheets of a workbook that has several."""
    if ending(path) not in xlsx.SUFFIXES:
        return ()
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True)
    except Exception:  # whatever is wrong with it, its reader says
        return ()
    names = tuple(sheet.title for sheet in book.worksheets)
    book.close()
    return names if len(names) > 1 else ()


def _head(path: Path, keys: dict[str, object]) -> pd.DataFrame:
    """The first rows as text, as they stand in the file."""
    settings = Table.model_validate({"files": path.name, **keys})
    if ending(path) not in delimited.SUFFIXES:
        try:
            return contract.read(path, settings, None, True).head(ROWS).astype(object)
        except UserError:  # a table of words
            return contract.read(path, settings, None, False).head(ROWS)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder, "head.csv")
        encoding = str(keys.get("encoding", "utf-8"))
        draft.write_text("\n".join(delimited.lines(path, ROWS, encoding)) + "\n", encoding=encoding)
        try:
            cells = contract.read(draft, settings, None, False)
        except UserError as error:
            raise UserError(path, str(error).partition(": ")[2] or str(error)) from error
        if settings.header and not settings.number_rows:
            first = delimited.lines(draft, 2, encoding)
            header = delimited._split(first[0], delimited._guess(first, settings.decimal))
            cells.index.name = (header[0].strip() or None) if len(header) == cells.shape[1] + 1 else None
        return cells


def _all_numbers(names: list[str]) -> bool:
    return bool(names) and bool(pd.to_numeric(pd.Series(names), errors="coerce").notna().all())


def _comma_decimals(cells: pd.DataFrame) -> bool:
    """Whether most cells that are no numbers become one when the comma is the decimal sign."""
    text = pd.Series(cells.to_numpy().ravel(), dtype=object).dropna().astype(str)
    odd = text[pd.to_numeric(text, errors="coerce").isna()]
    if not len(odd) or len(odd) < len(text) / 4:
        return False
    return bool(np.mean(odd.str.fullmatch(r"-?\d+,\d+").to_numpy(dtype=bool)) > 0.9)
