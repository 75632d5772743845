"""The first rows of a table, read by the readers that will read it whole."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.cohort import table
from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.onboarding.files import ending
from mmomics.tables import delimited

ROWS = 60


@dataclass(frozen=True)
class Sniffed:
    """A table at a glance.

    Attributes
    ----------
    path : Path
    cells : DataFrame
        The first rows as text, index = row ids; no row where `problem` says why it cannot be read.
    keys : dict
        What a cohort file has to say for it to be read (`decimal`, `header`, ...).
    problem : str
    """

    path: Path
    cells: pd.DataFrame
    keys: dict[str, object]
    problem: str = ""

    @property
    def numbers(self) -> pd.DataFrame:
        """The cells as numbers, NaN where they are none."""
        return self.cells.apply(pd.to_numeric, errors="coerce")

    @property
    def text_share(self) -> float:
        """Share of the cells that hold something other than a number."""
        there = self.cells.notna().to_numpy()
        return float((there & self.numbers.isna().to_numpy()).sum() / max(there.sum(), 1))


def sniff(path: Path) -> Sniffed:
    """Read the head of a table, trying what a cohort file can say where the plain way fails."""
    problem = ""
    ways: list[dict[str, object]] = [{}, {"encoding": "utf-16"}, {"encoding": "latin-1"}]
    if ending(path) not in delimited.SUFFIXES:
        ways = [{}]
    for keys in ways:
        try:
            cells = _head(path, keys)
        except UserError as error:
            problem = problem or str(error)
            continue
        if _all_numbers([str(name) for name in cells.columns]) and len(cells.columns) > 1 and ending(path) in delimited.SUFFIXES:
            keys = {**keys, "header": False, "number_rows": True}
            cells = _head(path, keys)
        elif _comma_decimals(cells):
            keys = {**keys, "decimal": "comma"}
            cells = cells.apply(lambda column: column.str.replace(",", ".", regex=False))
        return Sniffed(path, cells, keys)
    return Sniffed(path, pd.DataFrame(), {}, problem)


def _head(path: Path, keys: dict[str, object]) -> pd.DataFrame:
    if ending(path) not in delimited.SUFFIXES:
        return table.read(Table(files=path.name, **keys), path.parent, numeric=False)[0].head(ROWS)
    encoding = str(keys.get("encoding", "utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder, "head.csv")
        draft.write_text("\n".join(delimited.lines(path, ROWS, encoding)) + "\n", encoding=encoding)
        try:
            return table.read(Table(files=draft.name, **keys), folder, numeric=False)[0]
        except UserError as error:
            raise UserError(path, str(error).partition(": ")[2] or str(error)) from error


def _all_numbers(names: list[str]) -> bool:
    return bool(names) and bool(pd.to_numeric(pd.Series(names), errors="coerce").notna().all())


def _comma_decimals(cells: pd.DataFrame) -> bool:
    """Whether most cells that are no numbers become one when the comma is the decimal sign."""
    text = pd.Series(cells.to_numpy().ravel(), dtype=object).dropna().astype(str)
    odd = text[pd.to_numeric(text, errors="coerce").isna()]
    if not len(odd) or len(odd) < len(text) / 4:
        return False
    return bool(np.mean(odd.str.fullmatch(r"-?\d+,\d+").to_numpy(dtype=bool)) > 0.9)
