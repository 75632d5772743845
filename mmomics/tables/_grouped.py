"""Numbers whose thousands are separated: 1,234,567 or 1.234.567. Read where a table leaves no doubt, and asked about elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

SIGNS = {"comma": ",", "point": ".", "space": " ", "apostrophe": "'"}
WORDS = {sign: word for word, sign in SIGNS.items()}
NARROW = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'"})  # spaces and apostrophes of typesetting
MINUS = {0x2212: "-"}
TRUTH = {"true": 1.0, "false": 0.0}
ANSWERS = {"yes": 1.0, "no": 0.0}  # where a column holds nothing else: among numbers, no may say that there is none


def pattern(group: str, sign: str) -> str:
    """Regular expression of a number whose thousands are separated by `group`; its first group holds them, the second the decimals."""
    decimals = rf"({re.escape(sign)}\d+)?" if sign != group else "()"
    return rf"\s*[+-]?[1-9]\d{{0,2}}((?:{re.escape(group)}\d{{3}})+){decimals}\s*"


def parsed(cells: pd.Series, group: str | None, sign: str, alone: bool = True) -> pd.Series:
    """Text as numbers, NaN where it is none; true is 1 and false 0, as a workbook has them, and so are yes and no where
    nothing else is told; the minus of typesetting is one.

    Parameters
    ----------
    cells : Series
        Text; missing = NaN.
    group, sign : str
        What separates thousands, if anything does, and the decimal sign.
    alone : bool
        Whether no numbers stand beside this text in its column.
    """
    cells = cells.str.translate(MINUS)
    if group is not None:
        narrow = cells.str.translate(NARROW)
        whole = narrow.str.fullmatch(pattern(group, sign)).eq(True)
        cells = cells.mask(whole, narrow.str.replace(group, "", regex=False))
        if group == sign:
            cells = cells.mask(~whole & narrow.str.contains(sign, regex=False).eq(True), "?")
    values = pd.to_numeric(cells.str.translate({44: ".", 46: "?"}) if sign == "," else cells, errors="coerce")
    if not values.hasnans:
        return values
    words = cells[values.isna()].str.strip().str.lower()
    answers = alone and words.notna().sum() == cells.notna().sum() and words.dropna().isin(ANSWERS).all()
    return values.fillna(words.map(ANSWERS if answers else TRUTH))


def found(columns: Iterable[pd.Series], sign: str) -> str | None:
    """What separates thousands in a table whose decimal sign is `sign`; None where nothing does, or it may be something else.

    Every cell that is no number must be one with this sign between thousands, and one of the table's cells must tell that the sign is
    not the decimal one: there are two of it in a number, or the decimal sign stands behind it or in other numbers.
    """
    left, sure = set(SIGNS.values()), set()
    for cells in columns:
        there = cells.dropna()
        values = parsed(there, None, sign)
        odd, plain = there[values.isna()].str.translate(NARROW), there[values.notna()]
        decimal = plain.str.contains(sign, regex=False).any()
        for group in tuple(left):
            parts = odd.str.extract(f"^{pattern(group, sign)}$")
            grouped = plain[plain.str.contains(sign, regex=False)] if group == sign else plain[:0]
            if parts[0].isna().any() or not grouped.str.fullmatch(pattern(group, sign)).all():
                left.discard(group)
                continue
            if (parts[0].str.len() > 4).any() or parts[1].fillna("").ne("").any() or (decimal and group != sign):
                sure.add(group)
        if not left:
            return None
    return next(iter(left & sure)) if len(left & sure) == 1 else None


def written_out(cells: pd.Series, sign: str, group: str | None = None) -> pd.Series:
    """A column of text with its numbers written without separators of thousands, where all of it are numbers and it leaves no doubt."""
    if cells.isna().all():
        return cells
    group = group or found([cells], sign)
    if group is None or not parsed(cells, group, sign).notna().equals(cells.notna()):
        return cells
    return cells.str.translate(NARROW).str.replace(group, "", regex=False)


def cure(cell: str, sign: str) -> str:
    """What to do about a cell that is a number in another notation; "" if it is none."""
    other = "." if sign == "," else ","
    swap = f"set `decimal: {WORDS[other]}`"
    for group in SIGNS.values():
        if group != sign and (parts := re.fullmatch(pattern(group, sign), cell.translate(NARROW))):
            told = f"set `thousands: {WORDS[group]}` if the '{group}' separates thousands"
            return f"{told}; if it is the decimal sign, {swap}" if group == other and len(parts[1]) == 4 and not parts[2] else told
    if re.fullmatch(pattern(sign, other), cell):  # 1.234,5
        return swap
    return swap if re.fullmatch(rf"\s*[+-]?\d*\{other}\d+([eE][+-]?\d+)?\s*", cell) else ""
