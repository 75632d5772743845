"""Formats in which times are often written, and which of them read given cells."""

from __future__ import annotations

from itertools import product

import pandas as pd

DATES = ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y", "%Y{0}%m{0}%d", "%d{0}%m{0}%y", "%m{0}%d{0}%y", "%d{0}%b{0}%Y")
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")


def fitting(told: pd.Series) -> dict[str, pd.Series]:
    """Formats that fit all of some times (text), each with what they are by it; the day before the month where both may be."""
    fits = {}
    for date, clock, sign in product(DATES, CLOCKS, "/.- "):
        times = by(told, date.format(sign) + clock)
        if times is not None:
            fits[date.format(sign) + clock] = times
    return fits


def by(told: pd.Series, form: str) -> pd.Series | None:
    """The times by a format; None where it does not fit all."""
    if pd.isna(pd.to_datetime(told.iloc[:1], format=form, errors="coerce", utc=True)).any():
        return None
    times = pd.to_datetime(told, format=form, errors="coerce", utc=True)
    return None if times.isna().any() else times


def cure(told: pd.Series, key: str) -> str | None:
    """Which formats of times that fit `key` may be set to; None if none of them does.

    >>> cure(pd.Series(["4/13/2016 12:00:15 AM"]), "time_format")
    "set `time_format` to '%m/%d/%Y %I:%M:%S %p'"
    """
    fits = [f"'{form}'" for form in fitting(told)]
    return f"set `{key}` to {' or '.join(fits)}" + (", whichever is meant" if len(fits) > 1 else "") if fits else None
