"""Tables as Fitabase exports them of Fitbit trackers: what their times are called and look like, and rows of an hour with 60 columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from mmomics.devices._series import Channel

TIMES = ("activityminute", "activityhour", "activityday", "activitydate", "sleepday")  # without case and signs, as they are compared
TABLES = (  # columns by which other tables are known, and those that may stand beside; their times are called `Time` or `Date`
    ({"time", "value"}, {"id"}),  # heartrate_seconds
    ({"date", "value", "logid"}, {"id"}),  # minuteSleep
    ({"date", "weightkg", "bmi", "logid"}, {"id", "weightpounds", "fat", "ismanualreport"}),  # weightLogInfo
)
FORMATS = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y")  # 4/12/2016 12:00:00 AM
MINUTE = re.compile(r"(.*\D)([0-5]\d)")


def hourly(columns: Sequence[str], time: Sequence[int]) -> list[Channel]:
    """Channels whose minutes of an hour stand in one row; none unless all sixty columns are there, and the time is of an hour.

    >>> [each.name for each in hourly(["ActivityHour", *(f"Steps{minute:02d}" for minute in range(60))], [0])]
    ['Steps']
    """
    if not any("hour" in columns[place].casefold() for place in time):
        return []
    found: dict[str, dict[int, int]] = {}
    for place, column in enumerate(columns):
        if match := MINUTE.fullmatch(column):
            found.setdefault(match[1], {}).setdefault(int(match[2]), place)
    return [Channel(name.rstrip(" _-"), tuple(at[minute] for minute in range(60))) for name, at in found.items() if len(at) == 60]


def time_format(columns: Sequence[str], time: int, cell: str) -> str | None:
    """The format of the times of a table, where that is one of Fitabase's and its first cell is written so.

    Parameters
    ----------
    columns : sequence of str
        What its columns are called.
    time : int
        The place of the one with the times.
    cell : str
        The first of them.
    """
    names = [re.sub(r"[\W_]", "", column).casefold() for column in columns]
    known = any(needed <= set(names) <= needed | others for needed, others in TABLES) and names[time] in ("time", "date")
    if not known and names[time] not in TIMES:
        return None
    return next((form for form in FORMATS if pd.notna(pd.to_datetime(cell.strip(), format=form, errors="coerce"))), None)
