"""Nights of slow series: when sleep began and ended, how long it was and how much of it was spent awake, without a diary.

A night lasts from noon to noon and has one sleep period: the longest stretch of rest. Stretches of half an hour and more, less than an
hour apart, are one (van Hees et al. 2018). When someone went to bed cannot be told from movement. What is rest is told by turns of the
arm (the same), or of counts by their daily level (Roenneberg et al. 2015).
"""

from __future__ import annotations

import numpy as np

from mmomics.signals import _rhythm
from mmomics.signals._stretches import long_runs, runs
from mmomics.signals.contract import Feature

HEES = "doi:10.1038/s41598-018-31266-z"  # van Hees et al. 2018: the sleep period without a diary
ROENNEBERG = "doi:10.1016/bs.mie.2014.11.028"  # Roenneberg et al. 2015: rest is below a share of the day's level
BIN, LEVEL = 10, 0.15  # minutes that are looked at together, and their share of the mean of the 24 hours around
REST, APART = 30, 60  # minutes
NOON = 720  # minute of the day
KNOWN = 0.9  # share of the period, and of the hours before and after it, that must be known: else it may have begun or ended elsewhere
NAMES = ("sleep_onset", "sleep_offset", "sleep_period", "total_sleep", "waso", "sleep_efficiency")


def features(period: str, scored: str) -> tuple[Feature, ...]:
    """What `told` says, where `period` is the reference of what is rest and `scored` of what is asleep."""
    return (
        Feature("sleep_onset", "h", "When sleep begins, from midnight (-12..12), mean of the nights; missing without a clock", period),
        Feature("sleep_offset", "h", "Clock time of the last waking up (0..24), mean of the nights; missing without a clock", period),
        Feature("sleep_period", "min", "From falling asleep to the last waking up, mean of the nights", period),
        Feature("total_sleep", "min", "Time scored as asleep in it", scored),
        Feature("waso", "min", "Time scored as awake in it", scored),
        Feature("sleep_efficiency", "", "Time asleep over the sleep period (0..1); time in bed is not known", scored),
    )


def quiet(values: np.ndarray) -> np.ndarray:
    """Minutes in whose ten the mean is below 15 % of that of the 24 hours around: bool (n_minutes,); NaN is not known."""
    count, total = (np.append(0.0, np.cumsum(each)) for each in (~np.isnan(values), np.nan_to_num(values)))
    place = np.arange(len(values))

    def around(width: int) -> tuple[np.ndarray, np.ndarray]:
        low, high = np.maximum(place - width // 2, 0), np.minimum(place + (width + 1) // 2, len(values))
        return count[high] - count[low], total[high] - total[low]

    (n, near), (n_day, day) = around(BIN), around(_rhythm.MINUTES)
    return (n > 0) & (near * n_day < LEVEL * day * n)


def number(minute_of_day: np.ndarray) -> np.ndarray:
    """The night that every minute belongs to: int (n_minutes,), counted from 0 and changing at noon."""
    since_noon = (minute_of_day - NOON) % _rhythm.MINUTES
    return np.cumsum(np.diff(since_noon, prepend=since_noon[:1]) < -NOON)  # clocks that go back do so by less


def told(rest: np.ndarray, asleep: np.ndarray, known: np.ndarray, minute_of_day: np.ndarray, least: float) -> dict[str, float]:
    """Means over the nights that were recorded.

    Parameters
    ----------
    rest, asleep, known : array of bool (n_minutes,)
        Minutes that may belong to a sleep period, that are scored as asleep, and that were recorded and worn.
    minute_of_day : array of int (n_minutes,)
        0..1439 on the wall clock.
    least : float
        Hours of the 24 that must be known for a night to count.

    Returns
    -------
    dict
        By `NAMES`; NaN where no night counts. Clock times are circular means, so that sleep may begin before and after noon.
    """
    nights = [found for period in _periods(rest & known, number(minute_of_day), known, least) if (found := _night(period, asleep, known))]
    if not nights:
        return dict.fromkeys(NAMES, np.nan)
    first, last, period, slept, awake = np.array(nights, dtype=float).T
    onset = _clock(minute_of_day[first.astype(int)])
    offset = _clock(minute_of_day[last.astype(int) - 1] + 1)
    means = ((onset + 12) % 24 - 12, offset, period.mean(), slept.mean(), awake.mean(), (slept / period).mean())
    return dict(zip(NAMES, map(float, means), strict=True))


def _periods(rest: np.ndarray, night: np.ndarray, known: np.ndarray, least: float) -> list[tuple[int, int]]:
    """The longest stretch of rest of each night of which enough is known: first minute and the one after the last."""
    still = long_runs(rest, REST)
    gaps = runs(~still)
    for first, last in gaps[gaps[:, 1] - gaps[:, 0] < APART]:
        still[first:last] = first > 0 and last < len(still)
    found = runs(still)
    if not len(found):
        return []
    of = night[found.sum(axis=1) // 2]  # by its middle
    enough = np.bincount(night, weights=known) >= least * 60
    longest: dict[int, tuple[int, int]] = {}
    for which, (first, last) in zip(of.tolist(), found.tolist(), strict=True):
        if enough[which] and last - first > np.subtract(*longest.get(which, (0, 0))[::-1]):
            longest[which] = (first, last)
    return list(longest.values())


def _night(period: tuple[int, int], asleep: np.ndarray, known: np.ndarray) -> tuple[int, int, int, float, float] | None:
    """Onset, offset (minutes of the series), and minutes of the period, asleep and awake; None where too little is known."""
    low, high = max(period[0] - BIN // 2, 0), period[1] + BIN // 2  # means over minutes have blunted its ends
    inside = np.flatnonzero(asleep[low:high])
    if not len(inside):
        return None
    first, last = low + int(inside[0]), low + int(inside[-1]) + 1
    for start, stop in ((first - APART, first), (first, last), (last, last + APART)):
        if start < 0 or known[start:stop].sum() < KNOWN * (stop - start):  # one that reaches beyond the record is not known either
            return None
    n = last - first
    slept = n * asleep[first:last].sum() / known[first:last].sum()  # what is not known is as the rest of the night
    return first, last, n, slept, n - slept


def _clock(minute: np.ndarray) -> float:
    """Circular mean of clock times (minutes), in hours: 0..24."""
    angle = 2 * np.pi * np.asarray(minute, dtype=float) / _rhythm.MINUTES
    return float(round(np.arctan2(np.sin(angle).mean(), np.cos(angle).mean()) / (2 * np.pi) * 24, 9) % 24)
