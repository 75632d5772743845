"""What `na_values` names: words and numbers that stand for a missing value, and how to mend a table that has some it does not name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

NUMBER = re.compile(r"[+-]?\d+(\.\d*)?")
LIMIT = re.compile(r"\s*([<>≤≥]=?)\s*[+-]?\d[\d.,]*\s*")  # a value beyond the limits of detection
MOST = 6  # words that a cure lists


def numbers(named: Iterable[str | float]) -> np.ndarray:
    """Those that are numbers, float64: -9, -9.0 and "-9" are one."""
    return np.array([float(each) for each in named if not isinstance(each, str) or NUMBER.fullmatch(each.strip())], dtype=np.float64)


def words(named: Iterable[str | float]) -> list[str]:
    """All of them as text, numbers as they are usually written: -9 rather than -9.0."""
    return [each.strip() if isinstance(each, str) else f"{each:.15g}" for each in named]


def masked(frame: pd.DataFrame, named: Sequence[str | float], numeric: bool) -> pd.DataFrame:
    """A table of float32, or of text, with what is named missing, however its numbers are written."""
    if not named:
        return frame
    if numeric:
        return frame.mask(frame.isin(numbers(named).astype(np.float32)))
    known, said = numbers(named), words(named)
    return frame.mask(
        frame.apply(lambda cells: pd.to_numeric(cells, errors="coerce").isin(known) | cells.astype(object).str.strip().isin(said))
    )


def cure(cells: Iterable[object]) -> str:
    """What to do about cells such as `<0.5`, which say only that a value is beyond a limit; "" if none of them does."""
    beyond = list(dict.fromkeys(str(cell).strip() for cell in cells if LIMIT.fullmatch(str(cell))))
    if not beyond:
        return ""
    shown = ", ".join(json.dumps(each, ensure_ascii=False) for each in beyond[:MOST]) + (", ..." if len(beyond) > MOST else "")
    low = "; what is missing because it was low, `prepare: {fill: minimum}` fills with a low value"
    return f"to take what is beyond the limit of detection for missing, set `na_values: [{shown}]`" + low * all(
        each[0] in "<≤" for each in beyond
    )
