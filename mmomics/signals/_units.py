"""Units of signals: what a device writes and what features are computed in."""

from __future__ import annotations

import re

import numpy as np

from mmomics.errors import UserError

GLUCOSE = 18.016  # mg/dL in a mmol/L: molar mass of glucose 180.16 g/mol
GRAVITY = 9.80665  # m/s2 in a g
# dimension -> unit -> how many of the dimension's first unit it is
DIMENSIONS: dict[str, dict[str, float]] = {
    "voltage": {"mV": 1.0, "uV": 1e-3, "V": 1e3, "nV": 1e-6},
    "glucose": {"mg/dL": 1.0, "mmol/L": GLUCOSE, "mg%": 1.0},
    "acceleration": {"g": 1.0, "mg": 1e-3, "m/s2": 1 / GRAVITY, "m/s^2": 1 / GRAVITY, "m/s/s": 1 / GRAVITY, "m/s²": 1 / GRAVITY},
    "rate": {"bpm": 1.0, "/min": 1.0, "1/min": 1.0, "beats/min": 1.0, "beats per minute": 1.0, "min-1": 1.0, "Hz": 60.0, "1/s": 60.0},
    "pressure": {"mmHg": 1.0, "kPa": 7.50062, "cmH2O": 0.735559},
}


def convert(values: np.ndarray, have: str, want: str, where: object) -> np.ndarray:
    """Values in another unit of the same dimension.

    Parameters
    ----------
    values : array
        In the unit `have`.
    have, want : str
        Units; case, blanks and the two signs for micro make no difference. Equal units, or an empty `want`, change nothing.
    where : object
        For the message.

    Raises
    ------
    UserError
        If the units are not of one dimension.
    """
    one, other = plain(have), plain(want)
    if one == other or not other:
        return values
    factor = {plain(unit): size for unit, size in convertible(want).items()}.get(one)
    if factor is not None:
        return values * np.asarray(factor, dtype=values.dtype)
    raise UserError(where, f"unit '{have}' is not known to be convertible to {want}", "say what it is in `units`")


def convertible(want: str) -> dict[str, float]:
    """Every unit of the dimension of `want`, itself included, and how many of `want` it is; empty if it is of none."""
    for units in DIMENSIONS.values():
        size = {plain(unit): size for unit, size in units.items()}.get(plain(want))
        if size is not None:
            return {unit: own / size for unit, own in units.items()}
    return {}


def plain(unit: str) -> str:
    """A unit for comparison: lower case, no blanks, u for micro."""
    return re.sub(r"\s", "", unit).replace("µ", "u").replace("μ", "u").lower()
