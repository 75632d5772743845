"""Daily rhythms of slow series: one value per minute, the cosinor, the most and least active hours, day to day regularity."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmomics.devices.record import Record

MINUTE = 60.0
MINUTES = 1440  # of a day
CORNELISSEN = "doi:10.1186/1742-4682-11-16"
WITTING = "doi:10.1016/0006-3223(90)90523-5"


def cadence(record: Record) -> int:
    """Minutes that a reading stands for: the step of the record, at least one and at most an hour."""
    return int(np.clip(round(1 / record.rate / MINUTE), 1, 60))


def minutes(record: Record, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A series as one value per minute of the clock.

    Parameters
    ----------
    record : Record
        Its clock; one without a clock counts from midnight.
    values : array (n_times,)
        What is not finite is a gap.

    Returns
    -------
    mean : array, float64 (n_minutes,)
        Mean of the readings of each minute from the first to the last, NaN where there is none. A reading that comes more rarely
        than once a minute stands for the minutes until the next one is due (`cadence`). Of a gap of two days and more whole days are
        left out, so that a year without readings costs no memory.
    minute_of_day : array of int (n_minutes,)
        0..1439 on the wall clock of the record's time zone.
    """
    seen = np.isfinite(values)
    if not seen.any():
        return np.empty(0), np.empty(0, dtype=int)
    start = record.start if record.start is not None else pd.Timestamp(0)
    # zones differ by whole minutes, so seconds of the clock are those of UTC
    place = ((record.seconds[seen] + start.second + start.microsecond / 1e6 + 1e-6) // MINUTE).astype(np.int64)
    skipped = np.maximum(np.diff(place, prepend=place[0]) // MINUTES - 1, 0) * MINUTES
    dense = place - place[0] - np.cumsum(skipped)
    n = int(dense[-1]) + 1
    count = np.bincount(dense, minlength=n)
    mean = _over(np.bincount(dense, weights=np.asarray(values)[seen], minlength=n), count)
    step = cadence(record)
    if step > 1:
        last = np.maximum.accumulate(np.where(count > 0, np.arange(n), 0))
        mean = np.where(np.arange(n) - last < step, mean[last], np.nan)
        longer = min(step, MINUTES) - 1  # the last reading stands for as long as any other
        mean, n = np.concatenate([mean, np.full(longer, mean[-1])]), n + longer
    after = np.zeros(n, dtype=np.int64)
    after[dense[skipped > 0]] = skipped[skipped > 0]
    after = place[0] + np.arange(n) + np.cumsum(after)  # minutes after that of the start
    if start.tzinfo is None:
        return mean, (start.hour * 60 + start.minute + after) % MINUTES
    utc = start.tz_convert("UTC").floor("min")
    return mean, of_day((utc + pd.to_timedelta(after, unit="min")).tz_convert(start.tzinfo))  # clocks go to summer time and back


def of_day(clock: pd.DatetimeIndex) -> np.ndarray:
    """Minute of the wall clock: int (n_times,), 0..1439."""
    return (clock.hour.to_numpy() * 60 + clock.minute.to_numpy()).astype(np.int64)


def cosinor(values: np.ndarray, minute_of_day: np.ndarray) -> dict[str, float]:
    """Least-squares fit of a daily cosine (Cornelissen 2014, doi:10.1186/1742-4682-11-16).

    Returns
    -------
    dict
        mesor (the rhythm's mean), amplitude (>= 0), acrophase (h, clock time of the peak, 0..24), rhythm_r2 (share of the variance,
        0..1). NaN unless the readings cover at least a day and all quarters of it; a constant has no peak and no variance to explain.
    """
    out = dict.fromkeys(("mesor", "amplitude", "acrophase", "rhythm_r2"), np.nan)
    seen = ~np.isnan(values)
    quarters = np.bincount(minute_of_day[seen] // (MINUTES // 4), minlength=4)
    if seen.sum() < MINUTES // 2 or quarters.min() < 30 or len(values) < MINUTES:
        return out
    y = values[seen]
    if not np.ptp(y) > 0:
        return out | {"mesor": float(y[0]), "amplitude": 0.0}
    angle = 2 * np.pi * minute_of_day[seen] / MINUTES
    design = np.column_stack([np.ones(len(y)), np.cos(angle), np.sin(angle)])
    # normal equations: three well-conditioned columns, and much faster than an orthogonal factorisation of thousands of rows
    centre = y.mean()
    coefficients = np.linalg.solve(design.T @ design, design.T @ (y - centre))
    residual = y - centre - design @ coefficients
    mesor, cos, sin = coefficients
    return {
        "mesor": float(mesor + centre),
        "amplitude": float(np.hypot(cos, sin)),
        "acrophase": float(np.arctan2(sin, cos) / (2 * np.pi) * 24 % 24),
        "rhythm_r2": float(np.clip(1 - (residual**2).sum() / ((y - centre) ** 2).sum(), 0, 1)),
    }


def profile(values: np.ndarray, minute_of_day: np.ndarray) -> np.ndarray:
    """Mean of each minute of the day over the days, float64 (1440,); NaN where none has it."""
    seen = ~np.isnan(values)
    count = np.bincount(minute_of_day[seen], minlength=MINUTES)
    return _over(np.bincount(minute_of_day[seen], weights=values[seen], minlength=MINUTES), count)


def most_and_least(values: np.ndarray, minute_of_day: np.ndarray) -> dict[str, float]:
    """The ten most and five least active hours of the average day (Witting 1990, doi:10.1016/0006-3223(90)90523-5).

    Returns
    -------
    dict
        m10 and l5 (mean level), m10_onset (h, clock time, 0..24), l5_onset (h from midnight, -12..12, so that who goes to rest just
        before midnight and who just after it are neighbours), relative_amplitude ((m10 - l5) / (m10 + l5), 0..1 for values >= 0).
        NaN where a tenth of the average day was never recorded; a constant has no onsets.
    """
    out = dict.fromkeys(("m10", "l5", "m10_onset", "l5_onset", "relative_amplitude"), np.nan)
    day = profile(values, minute_of_day)
    gaps = np.isnan(day)
    if gaps.mean() > 0.1:
        return out
    if gaps.any():
        at = np.flatnonzero(~gaps)
        day = np.interp(np.arange(MINUTES), at, day[at], period=MINUTES)
    cumulative = np.concatenate([[0.0], np.cumsum(np.concatenate([day, day]))])
    onset = {}
    for name, n_hours, pick in (("m10", 10, np.argmax), ("l5", 5, np.argmin)):
        width = n_hours * 60
        means = (cumulative[width : width + MINUTES] - cumulative[:MINUTES]) / width
        onset[name] = int(pick(means))
        out[name] = float(means[onset[name]])
    if np.ptp(day) > 0:
        out |= {"m10_onset": onset["m10"] / 60, "l5_onset": (onset["l5"] / 60 + 12) % 24 - 12}
    total = out["m10"] + out["l5"]
    out["relative_amplitude"] = (out["m10"] - out["l5"]) / total if total > 0 else np.nan
    return out


def daily(record: Record, values: np.ndarray, minute_of_day: np.ndarray) -> dict[str, float]:
    """What `most_and_least` and `cosinor` say; without a clock, levels but no clock times."""
    out = most_and_least(values, minute_of_day) | cosinor(values, minute_of_day)
    return out if record.start is not None else out | dict.fromkeys(("m10_onset", "l5_onset", "acrophase"), np.nan)


def hourly(values: np.ndarray, minute_of_day: np.ndarray, least: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Means of whole clock hours and their hour of day; NaN where fewer than `least` minutes were recorded."""
    if not len(values):
        return np.empty(0), np.empty(0, dtype=int)
    before = minute_of_day[0] % 60
    place = (before + np.arange(len(values))) // 60
    seen = ~np.isnan(values)
    count = np.bincount(place[seen], minlength=place[-1] + 1)
    total = np.bincount(place[seen], weights=values[seen], minlength=place[-1] + 1)
    means = np.where(count >= least, _over(total, count), np.nan)
    return means, minute_of_day[np.maximum(np.arange(len(means)) * 60 - before, 0)] // 60


def regularity(values: np.ndarray, minute_of_day: np.ndarray) -> dict[str, float]:
    """Interdaily stability and intradaily variability of hourly means (Witting 1990, doi:10.1016/0006-3223(90)90523-5).

    Returns
    -------
    dict
        interdaily_stability (0 no rhythm .. 1 every day the same; at least two days) and intradaily_variability (0 a smooth rhythm,
        near 2 noise, 4 up and down every other hour). NaN where the series is too short or constant.
    """
    hours, of_day = hourly(values, minute_of_day)
    seen = ~np.isnan(hours)
    out = {"interdaily_stability": np.nan, "intradaily_variability": np.nan}
    if seen.sum() < 24 or not np.ptp(hours[seen]) > 0:
        return out
    x = hours[seen]
    variance = ((x - x.mean()) ** 2).mean()
    if not variance > 1e-24 * (x**2).mean():  # rounding of means
        return out
    if len(x) >= 48:
        count = np.bincount(of_day[seen], minlength=24)
        means = _over(np.bincount(of_day[seen], weights=x, minlength=24), count)[count > 0]
        out["interdaily_stability"] = float((count[count > 0] * (means - x.mean()) ** 2).sum() / len(x) / variance)
    steps = np.diff(hours)
    steps = steps[~np.isnan(steps)]
    if len(steps):
        out["intradaily_variability"] = float((steps**2).mean() / variance)
    return out


def windowed(values: np.ndarray, width: int, least: int) -> np.ndarray:
    """Means over every stretch of `width` minutes that holds at least `least` readings: array (n_stretches,)."""
    if len(values) < width:
        return np.empty(0)
    seen = ~np.isnan(values)
    count = np.cumsum(np.concatenate([[0], seen]))
    total = np.cumsum(np.concatenate([[0.0], np.where(seen, values, 0.0)]))
    n, sums = count[width:] - count[:-width], total[width:] - total[:-width]
    return sums[n >= least] / n[n >= least]


def day_and_night(record: Record, values: np.ndarray, minute_of_day: np.ndarray, night_end: float) -> dict[str, float]:
    """Means of the night (midnight to `night_end`, h) and of the rest of the day; NaN without readings or without a clock."""
    seen = ~np.isnan(values) & (record.start is not None)
    night = minute_of_day < night_end * 60
    means = {"day_mean": values[seen & ~night], "night_mean": values[seen & night]}
    return {name: float(part.mean()) if len(part) else np.nan for name, part in means.items()}


def _over(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
