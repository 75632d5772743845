"""Times as tables write them: ISO 8601, a format, or numbers."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from datetime import tzinfo

import numpy as np
import pandas as pd

from mmomics.config.modality import Device
from mmomics.devices import _formats
from mmomics.errors import UserError

UNITS = {"d": 86400 * 10**9, "h": 3600 * 10**9, "min": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}  # nanoseconds of one
# numbers this large are of the years 1973 to 2286, counted in this unit since 1970; smaller ones are seconds since the device began
EPOCHS = (("s", 1e8, 1e10), ("ms", 1e11, 1e13), ("us", 1e14, 1e16), ("ns", 1e17, 1e19))
SERIAL = (34_700.0, 60_300.0)  # days since 1899-12-30: 1995 to 2064
ROUNDED = re.compile(r"\d(?:[.,](\d+))?[eE]\+?(\d{1,2})")  # its decimals, and by how many digits the sign is moved
CADENCES = (1 / 12, 1 / 6, 0.25, 0.5, 1, 2, 3, 4, 5, 10, 15, 20, 30, 60)  # minutes
EXAMPLE = "as '%d/%m/%Y %H:%M' reads 31/12/2024 08:30"
OFFSET = r"(?:Z|\+\d\d:?(?:\d\d)?|[T ]\d.*-\d\d:?(?:\d\d)?)$"  # a minus may also stand in a date


def parse(cells: pd.Series, device: Device, where: Callable[[int], str]) -> tuple[np.ndarray, str]:
    """Nanoseconds of every cell, int64 (n_cells,), and their clock as in `_series.Rows`.

    Parameters
    ----------
    cells : Series (n_cells,)
        Text, numbers or datetimes; none missing.
    device : Device
        `time_format` is a format as of `strptime`, or the unit of numbers: d, h, min, s, ms, us or ns.
    where : callable
        Place of a cell in its file, for messages.

    Raises
    ------
    UserError
        If a cell is no time of the expected kind.
    """
    import pyarrow as pa
    from pyarrow import compute as pc

    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        return cells.dt.tz_convert("UTC").dt.as_unit("ns").astype("int64").to_numpy(), "utc"
    if pd.api.types.is_datetime64_dtype(cells.dtype):
        return cells.dt.as_unit("ns").astype("int64").to_numpy(), "local"
    form = device.time_format
    if form and dateless(form):
        cure = "name the columns of both in `time: [date, time]`, and their format together"
        raise UserError(where(0), f"`time_format: {form}` reads no date with its year", cure)
    if form and (slip := half_day(form)):
        raise UserError(where(0), f"`time_format: {form}` {slip[0]}", slip[1])
    if (form is None or form in UNITS) and pd.notna(pd.to_numeric(cells.iloc[:1], errors="coerce")).all():  # one tells of most columns
        numbers = pd.to_numeric(cells, errors="coerce")
        if numbers.notna().all():
            return _numbers(numbers, form, where, str(cells.iloc[0]).strip())
    packed = pc.utf8_trim_whitespace(pa.array(cells.astype(str), pa.string()))
    text = pd.Series(packed.to_numpy(zero_copy_only=False), dtype=object)
    named = np.full(len(text), "%z" in form or "%Z" in form) if form else pc.match_substring_regex(packed, OFFSET).to_numpy(False)
    zoned = bool(named[0])
    if (named != zoned).any():
        raise UserError(where(int((named != zoned).argmax())), "only some times name their offset from UTC", "write it in all or none")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of offsets that only pandas takes for some: what it gives then is no time to us
        found = pd.to_datetime(text, format=form if form and form not in UNITS else "ISO8601", errors="coerce", utc=zoned)
    wrong = np.asarray(found.isna()) if found.dtype != object else np.ones(len(found), dtype=bool)
    if wrong.any():
        place, key, fits = int(wrong.argmax()), "`time_format`", _formats.cure(text, "time_format")
        raise UserError(
            where(place), f"'{text.iloc[place][:40]}' is not a time " + (f"of the format '{form}'" if form else "of ISO 8601"),
            ", or ".join(filter(None, ["mend it" if place else "", fits])) or (f"mend {key}" if form else f"set {key}, {EXAMPLE}"),
        )  # fmt: skip
    return found.dt.as_unit("ns").astype("int64").to_numpy(), "utc" if zoned else "local"


def dateless(form: str) -> bool:
    """Whether a format of `strptime` leaves out the year or the day, so that every time would be of 1900."""
    return form not in UNITS and not (re.search("%[cx]", form) or (re.search("%[YyG]", form) and re.search("%[djuwaA]", form)))


def half_day(form: str) -> tuple[str, str] | None:
    """What is wrong with a format whose hours and AM or PM do not go together, and its cure: half a day would be lost unseen."""
    parts = set(re.findall("%.", form))
    if "%p" in parts and "%I" not in parts:
        return "reads AM or PM (%p) without hours that count to 12 (%I), so that 8 PM would be 08:00", "write %I for %H"
    if "%I" in parts and "%p" not in parts:
        return "counts hours to 12 (%I) and reads no AM or PM (%p), so that 12:30 would be 00:30", "add %p, or write %H for %I"
    return None


def offset(cells: pd.Series, device: Device) -> tzinfo | None:
    """The zone of a column of such times, or else the offset from UTC that the first cell names, for all of them.

    It is the clock by which night is told from day, unless `time_zone` says more; an offset that changes with daylight saving time does
    not say on which date. UTC where the cells are in UTC (`Z`, seconds since 1970), and None where they name no zone.
    """
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        return cells.dtype.tz
    form = device.time_format if device.time_format not in UNITS else None
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return None
    found = pd.to_datetime(str(cells.iloc[0]).strip(), format=form or "ISO8601", errors="coerce")
    return None if pd.isna(found) else found.tzinfo


def _numbers(numbers: pd.Series, unit: str | None, where: Callable[[int], str], first: str) -> tuple[np.ndarray, str]:
    values = numbers.to_numpy()
    wrong = ~np.isfinite(values) if values.dtype.kind == "f" else np.zeros(len(values), dtype=bool)
    if wrong.any():
        raise UserError(where(int(wrong.argmax())), "has an infinite time", "mend it")
    if unit is None and _serial(values.astype(float)):
        day = pd.Timestamp("1899-12-30") + pd.Timedelta(float(values[0]), unit="d")
        raise UserError(
            where(0), f"{values[0]:.6f} looks like the number by which a spreadsheet stores {day.round('s')}",
            "save the column as text such as 2024-03-31 08:30, or set `time_format` to the unit of these numbers (s, d)",
        )  # fmt: skip
    largest = float(np.abs(values.astype(float)).max())
    clock = "none"
    for name, low, high in EPOCHS:
        if low <= largest < high and unit in (None, name):
            unit, clock = name, "utc"
            break
    else:
        if (unit is None and largest >= EPOCHS[0][1]) or largest * UNITS[unit or "s"] >= 2**63:
            raise UserError(
                where(int(np.abs(values.astype(float)).argmax())), f"{largest:.0f} is no number of seconds, ms, us or ns since 1970",
                "set `time_format`, such as %Y%m%d%H%M%S",
            )  # fmt: skip
    factor = UNITS[unit or "s"]
    lost = ROUNDED.fullmatch(first)
    step = 10 ** (int(lost[2]) - len(lost[1] or "")) * factor / 10**9 if lost else 0
    if clock == "utc" and step > 1:
        cure = "export it anew, or format the column as whole numbers before it is saved as text"
        raise UserError(where(0), f"'{first}' is a time rounded to {step:g} s, as spreadsheets show long numbers", cure)
    if values.dtype.kind in "iu":
        return values.astype(np.int64) * factor, clock
    return np.round(values * factor).astype(np.int64), clock


def _serial(values: np.ndarray) -> bool:
    """Whether numbers are days since 1899-12-30, as spreadsheets store times: whole seconds, in steps that are usual of devices."""
    if len(values) < 2 or values.min() < SERIAL[0] or values.max() > SERIAL[1]:
        return False
    seconds, step = values * 86400, float(np.median(np.abs(np.diff(values)))) * 1440
    return bool((np.abs(seconds - np.round(seconds)) < 0.06).all()) and any(abs(step - each) < 0.01 * each for each in CADENCES)
