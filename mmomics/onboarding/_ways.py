"""Ways to read a table, the likeliest first: what a cohort file can say where the plain way fails."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.onboarding import guess
from mmomics.onboarding._first_rows import first_rows
from mmomics.onboarding.files import ending
from mmomics.tables import delimited, xlsx
from mmomics.tables._head import guessed_skip

HEADLESS: dict[str, object] = {"header": False, "number_rows": True}
GEO = "!"  # lines of a series matrix that are about it begin so, and its last line, too
BANDS = 5  # rows of titles and of names of groups of columns, at most, above the header of a sheet


def ways(path: Path, where: dict[str, object]) -> Iterator[dict[str, object]]:
    """Keys of a cohort file to try; `where` are those that say which table of the file is meant."""
    if ending(path) not in delimited.SUFFIXES:
        yield where
        yield from ({**where, "skip_rows": n + 1} for n in range(BANDS if ending(path) in xlsx.SUFFIXES else 0))
        return
    plain: list[dict[str, object]] = [{}, {"encoding": "utf-16"}, {"encoding": "latin-1"}]
    plain = [{"comment": GEO}, *plain] if _first(path).startswith(GEO) else plain
    yield from plain
    yield from _named(path, plain)
    yield HEADLESS
    yield from _below_others(path, plain)


def of_a_row(names: Sequence[str], cells: pd.DataFrame) -> bool:
    """Whether names of columns are cells of a row of the table itself."""
    above, first = str(cells.index.name), str(next(iter(cells.index), ""))
    alike = re.search(r"\d", above) and re.sub(r"\d+", "0", above) == re.sub(r"\d+", "0", first)
    return bool(alike) or bool(pd.to_numeric(pd.Series(names, dtype=object), errors="coerce").notna().any())


def _first(path: Path) -> str:
    """The first line of a text; "" if it is none."""
    try:
        return delimited.lines(path, 1)[0]
    except UserError:
        return ""


def _named(path: Path, ways: Iterable[dict[str, object]]) -> Iterator[dict[str, object]]:
    """Ways to read a table whose first column lacks some ids: by the first one that is called as one of ids is, and has them all."""
    for keys in ways:
        try:
            cells, _ = first_rows(path, {**keys, "number_rows": True})
        except UserError:
            continue
        whole = [str(name) for name in cells.columns[cells.notna().to_numpy().all(axis=0)] if list(cells.columns).count(name) == 1]
        yield from [{**keys, "index": name} for name in whole if guess.BESIDE.fullmatch(name) and cells[name].is_unique][:1]


def _below_others(path: Path, ways: Iterable[dict[str, object]]) -> Iterator[dict[str, object]]:
    """Ways to read a table that seems to begin below other lines."""
    for keys in ways:
        try:
            skip = guessed_skip(path, Table.model_validate({"files": path.name, **keys}))
        except UserError:
            continue
        yield from [{**keys, "skip_rows": skip}] if skip else []
