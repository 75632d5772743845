"""Daily rhythms: cosines of known peak and height, Witting's measures by their sums, summer time, gaps."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmomics.devices.record import DAY, Record
from mmomics.signals import _rhythm

MIDNIGHT = pd.Timestamp("2024-03-04")


def record(values, step=60.0, start=MIDNIGHT, times=None):
    return Record(np.asarray(values, dtype=np.float32)[:, None], ("x",), ("",), None if times is not None else 1 / step, times, start)


def minutes(values, **where):
    made = record(values, **where)
    return _rhythm.minutes(made, made.signal[:, 0])


def cosine(days=5, peak=15.0, mesor=50.0, amplitude=20.0, n_minutes=1440):
    hours = np.arange(days * n_minutes) / 60
    return mesor + amplitude * np.cos(2 * np.pi * (hours - peak) / 24)


def apart(one, other, period=24.0):
    return abs((one - other + period / 2) % period - period / 2)


@pytest.mark.parametrize("peak", [0.0, 3.5, 15.0, 23.9])
@pytest.mark.parametrize("start_hour", [0, 7, 23])
def test_a_cosine_is_found_from_any_start(peak, start_hour):
    values = cosine(6, peak)[start_hour * 60 :]
    told = _rhythm.cosinor(*minutes(values, start=MIDNIGHT + pd.Timedelta(hours=start_hour)))
    assert told["mesor"] == pytest.approx(50, abs=0.5) and told["amplitude"] == pytest.approx(20, abs=0.5)
    assert apart(told["acrophase"], peak) < 0.05 and told["rhythm_r2"] > 0.999


def test_cosinor_is_least_squares_with_gaps_and_noise():
    rng = np.random.default_rng(0)
    values, minute = minutes(np.where(rng.random(7200) < 0.4, np.nan, cosine() + rng.normal(0, 10, 7200)))
    seen = ~np.isnan(values)
    angle = 2 * np.pi * minute[seen] / 1440
    design = np.column_stack([np.ones(seen.sum()), np.cos(angle), np.sin(angle)])
    fit, rest, *_ = np.linalg.lstsq(design, values[seen], rcond=None)
    told = _rhythm.cosinor(values, minute)
    assert told["mesor"] == pytest.approx(fit[0]) and told["amplitude"] == pytest.approx(np.hypot(*fit[1:]))
    assert told["rhythm_r2"] == pytest.approx(1 - rest[0] / ((values[seen] - values[seen].mean()) ** 2).sum())


def test_cosinor_needs_a_day_and_all_of_it():
    for values in (cosine(1)[:1200], np.where(np.arange(7200) % 1440 < 360, np.nan, cosine())):
        assert np.isnan(list(_rhythm.cosinor(*minutes(values)).values())).all()
    flat = _rhythm.cosinor(*minutes(np.full(2880, 0.1)))
    assert flat["amplitude"] == 0 and np.isnan([flat["acrophase"], flat["rhythm_r2"]]).all()


def test_most_and_least_active_hours_of_a_day_of_blocks():
    hour = np.arange(4 * 1440) / 60 % 24
    day = np.where((hour >= 9) & (hour < 19), 100.0, np.where((hour >= 23) | (hour < 4), 2.0, 30.0))
    told = _rhythm.most_and_least(*minutes(day))
    assert (told["m10"], told["m10_onset"]) == (100, 9) and (told["l5"], told["l5_onset"]) == (2, -1)
    assert told["relative_amplitude"] == pytest.approx(98 / 102)


def test_stability_and_variability_are_witting_s_sums():
    rng = np.random.default_rng(1)
    x = np.round(cosine(6, n_minutes=1440) + rng.normal(0, 30, 6 * 1440))
    hours = x.reshape(-1, 60).mean(1)
    n, mean = len(hours), hours.mean()
    stability = n * ((hours.reshape(6, 24).mean(0) - mean) ** 2).sum() / (24 * ((hours - mean) ** 2).sum())
    variability = n * (np.diff(hours) ** 2).sum() / ((n - 1) * ((hours - mean) ** 2).sum())
    told = _rhythm.regularity(*minutes(x))
    assert told["interdaily_stability"] == pytest.approx(stability)
    assert told["intradaily_variability"] == pytest.approx(variability)


def test_stability_and_variability_at_their_ends():
    rng = np.random.default_rng(2)
    same = _rhythm.regularity(*minutes(cosine(8)))
    assert same["interdaily_stability"] == pytest.approx(1)
    # the mean square of steps of a cosine of 24 hours over its variance: 4 sin^2(pi / 24)
    assert same["intradaily_variability"] == pytest.approx(4 * np.sin(np.pi / 24) ** 2, rel=0.01)
    noise = _rhythm.regularity(*minutes(np.repeat(rng.normal(size=60 * 24), 60)))
    assert noise["interdaily_stability"] < 0.05 and noise["intradaily_variability"] == pytest.approx(2, abs=0.15)
    assert np.isnan(_rhythm.regularity(*minutes(np.full(4000, 0.1)))["interdaily_stability"])
    assert np.isnan(_rhythm.regularity(*minutes(cosine(1)))["interdaily_stability"])


@pytest.mark.parametrize("step", [5, 15, 60, 300, 900, 3600])
def test_any_cadence_gives_the_same_means_and_rhythm(step):
    fine = np.arange(0, 6 * DAY, step)
    values, minute = minutes(50 + 20 * np.cos(2 * np.pi * (fine / 3600 - 15) / 24), step=step)
    assert len(values) == 6 * 1440 and not np.isnan(values).any()
    assert values.mean() == pytest.approx(50, abs=0.01)
    told = _rhythm.cosinor(values, minute)
    assert apart(told["acrophase"], 15) <= step / 3600 / 2 + 0.01  # a reading stands for the time behind it


def test_a_reading_stands_for_no_longer_than_its_step():
    values, _ = minutes([1, np.nan, 3, 4], step=300)
    np.testing.assert_array_equal(values, [1] * 5 + [np.nan] * 5 + [3] * 5 + [4] * 5)


def test_summer_time_moves_the_clock_and_not_the_rhythm_on_it():
    zone = "Europe/Berlin"
    clock = pd.date_range("2024-03-28", "2024-04-03", freq="min", tz=zone, inclusive="left")
    assert len(clock) == 6 * 1440 - 60
    hour = clock.hour + clock.minute / 60
    values, minute = minutes(50 + 20 * np.cos(2 * np.pi * (hour - 15) / 24), start=clock[0])
    assert (minute == clock.hour * 60 + clock.minute).all()
    told = _rhythm.cosinor(values, minute) | _rhythm.regularity(values, minute)
    assert told["rhythm_r2"] > 0.9999 and told["acrophase"] == pytest.approx(15, abs=0.01)
    assert told["interdaily_stability"] > 0.9999


def test_seconds_of_the_start_place_readings_in_minutes_of_the_clock():
    values, minute = minutes([1, 1, 1, 3, 3, 3], step=15, start=MIDNIGHT + pd.Timedelta("8h 59min 15s"))
    assert values.tolist() == [1, 3] and minute.tolist() == [539, 540]


def test_a_gap_of_months_costs_nothing_and_changes_nothing():
    day = cosine(3)
    times = np.concatenate([np.arange(2880) * 60.0, 400 * DAY + np.arange(2880, 4320) * 60.0])
    values, minute = minutes(day, times=times)
    assert len(values) < 6 * 1440
    near, at = minutes(day)
    assert (np.bincount(minute[~np.isnan(values)], minlength=1440) == 3).all()
    assert _rhythm.cosinor(values, minute) == pytest.approx(_rhythm.cosinor(near, at))
    assert _rhythm.most_and_least(values, minute) == pytest.approx(_rhythm.most_and_least(near, at))


def test_without_a_clock_levels_are_told_and_clock_times_are_not():
    made = record(cosine(4), start=None)
    told = _rhythm.daily(made, *_rhythm.minutes(made, made.signal[:, 0]))
    assert np.isnan([told["acrophase"], told["m10_onset"], told["l5_onset"]]).all()
    assert told["amplitude"] == pytest.approx(20, abs=0.1) and told["m10"] > told["l5"]


def test_means_over_stretches():
    values = np.array([1.0, 2, np.nan, 4, 5, np.nan, np.nan, 8])
    wanted = pd.Series(values).rolling(3, min_periods=2).mean()[2:].dropna()
    np.testing.assert_allclose(_rhythm.windowed(values, 3, 2), wanted)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**16), st.integers(0, 23), st.floats(0.1, 100), st.floats(0, 0.3))
def test_shift_scale_and_repetition(seed, hours, scale, gaps):
    rng = np.random.default_rng(seed)
    days = rng.gamma(1, 50, 3 * 1440) * (1 + np.sin(np.arange(3 * 1440) / 229))
    days[rng.random(len(days)) < gaps] = np.nan
    base = {**_rhythm.daily(record(days), *minutes(days)), **_rhythm.regularity(*minutes(days))}
    moved = record(days, start=MIDNIGHT + pd.Timedelta(hours=hours))
    shifted = {**_rhythm.daily(moved, *_rhythm.minutes(moved, moved.signal[:, 0])), **_rhythm.regularity(*_rhythm.minutes(moved, days))}
    scaled = {**_rhythm.daily(record(days), *minutes(days * scale)), **_rhythm.regularity(*minutes(days * scale))}
    twice = _rhythm.daily(record(days), *minutes(np.tile(days, 2)))
    for name in ("m10", "l5", "mesor", "amplitude"):
        assert shifted[name] == pytest.approx(base[name], rel=1e-4)
        assert scaled[name] == pytest.approx(scale * base[name], rel=1e-4)
        assert twice[name] == pytest.approx(base[name], rel=1e-4)
    for name in ("relative_amplitude", "rhythm_r2", "interdaily_stability", "intradaily_variability"):
        assert shifted[name] == pytest.approx(base[name], rel=1e-4)
        assert scaled[name] == pytest.approx(base[name], rel=1e-4)
    assert apart(shifted["acrophase"], base["acrophase"] + hours) < 0.01
    assert apart(shifted["m10_onset"], base["m10_onset"] + hours) < 0.01
    assert 0 <= base["interdaily_stability"] <= 1 and -12 <= base["l5_onset"] < 12 <= 24 > base["m10_onset"] >= 0
