"""Daily rhythms of slow series: one value per minute, the cosinor, the most and least active hours, day to day regularity."""

from __future__ import annotations

import numpy as np

from mmomics.devices.record import Record

MINUTE = 60.0
MINUTES = 1440  # of a day
CORNELISSEN = "doi:10.1186/1742-4682-11-16"
WITTING = "doi:10.1016/0006-3223(90)90523-5"


def minutes(record: Record, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A series as one value per minute of the clock.

    Parameters
    ----------
    record : Record
        Its clock; one without a clock counts from midnight.
    values : array (n_times,)
        NaN = gap.

    Returns
    -------
    mean : array, float64 (n_minutes,)
        Mean of the readings of each minute from the first to the last, NaN where there is none. A reading that comes more rarely
        than once a minute stands for the minutes until the next one is due.
    minute_of_day : array of int (n_minutes,)
        0..1439 on the wall clock of the record's time zone.
    """
    if not len(record) or np.isnan(values).all():
        return np.empty(0), np.empty(0, dtype=int)
    clock = record.clock
    start = (clock[0].hour * 60 + clock[0].minute) * MINUTE + clock[0].second
    place = ((record.seconds - record.seconds[0] + start % MINUTE) // MINUTE).astype(np.int64)
    seen = ~np.isnan(values)
    n = int(place[-1]) + 1
    count = np.bincount(place[seen], minlength=n)
    total = np.bincount(place[seen], weights=values[seen].astype(float), minlength=n)
    with np.errstate(invalid="ignore"):
        mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    step = round(1 / record.rate / MINUTE)
    if step > 1:  # carry a reading to the minutes before the next one is due
        last = np.where(count > 0, np.arange(n), -1)
        last = np.maximum.accumulate(last)
        due = (last >= 0) & (np.arange(n) - last < step)
        mean = np.where(due, mean[np.maximum(last, 0)], np.nan)
    return mean, (int(start // MINUTE) + np.arange(n)) % MINUTES


def cosinor(values: np.ndarray, minute_of_day: np.ndarray) -> dict[str, float]:
    """Least-squares fit of a daily cosine (Cornelissen 2014, doi:10.1186/1742-4682-11-16).

    Returns
    -------
    dict
        mesor (the rhythm's mean), amplitude (>= 0), acrophase (h, clock time of the peak, 0..24), rhythm_r2 (share of the variance,
        0..1). NaN unless the readings cover at least a day and all quarters of it.
    """
    out = dict.fromkeys(("mesor", "amplitude", "acrophase", "rhythm_r2"), np.nan)
    seen = ~np.isnan(values)
    quarters = np.bincount(minute_of_day[seen] // (MINUTES // 4), minlength=4)
    if seen.sum() < MINUTES // 2 or quarters.min() < 30 or len(values) < MINUTES:
        return out
    angle = 2 * np.pi * minute_of_day[seen] / MINUTES
    design = np.column_stack([np.ones(seen.sum()), np.cos(angle), np.sin(angle)])
    y = values[seen]
    (mesor, cos, sin), *_ = np.linalg.lstsq(design, y, rcond=None)
    out |= {"mesor": mesor, "amplitude": float(np.hypot(cos, sin)), "acrophase": float(np.arctan2(sin, cos) / (2 * np.pi) * 24 % 24)}
    variance = float(((y - y.mean()) ** 2).sum())
    residual = y - design @ np.array([mesor, cos, sin])
    out["rhythm_r2"] = 1 - float((residual**2).sum()) / variance if variance > 0 else np.nan
    if not variance > 0:
        out["acrophase"] = np.nan
    return {name: float(value) for name, value in out.items()}


def profile(values: np.ndarray, minute_of_day: np.ndarray) -> np.ndarray:
    """Mean of each minute of the day over the days, float64 (1440,); NaN where none has it."""
    seen = ~np.isnan(values)
    count = np.bincount(minute_of_day[seen], minlength=MINUTES)
    total = np.bincount(minute_of_day[seen], weights=values[seen], minlength=MINUTES)
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def most_and_least(values: np.ndarray, minute_of_day: np.ndarray) -> dict[str, float]:
    """The ten most and five least active hours of the average day (Witting 1990, doi:10.1016/0006-3223(90)90523-5).

    Returns
    -------
    dict
        m10 and l5 (mean level), m10_onset and l5_onset (h, clock time), relative_amplitude ((m10 - l5) / (m10 + l5), 0..1 for values
        >= 0). NaN where a tenth of the average day was never recorded.
    """
    out = dict.fromkeys(("m10", "l5", "m10_onset", "l5_onset", "relative_amplitude"), np.nan)
    day = profile(values, minute_of_day)
    if np.isnan(day).mean() > 0.1:
        return out
    gaps = np.isnan(day)
    if gaps.any():
        at = np.flatnonzero(~gaps)
        day = np.interp(np.arange(MINUTES), at, day[at], period=MINUTES)
    turns = np.concatenate([day, day])
    cumulative = np.concatenate([[0.0], np.cumsum(turns)])
    for name, n_hours, pick in (("m10", 10, np.argmax), ("l5", 5, np.argmin)):
        width = n_hours * 60
        means = (cumulative[width : width + MINUTES] - cumulative[:MINUTES]) / width
        onset = int(pick(means))
        out[name], out[f"{name}_onset"] = float(means[onset]), onset / 60
    total = out["m10"] + out["l5"]
    out["relative_amplitude"] = (out["m10"] - out["l5"]) / total if total > 0 else np.nan
    return out


def hourly(values: np.ndarray, minute_of_day: np.ndarray, least: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Means of whole clock hours and their hour of day; NaN where fewer than `least` minutes were recorded."""
    if not len(values):
        return np.empty(0), np.empty(0, dtype=int)
    place = (minute_of_day[0] % 60 + np.arange(len(values))) // 60
    seen = ~np.isnan(values)
    count = np.bincount(place[seen], minlength=place[-1] + 1)
    total = np.bincount(place[seen], weights=values[seen], minlength=place[-1] + 1)
    with np.errstate(invalid="ignore"):
        means = np.where(count >= least, total / np.maximum(count, 1), np.nan)
    return means, (minute_of_day[0] // 60 + np.arange(len(means))) % 24


def regularity(values: np.ndarray, minute_of_day: np.ndarray) -> dict[str, float]:
    """Interdaily stability and intradaily variability of hourly means (Witting 1990, doi:10.1016/0006-3223(90)90523-5).

    Returns
    -------
    dict
        interdaily_stability (0 no rhythm .. 1 every day the same; at least two days) and intradaily_variability (0 a smooth rhythm,
        near 2 noise). NaN where the series is too short or constant.
    """
    hours, of_day = hourly(values, minute_of_day)
    seen = ~np.isnan(hours)
    out = {"interdaily_stability": np.nan, "intradaily_variability": np.nan}
    if seen.sum() < 24 or not np.ptp(hours[seen]) > 0:
        return out
    x = hours[seen]
    variance = ((x - x.mean()) ** 2).mean()
    if seen.sum() >= 48:
        count = np.bincount(of_day[seen], minlength=24)
        means = np.bincount(of_day[seen], weights=x, minlength=24) / np.maximum(count, 1)
        out["interdaily_stability"] = float((count * (means - x.mean()) ** 2).sum() / len(x) / variance)
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


def day_and_night(values: np.ndarray, minute_of_day: np.ndarray, night_end: float) -> dict[str, float]:
    """Means of the night (midnight to `night_end`, h) and of the rest of the day; NaN without readings."""
    seen = ~np.isnan(values)
    night = minute_of_day < night_end * 60
    means = {"day_mean": values[seen & ~night], "night_mean": values[seen & night]}
    return {name: float(part.mean()) if len(part) else np.nan for name, part in means.items()}
