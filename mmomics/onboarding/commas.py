"""Commas among the numbers of a table: the decimal sign, or one between thousands."""

from __future__ import annotations

import re

import pandas as pd

from mmomics.tables._missing import LIMIT

COMMA = re.compile(r"-?(\d+|[1-9]\d{0,2}(\.\d{3})+),\d+")  # a number, where the comma is the decimal sign
POINT = re.compile(r"-?(\d+\.(\d{1,2}|\d{4,})|0\.\d{3}|\d{4,}\.\d{3})")  # or where the point surely is
THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+")  # or where it may separate thousands
FEW = 5  # columns with a comma for one with a point: masses and retention times beside lipids are of another program


def decimal(cells: pd.DataFrame) -> bool:
    """Whether the comma is the decimal sign: some columns hold numbers only if it is, and hardly any has a point for it."""
    comma = point = 0
    for _, column in cells.items():
        told = column.dropna().astype(str).str.strip()
        odd = told[pd.to_numeric(told, errors="coerce").isna() & ~told.str.fullmatch(LIMIT)]
        point += bool(told.str.fullmatch(POINT).any())
        comma += bool(len(odd)) and bool(odd.str.fullmatch(COMMA).mean() > 0.9) and not bool(odd.str.fullmatch(THOUSANDS).all())
    return comma > FEW * point


def pointed(cell: object) -> object:
    """A number with a decimal comma as one with a point."""
    return cell.replace(".", "").replace(",", ".") if isinstance(cell, str) and COMMA.fullmatch(cell.strip()) else cell
