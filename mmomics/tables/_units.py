"""Columns of units in a long table (`unit`, `valueuom`): one feature has one unit, or its values cannot stand in one column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path

import pandas as pd

from mmomics.config.table import Long
from mmomics.errors import UserError, listed

UNIT = re.compile(
    r"(value|result|lab|test|measurement|orig|std|si)*(units?|uom)(ofmeasure(ment)?|name|conceptname|sourcevalue)?|\w*(or|st)resu"
)
PLAIN = re.compile(
    r".*[%^\u00b0].*|.*/(\d.*|[kmunpfdc]?(l|g|mol|m2?|s)|hp?f|lpf|min|h|hr|sec|d|day)|[kmunpfdc](g|l|m|mol|iu|u|eq|s|hz|v|osm|osmol|cal|j|pa)|"
    r"mol|iu|hz|osm|osmol|cal|count|bpm|mmhg|lbs?|oz|ft|deg[cf]|celsius|fahrenheit|min|hr|sec|npx|ratio"
)  # as `alike` gives them; the units of a hospital are others: A, S, and MICU/SICU
MOST = 4  # units that a message lists


def columns(names: Sequence[str], value: str) -> list[str]:
    """The column of the units of `value`, by its name, if there is one: of several, that whose name is most like its own."""
    found = [name for name in names if name != value and UNIT.fullmatch(re.sub(r"[\W_]+", "", name).casefold())]
    return [max(found, key=lambda name: SequenceMatcher(None, name, value).ratio())] if found else []


def refuse(path: Path, column: pd.Series, feature: pd.Series, long: Long) -> None:
    """Refuse a feature that has values in several units, unless its name holds the unit.

    Parameters
    ----------
    path : Path
        The file, for messages.
    column : Series (n_rows,)
        The units, text. An empty cell says nothing.
    feature : Series (n_rows,)
        What each row is of; missing = the row does not count.
    long : Long
        Which columns hold what.

    Raises
    ------
    UserError
        It names the first feature and its units.
    """
    first, told, n = several(column, feature)
    if n and column.name not in long.made_of:
        apart = f"{long.feature if long.made_of else f'{{{long.feature}}}'} {{{column.name}}}"
        cure = f'convert its values, keep them apart by `long.feature: "{apart}"`, or name the right units in `long.flags`'
        others = f", as {'has' if n == 2 else 'have'} {n - 1} more" if n > 1 else ""
        raise UserError(f"{path} column '{column.name}'", f"'{first}' has values in several units ({told}){others}", cure)


def several(column: pd.Series, of: pd.Series) -> tuple[str, str, int]:
    """The first of what has values in several units, these units as they are written, and how many such there are."""
    units = alike(column)
    if not any(PLAIN.fullmatch(unit) for unit in units.dropna().unique()):
        return "", "", 0
    mixed = units.groupby(of, sort=False).nunique()
    mixed = mixed[mixed > 1]
    if mixed.empty:
        return "", "", 0
    written = column.str.strip()[(of == mixed.index[0]) & units.notna()]
    return str(mixed.index[0]), listed(written.groupby(units, sort=False).first(), MOST), len(mixed)


def alike(units: pd.Series) -> pd.Series:
    """Units as they are compared: small letters without blanks, one sign for a micro; missing where nothing is said."""
    plain = units.str.replace(r"\s+", "", regex=True).str.replace("[\u00b5\u03bc]", "u", regex=True).str.replace("*", "^").str.casefold()
    return plain.mask(plain.isin(["", "unknown", "none", "-"]))
