"""What separates the cells of a line."""

from __future__ import annotations

import csv
from collections.abc import Sequence

DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
RARE = ("|", " ")  # taken only where no other one fits: they stand in names, too


def split(line: str, delimiter: str) -> list[str]:
    """The cells of a line."""
    if '"' not in line:  # also faster, and no limit to the length of a cell
        return line.split() if delimiter == " " else line.split(delimiter)
    return next(csv.reader(line.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=delimiter == " "))


def guess(first: Sequence[str], decimal: str = "point") -> str:
    """The delimiter of a text, by its header and the line below it.

    The one that gives both the most columns, equally many (or one more below an R header); `|` and a space only where no other one does.
    Where none fits both, the one that gives the header the most.
    """
    signs = [sign for sign in DELIMITERS.values() if sign not in RARE and not (sign == "," and decimal == "comma")]
    n_head, n_row = ({sign: len(split(line, sign)) for sign in (*signs, *RARE)} for line in (first[0], first[-1]))
    fitting = [sign for sign in (*signs, *RARE) if n_head[sign] > 1 and n_row[sign] - n_head[sign] in (0, 1)]
    several = (
        [sign for sign in fitting if sign not in RARE] or [sign for sign in fitting if sign == "|"] or fitting
        or [sign for sign in signs if n_head[sign] > 1]
    )  # fmt: skip
    return max(several, key=n_head.__getitem__, default=";" if decimal == "comma" else ",")
