"""Tables that say whose a sample is: its id in one column, or made of two (the slide and the place of an array), its subject in another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from pathlib import Path

import pandas as pd

from mmomics.config.table import COLUMN
from mmomics.onboarding._lines import quoted
from mmomics.onboarding.sniff import Sniffed

LOOK = 20  # columns of a table that ids are looked for in
FEW = 5  # ids that a table must share with others to be one that takes these to those
SIGNS = ("_", "-", ".")  # between two columns that make an id
KEYS = ("within", "skip_rows", "comment", "encoding")  # that a mapping table may need


@dataclass(frozen=True)
class Sheets:
    """The tables of a folder that may say whose a sample is, as they stand in their files.

    Attributes
    ----------
    folder : Path
    tables : sequence of Sniffed
    """

    folder: Path
    tables: Sequence[Sniffed] = ()

    def lines(self, samples: Sequence[str], subjects: Sequence[str]) -> list[str]:
        """The key `ids` of an assay of these samples, by the table that knows most of them; nothing if none knows them."""
        found = [link for sheet in self._read if (link := sheet.link(set(samples), set(subjects)))]
        best = max(found, key=lambda link: link.n_known, default=None)
        return [best.line(self.folder)] if best else []

    @cached_property
    def _read(self) -> list[_Sheet]:
        return [_Sheet(table) for table in self.tables if table.keys.get("header", True)]


@dataclass(frozen=True)
class _Sheet:
    table: Sniffed

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Its columns that have names."""
        cells = self.table.cells.reset_index()
        return cells.set_axis(_columns(self.table)[: cells.shape[1]], axis=1).drop(columns="", errors="ignore")

    @cached_property
    def ids(self) -> dict[str, list[str]]:
        """What may be ids of samples, by the `index` that gives them."""
        return {**single(self.cells), **pairs(self.cells)}

    def link(self, samples: set[str], subjects: set[str]) -> _Link | None:
        """How it takes samples to subjects; None if it does not know several of both, of numbers, which may be any, half."""
        owners = _whole(self.cells)
        owner = max(owners, key=lambda name: _n_in(owners[name], subjects), default="")
        least = len(self.cells) / 2 if all(map(str.isdigit, owners.get(owner, ()))) else FEW
        if not owner or _n_in(owners[owner], subjects) < min(least, len(subjects), len(self.cells)):
            return None
        known = {index: _n_in(ids, samples) for index, ids in self.ids.items() if owner not in (index, *COLUMN.findall(index))}
        index = max(known, key=known.__getitem__, default="")
        return _Link(self.table, index, owner, known[index]) if index and known[index] >= min(FEW, len(samples), len(self.cells)) else None


@dataclass(frozen=True)
class _Link:
    table: Sniffed
    index: str
    owner: str
    n_known: int

    def line(self, folder: Path) -> str:
        names, keys = _columns(self.table), {key: value for key, value in self.table.keys.items() if key in KEYS}
        before = [name for name in names[: names.index(self.owner)] if name not in (self.index, *COLUMN.findall(self.index))]
        twice = [name for name in self.table.dropped if name not in before]
        told = [f"files: {quoted(self.table.path.relative_to(folder))}", f"index: {quoted(self.index)}"]
        told += [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items()]
        told += [f"drop: [{', '.join(map(quoted, [*before, *twice]))}]"] if before or twice else []
        return f"    ids: {{{', '.join(told)}}} # GUESS: it says by '{self.owner}' whose they are"


def _columns(table: Sniffed) -> list[str]:
    """All columns in the order of the file; "" where nothing stands above the row ids."""
    return [str(table.cells.index.name or ""), *table.names]


def single(cells: pd.DataFrame) -> dict[str, list[str]]:
    """Columns of ids: every row another one, and no measurements."""
    return {name: ids for name, ids in _whole(cells).items() if len(set(ids)) == len(ids)}


def pairs(cells: pd.DataFrame) -> dict[str, list[str]]:
    """Ids made of two columns, every row another one, by the `index` that makes them."""
    found = {}
    for (one, heads), (other, tails) in permutations(_whole(cells).items(), 2):
        if len(set(zip(heads, tails, strict=True))) == len(heads):
            for sign in SIGNS:
                found[f"{{{one}}}{sign}{{{other}}}"] = [head + sign + tail for head, tail in zip(heads, tails, strict=True)]
    return found


def _whole(cells: pd.DataFrame) -> dict[str, list[str]]:
    """Columns without a gap or a number that is not whole."""
    found = {}
    for name in cells.columns[:LOOK]:
        column = cells[name]
        if isinstance(column, pd.Series) and column.notna().all():
            ids = column.astype(str).str.strip().tolist()
            if not any("." in each and each.replace(".", "", 1).lstrip("-").isdigit() for each in ids):
                found[str(name)] = ids
    return found


def _n_in(names: Sequence[str], known: set[str]) -> int:
    return len(known.intersection(names))
