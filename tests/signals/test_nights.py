"""Nights: planted sleep is found within minutes, over changes of the clock too, and is never made of what is missing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmomics.devices.record import Record
from mmomics.signals import _nights, accelerometer, activity

START = pd.Timestamp("2024-05-06 12:00")
COUNTS, FORCE = activity.Params(), accelerometer.Params()
WAKES = ((60, 10), (200, 15), (330, 5))  # minutes after falling asleep, and how long
FS = 1.0  # of raw acceleration


def schedule(days=4, onset=23 * 60, length=480, wakes=WAKES, start=720):
    """Whether each minute is asleep: every night of `days`, from `start` minutes after midnight to the last midnight."""
    asleep = np.zeros((days + 1) * 1440, dtype=bool)
    for day in range(-1, days + 1):
        low = day * 1440 + onset
        asleep[max(low, 0) : max(low + length, 0)] = True
        for after, minutes in wakes:
            asleep[max(low + after, 0) : max(low + after + minutes, 0)] = False
    return asleep[start : days * 1440]


def counted(asleep, start=START, seed=0):
    rng = np.random.default_rng(seed)
    counts = np.where(asleep, rng.random(len(asleep)) < 0.1, 20 + rng.gamma(2, 150, len(asleep)))
    return Record(counts.round().astype(np.float32)[:, None], ("activity",), ("counts",), 1 / 60, start=start, source="x.csv")


def forced(asleep, start=START, seed=0):
    """An arm that turns every few seconds awake, and twice an hour asleep."""
    rng = np.random.default_rng(seed)
    n = int(len(asleep) * 60 * FS)
    still = np.repeat(asleep, int(60 * FS))
    step = np.where(still, 0.0, rng.normal(0, 0.3, n))
    step[still & (rng.random(n) < 2 / 3600 / FS)] = 0.8
    turn = np.cumsum(step) + 0.4
    xyz = np.column_stack([np.cos(turn), np.zeros(n), np.sin(turn)]) * (1 + np.where(still, 0, rng.exponential(0.1, n)))[:, None]
    xyz += rng.normal(0, 0.003, (n, 3))
    return Record(xyz.astype(np.float32), ("x", "y", "z"), ("g",) * 3, FS, start=start, source="x.csv")


KINDS = {"counts": (counted, activity, COUNTS), "force": (forced, accelerometer, accelerometer.Params(still_sd=0.0, still_range=0.0))}


@pytest.fixture(params=KINDS)
def kind(request):
    make, module, params = KINDS[request.param]
    return lambda asleep, **more: module.features(make(asleep, **more), params)


def test_planted_sleep_is_found_within_minutes(kind):
    found = kind(schedule())
    assert found["sleep_onset"] == pytest.approx(-1, abs=5 / 60) and found["sleep_offset"] == pytest.approx(7, abs=5 / 60)
    assert found["sleep_period"] == pytest.approx(480, abs=6)
    # the sum of Cole et al. spreads each of the three wakes by six minutes, and a turn ends five quiet ones
    assert 28 <= found["waso"] <= 50 and found["total_sleep"] == pytest.approx(450, abs=24)
    assert found["sleep_efficiency"] == pytest.approx(found["total_sleep"] / found["sleep_period"], abs=0.005)


@pytest.mark.parametrize("onset", [22 * 60, 30, 9 * 60, 11 * 60 + 30])
def test_sleep_by_day_and_after_midnight_is_found_as_well(onset):
    found = activity.features(counted(schedule(5, onset, 420, start=0), start=START - pd.Timedelta(hours=12)), COUNTS)
    assert abs((found["sleep_onset"] - onset / 60 + 12) % 24 - 12) < 0.1 and -12 <= found["sleep_onset"] <= 12
    assert abs((found["sleep_offset"] - onset / 60 - 7 + 12) % 24 - 12) < 0.1 and 0 <= found["sleep_offset"] <= 24


@pytest.mark.parametrize(("day", "hours"), [("2024-03-31", 7), ("2024-10-27", 9)])
def test_a_night_in_which_clocks_change_is_as_long_as_it_was(kind, day, hours):
    """To bed at 23 and up at 7 by the clock on the wall, of which an hour is missing or comes twice."""
    start = pd.Timestamp(day, tz="Europe/Berlin") - pd.Timedelta(hours=12)
    asleep = np.zeros(24 * 60, dtype=bool)
    asleep[11 * 60 : (11 + hours) * 60] = True
    found = kind(asleep, start=start)
    assert found["sleep_onset"] == pytest.approx(-1, abs=0.1) and found["sleep_offset"] == pytest.approx(7, abs=0.1)
    assert found["sleep_period"] == pytest.approx(60 * hours, abs=6)


def taken_off(record, low, high):
    """Without readings from one minute to another."""
    signal = record.signal.copy()
    signal[int(low * 60 * record.rate) : int(high * 60 * record.rate)] = np.nan
    return replace(record, signal=signal)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(("low", "high"), [(22, 32), (26, 29), (20, 24), (30.5, 34)])
def test_nights_that_were_not_worn_are_missing_and_never_zero(name, low, high):
    make, module, params = KINDS[name]
    asleep = schedule(2, wakes=())
    lone = module.features(taken_off(make(asleep[:1440]), 60 * (low - 12), 60 * (high - 12)), params)
    assert np.isnan([lone[each] for each in _nights.NAMES]).all()
    other = schedule(4, wakes=())
    whole, torn = module.features(make(other), params), module.features(taken_off(make(other), 60 * (low - 12), 60 * (high - 12)), params)
    assert torn["sleep_period"] == pytest.approx(whole["sleep_period"], abs=5)
    assert torn["sleep_onset"] == pytest.approx(whole["sleep_onset"], abs=0.1)


def test_a_monitor_on_the_table_does_not_sleep():
    counts = counted(schedule(3))
    counts.signal[:] = np.where(np.arange(len(counts))[:, None] < 1500, 0, counts.signal)
    found = activity.features(counts, COUNTS)
    assert found["sleep_period"] == pytest.approx(480, abs=6)  # of the other nights
    assert np.isnan([activity.features(replace(counts, start=None), COUNTS)[each] for each in _nights.NAMES]).all()


def test_few_hours_of_a_night_do_not_tell_its_sleep_unless_they_are_said_to(kind):
    asleep = schedule(2, wakes=())[8 * 60 : 22 * 60]
    assert np.isnan(kind(asleep, start=START + pd.Timedelta(hours=8))["sleep_period"])
    found = activity.features(counted(asleep, start=START + pd.Timedelta(hours=8)), activity.Params(night_known=12))
    assert found["sleep_period"] == pytest.approx(480, abs=6)


def test_the_middle_of_clock_times_is_taken_on_the_clock():
    assert _nights._clock(np.array([23 * 60 + 30, 30])) == pytest.approx(0, abs=1e-9)
    assert _nights._clock(np.array([11 * 60, 13 * 60])) == pytest.approx(12)


def test_sleepers_with_an_actiwatch_sleep_for_most_of_a_night_of_usual_length(shared):
    from mmomics.config.modality import Device
    from mmomics.devices.contract import choose
    from mmomics.signals import _channels

    device = Device(signal="activity", files="x")
    for path in sorted((shared / "device_formats" / "actigraphy").glob("*.AWD")):
        (record,) = _channels.choose(list(choose(path, device).read(path, device)), device, "m")
        found = activity.features(record, COUNTS)
        assert -2 < found["sleep_onset"] < 2 and 6 < found["sleep_offset"] < 9
        assert 360 < found["sleep_period"] < 560 and 0.8 < found["sleep_efficiency"] < 0.98
