"""What a section is made of: sentences, figures, tables, key facts and notes. The template lays them out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd
from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing


@dataclass
class Figure:
    """A drawing with its caption, alternative text and the numbers in it."""

    name: str  # file stem in the folder of figures
    drawing: Drawing
    title: str
    caption: Markup | str
    alt: str
    data: pd.DataFrame
    kind: str = "figure"


@dataclass
class Cell:
    """One cell: text, a smaller note under it, and the value that sorting looks at."""

    text: Markup | str
    note: str = ""
    sort: float | str | None = None
    strong: bool = False
    swatch: str = ""  # family, shown as its colour


@dataclass
class Table:
    """Rows of cells; `numeric` says which columns are numbers (aligned right, sorted as such)."""

    name: str
    title: str
    caption: Markup | str
    heads: list[str]
    rows: list[list[Cell]]
    data: pd.DataFrame
    numeric: list[bool] = field(default_factory=list)
    sortable: bool = True
    folded: str = ""  # label of the fold it lies in; empty = open
    kind: str = "table"


@dataclass
class Facts:
    """A few numbers in large type: label, value, remark."""

    items: list[tuple[str, Markup | str, Markup | str]]
    kind: str = "facts"


@dataclass
class Notes:
    """A list of remarks under a heading of their own."""

    title: str
    items: list[Markup | str]
    warning: bool = False
    kind: str = "notes"


@dataclass
class Fold:
    """Text that is shown on demand, as it is."""

    title: str
    text: str
    kind: str = "fold"


@dataclass
class Section:
    """A heading, its reading aid and its blocks."""

    id: str
    title: str
    lead: list[Markup]
    blocks: list[Any] = field(default_factory=list)


def cells(frame: pd.DataFrame) -> list[list[Cell]]:
    """Plain cells of a small table: numbers shortened, the rest as text."""
    from mmomics.report import words

    def cell(value: Any) -> Cell:
        if isinstance(value, bool) or value is None or value is pd.NA:
            return Cell("" if value is None or value is pd.NA else "yes" if value else "no")
        if isinstance(value, int | float) or hasattr(value, "dtype"):
            whole = float(value).is_integer()
            return Cell(f"{int(value):,}" if whole else words.number(float(value)), sort=float(value))
        return Cell(words.short(value, 120), sort=str(value))

    return [[cell(value) for value in row] for row in frame.itertuples(index=False)]
