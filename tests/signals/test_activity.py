"""Activity: real Actiwatch and ActiGraph files, sleep by Cole's sum, wear, epochs of any length, and steps."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmomics.config.modality import Device
from mmomics.devices import timeseries
from mmomics.devices.contract import choose
from mmomics.devices.record import Record
from mmomics.signals import _channels, _epochs, _rhythm, activity
from mmomics.signals._coverage import coverage

PARAMS = activity.Params()
DEVICE = Device(signal="activity", files="x")
START = pd.Timestamp("2024-05-06")


def record(values, step=60.0, start=START, unit="counts"):
    return Record(np.asarray(values, dtype=np.float32)[:, None], ("activity",), (unit,), 1 / step, start=start)


def told(values, params=PARAMS, **more):
    return activity.features(record(values, **more), params)


def person(days=4, seed=0):
    """Counts of every minute: busy from 7 to 23 h, nearly still at night."""
    rng = np.random.default_rng(seed)
    hour = np.arange(days * 1440) / 60 % 24
    awake = (hour >= 7) & (hour < 23)
    return np.where(awake, rng.gamma(2, 150, len(hour)), np.where(rng.random(len(hour)) < 0.1, 1, 0)).round()


@pytest.fixture(scope="module", params=range(1, 6))
def actiwatch(request, shared):
    path = shared / "device_formats" / "actigraphy" / f"example_0{request.param}.AWD"
    return _channels.choose(list(choose(path, DEVICE).read(path, DEVICE)), DEVICE, "m")[0]


@pytest.fixture(scope="module")
def actigraph(shared):
    path = shared / "device_formats" / "actigraphy" / "test_sample.agd"
    return _channels.choose(list(choose(path, DEVICE).read(path, DEVICE)), DEVICE, "m")[0]


def test_an_actiwatch_tells_a_day_of_someone_who_sleeps_at_night(actiwatch):
    found = activity.features(actiwatch, PARAMS)
    assert not np.isnan(list(found.values())).any()
    assert found["m10"] > 5 * found["l5"] and 0.6 < found["relative_amplitude"] <= 1
    assert 0.1 < found["interdaily_stability"] < 0.9 and 0.2 < found["intradaily_variability"] < 2
    assert -4 < found["l5_onset"] < 4 and 6 < found["m10_onset"] < 14 and 11 < found["acrophase"] < 19
    assert 4 < found["sleep_hours"] < 12 and found["night_sleep"] > found["sleep_hours"] / 24


def test_rhythm_of_an_actiwatch_is_that_of_pandas(actiwatch):
    worn = activity.worn(actiwatch, PARAMS)
    series = pd.Series(actiwatch.signal[:, 0].astype(float), actiwatch.clock).where(worn)
    found = activity.features(actiwatch, PARAMS)
    assert found["mean"] == pytest.approx(series.mean())
    hours = series.resample("h").mean().where(series.resample("h").count() >= 30)
    by_hour = hours.groupby(hours.index.hour)
    between = (by_hour.count() * (by_hour.mean() - hours.mean()) ** 2).sum() / hours.count()
    assert found["interdaily_stability"] == pytest.approx(between / hours.var(ddof=0))
    assert found["intradaily_variability"] == pytest.approx((hours.diff() ** 2).mean() / hours.var(ddof=0))
    day = series.groupby(series.index.hour * 60 + series.index.minute).mean()
    turns = pd.concat([day, day], ignore_index=True)
    assert found["m10"] == pytest.approx(turns.rolling(600).mean().max())
    assert found["l5"] == pytest.approx(turns.rolling(300).mean().min())


def test_what_lies_on_a_table_is_not_worn_and_a_sleeper_is(actiwatch):
    worn = activity.worn(actiwatch, PARAMS)
    hour = actiwatch.clock.hour
    zero = actiwatch.signal[:, 0] == 0
    assert 0.1 < worn.mean() < 1 and zero[~worn].mean() > 0.95
    # of the hours of sleep on most nights nothing is lost
    nights = pd.Series(worn[(hour >= 1) & (hour < 5)]).groupby(actiwatch.clock.date[(hour >= 1) & (hour < 5)]).mean()
    assert (nights > 0.95).mean() > 0.5


def test_an_actigraph_gives_counts_per_minute_of_one_axis_or_of_all(actigraph):
    assert actigraph.channels == ("activity", "axis2", "axis3") and actigraph.rate == pytest.approx(0.1)
    axes = actigraph.signal.astype(float)
    one = activity.features(actigraph, activity.Params(not_worn=0, scale=100))
    assert one["mean"] == pytest.approx(6 * axes[:, 0].mean(), rel=0.01)
    whole = activity.features(actigraph, activity.Params(not_worn=0, scale=100, vector_magnitude=True))
    assert whole["mean"] == pytest.approx(6 * np.linalg.norm(axes, axis=1).mean(), rel=0.01)
    assert 0 < one["sleep_hours"] < 24 and whole["mean"] > one["mean"]
    lone = activity.features(actigraph.pick(["activity"]), activity.Params(not_worn=0, scale=100, vector_magnitude=True))
    assert lone == pytest.approx(one, nan_ok=True)


def test_sleep_of_an_actigraph_file_is_scored_in_hundreds_unless_the_user_says_otherwise(actigraph):
    hundreds = activity.features(actigraph, activity.Params(scale=100))
    assert activity.features(actigraph, PARAMS) == pytest.approx(hundreds, nan_ok=True)
    ones = activity.features(actigraph, activity.Params(scale=1))
    assert ones["sleep_hours"] < hundreds["sleep_hours"] and ones["mean"] == hundreds["mean"]


def test_a_table_of_actilife_is_scored_as_its_agd(actigraph, tmp_path):
    names = ["Axis1", "Axis2", "Axis3"]
    table = pd.DataFrame(actigraph.signal[:, [actigraph.channels.index(name) for name in ("activity", "axis2", "axis3")]], columns=names)
    path = tmp_path / "x.csv"
    table.assign(time=actigraph.clock).to_csv(path, index=False)
    for channels in ({}, {"activity": "Axis1"}):
        device = Device(signal="activity", files="x.csv", channels=channels)
        (found,) = _channels.choose(list(timeseries.read(path, device)), device, "m")
        assert activity.features(found, PARAMS) == pytest.approx(activity.features(actigraph, PARAMS), nan_ok=True)


def test_an_actiwatch_is_scored_as_by_the_sum_and_threshold_of_its_maker(actiwatch):
    counts, _ = _rhythm.minutes(actiwatch, actiwatch.signal[:, 0].astype(float))
    oakley = np.convolve(counts, [0.04, 0.2, 1, 0.2, 0.04], mode="same") <= 40
    differ = (activity._asleep(counts / activity._scale(actiwatch)) != oakley).mean()
    assert differ < 0.06 and (activity._asleep(counts) != oakley).mean() > 2 * differ


def test_sleep_is_coles_sum_of_seven_minutes():
    rng = np.random.default_rng(3)
    counts = np.round(rng.gamma(0.3, 20, 3000))
    x = np.minimum(counts, 300)
    by_hand = [0.001 * (106 * x[i - 4] + 54 * x[i - 3] + 58 * x[i - 2] + 76 * x[i - 1] + 230 * x[i] + 74 * x[i + 1] + 67 * x[i + 2])
               for i in range(4, 2998)]  # fmt: skip
    asleep = activity._asleep(counts)
    assert (asleep[4:2998] == (np.array(by_hand) < 1)).all() and 0.05 < asleep.mean() < 0.95
    assert not activity._asleep(np.full(20, np.nan)).any()


def test_a_night_of_known_length_is_slept():
    found = told(person())
    assert found["sleep_hours"] == pytest.approx(8, abs=0.5) and found["night_sleep"] > 0.95
    assert (found["m10_onset"] + 10 <= 24) and found["l5_onset"] == pytest.approx(1, abs=3)


@pytest.mark.parametrize("step", [15.0, 30.0, 60.0, 300.0])
def test_epochs_of_any_length_are_counts_per_minute(step):
    counts = 600 * (1 + np.sin(np.arange(0, 3 * 86400, 15) / 86400 * 2 * np.pi))  # per minute
    epochs = (counts / 4).reshape(-1, int(step / 15)).sum(1)
    found = told(epochs, step=step)
    assert found["mean"] == pytest.approx(600, rel=1e-3) and found["amplitude"] == pytest.approx(600, rel=1e-2)


def lying(counts, first, minutes):
    out = counts.copy()
    out[first : first + minutes] = 0
    return out


def test_wear_ends_where_nothing_moves_for_two_hours_but_for_spikes():
    busy = np.full(2000, 100.0)
    assert activity.worn(record(lying(busy, 500, 119)), PARAMS).all()
    gone = lying(busy, 500, 120)
    assert np.flatnonzero(~activity.worn(record(gone), PARAMS)).tolist() == list(range(500, 620))
    assert activity.worn(record(gone), activity.Params(not_worn=0)).all()
    assert (~activity.worn(record(lying(busy, 500, 90)), activity.Params(not_worn=90))).sum() == 90
    touched = lying(busy, 500, 150)
    touched[560:562] = 50
    assert (~activity.worn(record(touched), PARAMS)).sum() == 150
    touched[560:563] = 50  # three minutes are no spike
    assert activity.worn(record(touched), PARAMS).all()
    early = lying(busy, 500, 150)
    early[520:522] = 50  # less than half an hour before it is still
    assert np.flatnonzero(~activity.worn(record(early), PARAMS)).tolist() == list(range(522, 650))


@pytest.mark.parametrize("seed", range(4))
def test_rows_that_are_missing_are_as_those_that_are_empty(seed):
    rng = np.random.default_rng(seed)
    counts = lying(lying(person(5, seed), 2000, 100), 4000, 300)
    kept = np.ones(len(counts), dtype=bool)
    kept[2020:2090] = kept[4050:4250] = kept[6000:6050] = kept[1995:2003] = False
    for first in rng.integers(0, len(counts), 40):
        kept[first : first + rng.integers(1, 12)] = False
    kept[[0, -1]] = True
    empty = record(np.where(kept, counts, np.nan))
    missing = replace(empty, signal=counts[kept, None].astype(np.float32), fs=None, times=np.flatnonzero(kept) * 60.0)
    worn = activity.worn(empty, PARAMS)
    assert 0.8 < worn.mean() < 1
    np.testing.assert_array_equal(activity.worn(missing, PARAMS), worn[kept])
    assert activity.features(missing, PARAMS) == pytest.approx(activity.features(empty, PARAMS), nan_ok=True)
    found = [coverage(each, activity.worn(each, PARAMS), empty.duration, 60.0) for each in (empty, missing)]
    assert found[0] == pytest.approx(found[1]) and 0.8 < found[0] < 1


def test_years_between_two_readings_cost_no_room():
    far = replace(record([5.0] * 4), fs=None, times=np.array([0, 60, 120, 1e9]))
    assert activity.worn(far, PARAMS).all()


def test_what_was_not_worn_counts_for_nothing():
    counts = person(6)
    off = lying(counts, 2 * 1440, 1440)
    kept = counts.reshape(6, 1440)[[0, 1, 3, 4, 5]]
    assert told(off)["mean"] == pytest.approx(kept.mean(), rel=0.01)
    assert np.isnan(list(told(np.zeros(5000)).values())).all()


def test_steps_say_nothing_about_sleep_and_wear():
    steps = person(4)
    steps[np.arange(len(steps)) % 1440 < 420] = 0
    found = told(steps, unit="steps")
    assert found["mean"] == pytest.approx(steps.mean(), rel=1e-6)
    assert np.isnan([found[name] for name in ("sleep_hours", "sleep_bouts", "night_sleep")]).all()
    assert activity.worn(record(steps, unit="steps"), PARAMS).all() and not activity.worn(record(steps), PARAMS).all()


@pytest.mark.parametrize(
    ("column", "steps"),
    [("Steps", True), ("StepTotal", True), ("TotalSteps", True), ("step_count", True), ("Steps [counts]", True), ("activity", False),
     ("Steps Axis1", False)],
)  # fmt: skip
def test_a_column_of_steps_is_known_by_its_name_unless_the_user_says_otherwise(tmp_path, column, steps):
    path = tmp_path / "x.csv"
    pd.DataFrame({"time": pd.date_range("2024-05-01", periods=4000, freq="min"), column: np.r_[np.ones(1000), np.zeros(3000)]}).to_csv(path)

    def units(**more):
        device = Device(signal="activity", files="x.csv", channels={"activity": column}, **more)
        (found,) = _channels.choose(list(timeseries.read(path, device)), device, "m")
        assert activity.worn(found, PARAMS).all() == found.units[0].startswith("steps")
        return found.units[0]

    assert (units() == "steps") == steps
    assert units(units={"activity": "counts"}) == "counts" and units(units={"activity": "steps"}) == "steps"


def test_hours_that_are_too_few_say_nothing():
    assert np.isnan(list(told(person(1)[480:800]).values())).all()
    assert not np.isnan(told(person(1)[480:900])["mean"])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**16), st.integers(0, 1439))
def test_when_a_record_begins_moves_clock_times_only(seed, minutes):
    counts = person(3, seed)
    base, moved = told(counts), told(counts, start=START + pd.Timedelta(minutes=minutes))
    for name in ("mean", "sd", "high", "active", "m10", "l5", "mesor", "amplitude", "sleep_hours", "sleep_bouts"):
        assert moved[name] == pytest.approx(base[name], rel=1e-6)
    assert abs((moved["acrophase"] - base["acrophase"] - minutes / 60 + 12) % 24 - 12) < 0.01
    twice = told(np.tile(counts, 2))
    for name in ("mean", "active", "m10", "l5", "mesor", "amplitude"):
        assert twice[name] == pytest.approx(base[name], rel=1e-6)


def test_counts_of_uneven_epochs_are_spread_over_them():
    """Someone who walks 6 steps a second by day and half as many by night, told by intervals of 20 s to 15 min."""
    rng = np.random.default_rng(0)
    length = rng.choice([20.0, 45.0, 130.0, 600.0, 900.0], 1500)
    at = np.append(0, np.cumsum(length))
    at = at[at <= 3 * 86400]
    middle = ((at[:-1] + at[1:]) / 2 / 3600) % 24
    pace = np.where((middle >= 8) & (middle < 20), 6.0, 3.0)
    steps = pace * np.diff(at)
    uneven = Record(steps[:, None].astype("float32"), ("activity",), ("steps",), times=at[:-1] + 17, start=START)
    found = activity.features(uneven, PARAMS)
    assert found["mean"] == pytest.approx(60 * steps.sum() / at[-1], rel=0.01)
    assert found["m10"] == pytest.approx(360, rel=0.02) and found["l5"] == pytest.approx(180, rel=0.02)
    assert found["m10_onset"] == pytest.approx(8, abs=1)


def test_a_count_covers_the_time_to_the_next():
    length = np.where(np.random.default_rng(0).random(2000) < 0.6, 20.0, 900.0)
    at = np.append(0, np.cumsum(length))
    uneven = Record((length / 2)[:, None].astype("float32"), ("activity",), ("steps",), times=at[:-1], start=START)
    even = activity.even(uneven)
    assert coverage(even, activity.worn(even, PARAMS), at[-1], 60) > 0.99
    assert coverage(uneven, activity.worn(uneven, PARAMS), at[-1], 60) < 0.5  # as if it had not been recorded


@pytest.mark.parametrize("seconds", [(60, 15), (15, 60), (15, 900)])
def test_a_monitor_may_be_set_to_another_epoch(seconds):
    at = np.concatenate([np.arange(0, 86400, seconds[0]), np.arange(86400, 2 * 86400, seconds[1])]).astype(float)
    steps = 0.5 * np.diff(at, append=2 * 86400)
    found = activity.features(Record(steps[:, None].astype("float32"), ("activity",), ("steps",), times=at, start=START), PARAMS)
    assert found["mean"] == pytest.approx(30, rel=0.01) and found["high"] == pytest.approx(30, rel=0.01)


@pytest.mark.parametrize("burst", [5, 10])
def test_bursts_of_each_hour_are_no_longer_epochs(burst):
    at = np.concatenate([hour * 3600 + 60.0 * np.arange(burst) for hour in range(80)])
    bursts = Record(np.full((len(at), 1), 30, dtype="float32"), ("activity",), ("steps",), times=at, start=START)
    found = activity.features(bursts, PARAMS)
    assert _epochs.even(bursts) is bursts and found["mean"] == pytest.approx(30) and found["sd"] == pytest.approx(0)


def test_totals_of_half_an_hour_are_of_half_an_hour():
    length = np.random.default_rng(0).uniform(25, 35, 100) * 60
    at = np.append(0, np.cumsum(length))
    uneven = Record((length / 2)[:, None].astype("float32"), ("activity",), ("steps",), times=at[:-1], start=START)
    assert activity.features(uneven, PARAMS)["mean"] == pytest.approx(30, rel=0.01)


def test_uneven_epochs_may_begin_in_the_hour_that_comes_twice():
    start = pd.Timestamp("2024-10-27 02:30:20+01:00").tz_convert("Europe/Berlin")
    times = np.array([0.0, 20, 50, 110, 130, 200])
    minutes = _epochs.even(Record(np.ones((6, 1), dtype="float32"), ("activity",), ("steps",), times=times, start=start))
    assert minutes.start == start - pd.Timedelta("20s") and minutes.fs == 1 / 60


def test_a_count_is_of_a_quarter_of_an_hour_at_most():
    times = np.array([0.0, 20, 50, 7250, 7270, 7330, 7345])
    uneven = Record(np.full((7, 1), 30, dtype="float32"), ("activity",), ("steps",), times=times, start=START)
    minutes = _epochs.even(uneven)
    assert np.isfinite(minutes.signal[:, 0]).sum() == pytest.approx((50 + 900 + 95 + 20) / 60, abs=1.5)
    assert np.isnan(minutes.signal[20:118]).all() and minutes.fs == 1 / 60
    for regular in (
        record(np.ones(50)),
        Record(np.ones((4, 1), dtype="float32"), ("activity",), ("",), times=np.array([0.0, 60, 300, 360])),
    ):
        assert _epochs.even(regular) is regular  # gaps are no other length
