"""What `na_values` names: words and numbers that stand for a missing value, and how to mend a table that has some it does not name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from mmomics.tables import _grouped

NUMBER = re.compile(r"[+-]?\d+(\.\d*)?")
KNOWN = ("[Not Available]", "[Not Applicable]", "[Not Evaluated]", "[Unknown]", "[Discrepancy]")  # in clinical tables of the TCGA
LIMIT = re.compile(r"\s*([<>≤≥]=?)\s*([+-]?\d[\d.,]*|[A-Z]{3,5})\s*")  # a value beyond the limits of detection: <0.5, <LOD
PER_CENT = re.compile(r"\s*[+-]?\d[\d.,]*\s*%\s*")
MOST = 6  # words that a cure lists


def numbers(named: Iterable[str | float]) -> np.ndarray:
    """Those that are numbers, float64: -9, -9.0 and "-9" are one."""
    return np.array([float(each) for each in named if not isinstance(each, str) or NUMBER.fullmatch(each.strip())], dtype=np.float64)


def words(named: Iterable[str | float]) -> list[str]:
    """All of them as text, numbers as they are usually written: -9 rather than -9.0."""
    return [each.strip() if isinstance(each, str) else f"{each:.15g}" for each in named]


def missing(named: Iterable[str | float]) -> list[str]:
    """Words for a missing value: those that are named, and those that nobody has to name."""
    return [*KNOWN, *words(named)]


def masked(frame: pd.DataFrame, named: Sequence[str | float], numeric: bool) -> pd.DataFrame:
    """A table of float32, or of text, with what is named missing, however its numbers are written."""
    if numeric:
        return frame.mask(frame.isin(numbers(named).astype(np.float32))) if named else frame
    if not named:
        return frame.mask(frame.isin(KNOWN))
    known, said = numbers(named), missing(named)
    return frame.mask(
        frame.apply(lambda cells: pd.to_numeric(cells, errors="coerce").isin(known) | cells.astype(object).str.strip().isin(said))
    )


def cure(first: str, columns: Iterable[tuple[pd.Series, int]], sign: str = ".") -> str:
    """What to do about a cell that is no number, and about all others of its table with it.

    Parameters
    ----------
    first : str
        The cell.
    columns : iterable of (Series, int)
        Of each column its cells of text, and how many of its cells hold anything.
    sign : str
        The decimal sign.
    """
    swap = _grouped.cure(first, sign)
    if swap:
        return swap
    if PER_CENT.fullmatch(first):
        return "take the % off all cells of the column: numbers alone are read, in per cent as they stand"
    odd = list(dict.fromkeys(word for cells, n in columns for word in _odd(cells, n, sign)))
    if first.strip() not in odd:
        return "mend it, leave it empty if missing, or `drop` a column that holds no measurements"
    shown = ", ".join(json.dumps(each, ensure_ascii=False) for each in odd[:MOST]) + (", ..." if len(odd) > MOST else "")
    beyond = [match[1] for each in odd if (match := LIMIT.fullmatch(each))]
    if len(beyond) < len(odd):
        return f"mend it, leave it empty if missing, or set `na_values: [{shown}]` if such words stand for what is missing"
    low = "; what is missing because it was low, `prepare: {fill: minimum}` fills with a low value"
    told = f"to take what is beyond the limit of detection for missing, set `na_values: [{shown}]`"
    return told + low * all(each[0] in "<≤" for each in beyond)


def _odd(cells: pd.Series, n: int, sign: str) -> list[str]:
    """Words among the cells of a column of `n`; a column whose cells are words for the most part is none of numbers."""
    there = cells.dropna()
    odd = there[_grouped.parsed(there, None, sign).isna()].astype(str).str.strip()
    odd = odd if 2 * len(odd) < n else odd[odd.map(lambda cell: bool(LIMIT.fullmatch(cell)))]
    return [word for word in odd.unique() if not _grouped.cure(word, sign)]
