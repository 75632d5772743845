"""The clock of a device: naive local times become times with a zone, or a clear error."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from mmomics.config.modality import Device
from mmomics.errors import UserError

log = logging.getLogger(__name__)
ROUNDING = 3600 * 10**9  # nanoseconds that rounding may put a written time off at most: months are not even steps


def placed(start: pd.Timestamp | None, device: Device, source: object) -> pd.Timestamp | None:
    """The start of a record on its clock, in `time_zone` where that is given.

    Raises
    ------
    UserError
        If nanoseconds cannot reach it (before 1678 or after 2261), or it does not fit the zone.
    """
    if start is None:
        return None
    if not pd.Timestamp.min.ceil("D") <= start <= pd.Timestamp.max.floor("D"):
        raise UserError(source, f"begins in the year {start.year}", "mend the date in its header")
    times = localised(pd.DatetimeIndex([start]), device, lambda _: str(source))
    return times[0]


def localised(times: pd.DatetimeIndex, device: Device, where: Callable[[int], str]) -> pd.DatetimeIndex:
    """Times in the zone of the device, in the order in which they were written.

    Of the hour that a clock shows twice when daylight saving time ends, times that go back or repeat begin the second pass. Where one
    pass alone is written, it is the one that leaves the steps to its neighbours as even as the others; where neither does, it is the
    first, and a warning says so.

    Parameters
    ----------
    times : DatetimeIndex
        Naive, or with the zone that the file names.
    where : callable
        Place of a time in its file by position, for messages.

    Raises
    ------
    UserError
        If a time does not exist in the zone, or those of the hour that comes twice go back more than once.
    """
    local = device.time_zone  # by its name: pandas places a whole column a hundred times faster than by ZoneInfo
    if local is None:
        return times
    if times.tz is not None:
        return times.tz_convert(local)
    first = np.ones(len(times), dtype=bool)
    early = times.tz_localize(local, ambiguous=first, nonexistent="NaT")
    skipped = np.asarray(early.isna())
    if skipped.any():
        place = int(skipped.argmax())
        raise UserError(
            where(place), f"{times[place]} does not exist in {device.time_zone}, where the clocks went forward",
            "if the device's clock was not moved, give `time_zone` a fixed offset such as Etc/GMT-1",
        )  # fmt: skip
    ahead = np.asarray(times.tz_localize(local, ambiguous=~first).asi8 - early.asi8)  # by how much a time is later in the second pass
    edges = np.flatnonzero(np.diff(np.r_[False, ahead > 0, False]))
    for low, high in zip(edges[::2], edges[1::2], strict=True):
        steps = np.diff(times.asi8[low:high])
        if (steps < 0).sum() > 1:
            raise UserError(
                where(int(low)), f"{times[low]} occurs twice in {device.time_zone}, where the clocks went back, and the order does not "
                "tell which is meant", "if the device's clock was not moved, give `time_zone` a fixed offset such as Etc/GMT-1",
            )  # fmt: skip
        back = np.flatnonzero(steps < 0)
        second = int(low + back[0] + 1) if len(back) else _second(times.asi8, int(low), int(high), int(ahead[low]))
        if second is None:
            log.warning("%s: in the hour that comes twice in %s, taken as the first time", where(int(low)), device.time_zone)
            continue
        first[second:high] = False
    return times.tz_localize(local, ambiguous=first)


def _second(times: np.ndarray, low: int, high: int, ahead: int) -> int | None:
    """Where the second pass of an hour begins whose times, `low` to `high`, do not go back; None where the steps do not tell.

    The hour in between is part of one step: of a repeated time, or of that into the hour (all is second) or out of it (all is first).
    It is the step that becomes even by it, or was not even before; a record that begins or ends in the hour has no such step to break.
    """
    steps = np.diff(times)
    usual = np.delete(steps, [at for at in (low - 1, high - 1) if 0 <= at < len(steps)])
    usual = usual[usual > 0]
    if not len(usual):
        # two times that are one on the wall: both passes of an hourly clock
        return low + 1 if high - low == 2 and steps[low] == 0 else None
    cadence = np.median(usual)

    def spoilt(begin: int) -> int:
        if not 0 < begin < len(times):
            return 0
        before, after = (abs(step - cadence) > min(cadence, ahead) / 2 for step in (steps[begin - 1], steps[begin - 1] + ahead))
        return int(after) - int(before)

    repeats = (low + 1 + np.flatnonzero(steps[low : high - 1] == 0)).tolist()
    cost = {begin: spoilt(begin) for begin in (low, *repeats, high)}
    least = min(cost.values())
    best = [begin for begin, value in cost.items() if value == least]
    return best[0] if len(best) == 1 and least <= 0 else None


def rate(times: np.ndarray) -> float | None:
    """Sampling rate (Hz) of int64 nanoseconds (n_times,) in even steps, up to the rounding of written times; None where uneven.

    A rate or a step within 1e-4 of a whole number of Hz or seconds is that number: 128 Hz in milliseconds are steps of 7 and 8.
    """
    if len(times) < 3:
        return None
    step = (times[-1] - times[0]) / (len(times) - 1)
    # against the even grid, not step by step: errors of rounding do not add up, a missing sample does
    off = np.abs((times - times[0]) - np.arange(len(times)) * step)
    if step <= 0 or off.max() > min(0.3 * step, ROUNDING) or np.abs(np.diff(times) - step).max() > 0.3 * step:
        return None
    seconds = step / 1e9
    for exact in (1 / max(round(seconds), 1), float(max(round(1 / seconds), 1))):
        if abs(exact * seconds - 1) < 1e-4:
            return exact
    return 1 / seconds


def find(columns: Sequence[str], device: Device, path: object, usual: Sequence[tuple[str, ...]]) -> list[str]:
    """The columns that hold the time: those that the user names, or usual ones.

    Raises
    ------
    UserError
        If there are none.
    """
    if device.time is not None:
        wanted = [device.time] if isinstance(device.time, str) else list(device.time)
        for name in wanted:
            if name.strip() not in columns:
                raise UserError(path, f"no column '{name}' for `time`", f"it has: {', '.join(name for name in columns[:12] if name)}")
        return [name.strip() for name in wanted]
    plain = {"".join(filter(str.isalnum, name.casefold())): name for name in reversed(columns)}
    for names in usual:
        if all(name in plain for name in names):
            return [plain[name] for name in names]
    there = ", ".join(name for name in columns[:12] if name)
    raise UserError(path, "no column with the time", f"set `time` to one of: {there}; or `skip_rows` if the table begins further down")
