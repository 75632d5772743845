"""Columns of a long table that put its values in doubt: marks of quality (Olink's `QC_Warning`), and limits of detection.

They are found by their names and told as counts. Values become missing only where the settings say which marks are right.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError, count, did_you_mean, listed
from mmomics.tables import _grouped, _missing

log = logging.getLogger(__name__)
MARK = re.compile(r".*(qc|warn|warning|flag)s?|qc(status|result|flag|warning)s?")  # of names in small letters, without signs
LIMIT = re.compile(r"(plate|max)?lod")
RIGHT = ("pass", "passed", "ok", "good", "valid", "none", "no", "n", "false", "0", "-", ".")  # in small letters
MOST = 4  # marks that a message lists


def marks(names: Sequence[str]) -> list[str]:
    """Columns that seem to mark values, by their names."""
    return [name for name in names if MARK.fullmatch(_plain(name))]


def setting(name: str, words: Sequence[str]) -> str:
    """What `long` has to say for what a column marks to become missing, but by those of its `words` that surely say that all is well."""
    right = [json.dumps(word, ensure_ascii=False) for word in words if word.casefold() in RIGHT] or ["..."]
    column = name if re.fullmatch(r"[A-Za-z][\w ]*", name) else json.dumps(name, ensure_ascii=False)
    return f"flags: {{{column}: {right[0] if len(right) == 1 else f'[{listed(right, len(right))}]'}}}"


def columns(path: Path, table: Table, names: Sequence[str]) -> list[str]:
    """Columns beside those of the samples, features and values that are looked at.

    Raises
    ------
    UserError
        If one that the settings name is not there.
    """
    assert table.long is not None
    for name in table.long.flags:
        if name not in names:
            raise UserError(path, f"no column '{name}' for `long.flags`", did_you_mean(name, [each for each in names if each]))
    limit = [name for name in names if LIMIT.fullmatch(_plain(name))]
    return list(dict.fromkeys([*table.long.flags, *marks(names), *limit[:1]]))


def heeded(path: Path, value: pd.Series, feature: pd.Series, beside: pd.DataFrame, table: Table) -> pd.Series:
    """The values, NaN where a mark is none of those that are right; what is marked, or below its limit of detection, is told.

    Parameters
    ----------
    path : Path
        The file, for messages.
    value, feature : Series (n_rows,)
        Values (numbers or text, missing = NaN), and what each is of.
    beside : DataFrame (n_rows, n_columns)
        Text: those of `columns`. An empty cell marks nothing.
    table : Table
        How the file is laid out.

    Raises
    ------
    UserError
        If no row of a column bears any of the marks that are said to be right.
    """
    assert table.long is not None
    there = value.notna().to_numpy()
    out = value
    for name, cells in beside.items():
        if LIMIT.fullmatch(_plain(str(name))) and name not in table.long.flags:
            if value.dtype != object:
                _tell_limit(path, value, feature, cells, table)
            continue
        codes, words = pd.factorize(cells.str.strip())
        said = list(_said(table.long.flags[str(name)])) if name in table.long.flags else None
        if said is not None and len(words) and not {word.casefold() for word in words} & set(said):
            cure = f"its marks are: {listed(words, MOST)}"
            raise UserError(f"{path} column '{name}'", f"no row bears a mark of `long.flags` ({', '.join(said)})", cure)
        wrong = np.array([word.casefold() not in (said or RIGHT) for word in words] + [False])[codes]
        counts = cells[wrong & there].str.strip().value_counts()
        if len(counts):
            told = listed([f"{n:,} {word}" for word, n in counts.items()], MOST)
            cure = f"kept; to take them for missing, name the marks that are right: `long: {{..., {setting(str(name), list(words))}}}`"
            then = cure if said is None else "missing, as `long.flags` says"
            log.warning("%s column '%s': %s marked (%s) and %s", path, name, _share(int(counts.sum()), int(there.sum())), told, then)
        if said is not None:
            out = out.mask(wrong)
    return out


def _tell_limit(path: Path, value: pd.Series, feature: pd.Series, cells: pd.Series, table: Table) -> None:
    below = value < _grouped.parsed(cells, table.thousands_sign, table.decimal_sign)
    if below.any():
        share = below[value.notna()].groupby(feature).mean()
        mostly = int((share > 0.5).sum())
        more = f"; of {count(mostly, 'feature')} most values are" if mostly else ""
        told = _share(int(below.sum()), int(value.notna().sum()))
        log.warning("%s: %s below their limit of detection (column '%s') and kept%s", path, told, cells.name, more)


def _share(n: int, n_all: int) -> str:
    return f"{n:,} of {count(n_all, 'value')} {'is' if n == 1 else 'are'}"


def _said(given: str | float | list[str | float]) -> Iterator[str]:
    yield from (word.casefold() for word in _missing.words(given if isinstance(given, list) else [given]))


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
