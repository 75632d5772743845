"""Heart rate of wearables: days of known level, rest, dip and peak."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmomics.devices.record import Record
from mmomics.signals import heart_rate

PARAMS = heart_rate.Params()
START = pd.Timestamp("2024-05-06")


def told(values, step=60.0, start=START, times=None):
    values = np.asarray(values, dtype=np.float32)[:, None]
    return heart_rate.features(Record(values, ("heart_rate",), ("bpm",), None if times is not None else 1 / step, times, start), PARAMS)


def days(n=4):
    hour = np.arange(n * 1440) / 60 % 24
    return np.where(hour < 6, 52.0, np.where((hour >= 17) & (hour < 18), 140, 70)), hour


def test_a_day_of_three_levels():
    values, _ = days()
    found = told(values)
    assert found["mean"] == pytest.approx(values.mean()) and found["sd"] == pytest.approx(values.std(ddof=1))
    assert (found["low"], found["high"], found["resting"]) == (52, 140, 52)
    assert found["night_mean"] == pytest.approx(52) and found["day_mean"] == pytest.approx((17 * 70 + 140) / 18)
    assert found["night_dip"] == pytest.approx(1 - 52 / ((17 * 70 + 140) / 18))
    changes = np.diff(values)
    assert found["rmssd_minutes"] == pytest.approx(np.sqrt((changes**2).mean()))


def test_rest_is_not_a_dropped_beat_or_two():
    values, _ = days()
    values[::97] = 30
    found = told(values)
    assert found["resting"] > 50 and found["low"] == 30


@pytest.mark.parametrize("step", [5, 60, 300, 900])
def test_any_cadence_finds_the_rhythm(step):
    hour = np.arange(0, 5 * 86400, step) / 3600
    found = told(70 + 12 * np.cos(2 * np.pi * (hour - 16) / 24), step=step)
    assert found["mesor"] == pytest.approx(70, abs=0.05) and found["amplitude"] == pytest.approx(12, abs=0.05)
    assert found["acrophase"] == pytest.approx(16, abs=0.15) and found["rhythm_r2"] > 0.999


def test_steps_are_between_readings_however_rare_they_are():
    rng = np.random.default_rng(0)
    readings = 70 + rng.normal(0, 5, 1000).round()
    assert told(readings, step=300)["rmssd_minutes"] == pytest.approx(np.sqrt((np.diff(readings) ** 2).mean()), rel=1e-3)


def test_readings_within_a_minute_are_averaged():
    rng = np.random.default_rng(1)
    fast = rng.normal(70, 5, 3 * 1440 * 12)
    by_minute = fast.reshape(-1, 12).mean(1)
    found = told(fast, step=5)
    assert found["sd"] == pytest.approx(by_minute.std(ddof=1), rel=1e-4)
    assert found["resting"] == pytest.approx(pd.Series(by_minute).rolling(30).mean().quantile(0.05), rel=1e-4)


def test_rest_is_not_told_from_a_few_half_hours():
    values, hour = days(2)
    values = np.where(hour < 23.5, np.nan, values)  # two evenings of half an hour, and every third minute of a morning
    values[:300] = np.where(np.arange(300) % 3, np.nan, 60)
    found = told(values)
    assert np.isnan(found["resting"]) and found["mean"] > 60


def test_gaps_are_gaps():
    values, hour = days(6)
    holes = np.where((hour > 9) & (hour < 15), np.nan, values)
    found = told(holes)
    assert found["night_mean"] == pytest.approx(52) and found["mean"] == pytest.approx(np.nanmean(holes))
    kept = ~np.isnan(holes)
    irregular = told(holes[kept], times=np.flatnonzero(kept) * 60.0)
    assert irregular == pytest.approx(found)


def test_without_a_clock_levels_are_told_and_nights_are_not():
    found = told(days()[0], start=None)
    missing = {name for name, value in found.items() if np.isnan(value)}
    assert missing == {"day_mean", "night_mean", "night_dip", "acrophase"}


def test_two_hours_are_needed():
    assert np.isnan(list(told(np.full(119, 70.0)).values())).all()
    assert told(np.full(120, 70.0))["mean"] == 70


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**16), st.integers(0, 10**6), st.floats(0, 0.6))
def test_when_and_how_often_change_no_level(seed, seconds, gaps):
    rng = np.random.default_rng(seed)
    values = 70 + np.cumsum(rng.normal(0, 1, 4320)) / 5
    values[rng.random(4320) < gaps] = np.nan
    base, later, twice = told(values), told(values, start=START + pd.Timedelta(seconds=seconds)), told(np.tile(values, 2))
    for name in ("mean", "sd", "low", "high", "resting", "rmssd_minutes"):
        assert later[name] == pytest.approx(base[name], rel=1e-6, nan_ok=True)
    assert base["low"] <= base["mean"] <= base["high"]
    if gaps < 0.3:  # of a record mostly of gaps the half hours that are whole may all be of one time of day
        assert base["low"] <= base["resting"] <= base["mean"]
    for name in ("mean", "mesor", "amplitude", "acrophase", "night_mean", "low", "high"):
        assert twice[name] == pytest.approx(base[name], rel=1e-3)
