"""Coverage: shares that are known, jitter of clocks, and gaps that can only take away."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmomics.devices.record import Record
from mmomics.signals._coverage import coverage


def record(values, fs=1 / 60, times=None):
    signal = np.asarray(values, dtype=np.float32)
    signal = signal[:, None] if signal.ndim == 1 else signal
    names = tuple("abc"[: signal.shape[1]])
    return Record(signal, names, ("",) * len(names), None if times is not None else fs, times)


def both(values, fs):
    """The same record on steady steps, and with its times."""
    return record(values, fs), record(values, times=np.arange(len(values)) / fs)


@pytest.mark.parametrize("fs", [250.0, 1.0, 1 / 60, 1 / 300, 1 / 900, 1 / 86400])
@pytest.mark.parametrize("epoch", [0.0, 1.0, 60.0, 900.0])
def test_all_half_and_none(fs, epoch):
    n = 4000
    for made in both(np.ones(n), fs):
        assert coverage(made, None, made.duration, epoch) == pytest.approx(1)
        assert coverage(made, None, 4 * made.duration, epoch) == pytest.approx(0.25)
        assert coverage(made, np.arange(n) < n // 2, made.duration, epoch) == pytest.approx(0.5)
    for made in both(np.where(np.arange(n) < n // 2, 1, np.nan), fs):
        assert coverage(made, None, made.duration, epoch) == pytest.approx(0.5)
    for made in both(np.full(n, np.nan), fs):
        assert coverage(made, None, made.duration, epoch) == 0


def test_a_minute_with_a_sample_is_recorded_whatever_the_rate_of_the_device():
    every_minute = np.where(np.arange(3600) % 60 == 0, 1, np.nan)
    for made in both(every_minute, 1.0):
        assert coverage(made, None, made.duration, 60.0) == pytest.approx(1, abs=0.02)
        assert coverage(made, None, made.duration, 1.0) == pytest.approx(1 / 60)


def test_the_native_cadence_fills_a_file_that_was_interpolated_to_minutes():
    readings = np.where(np.arange(1440) % 15 == 0, 1, np.nan)
    for made in both(readings, 1 / 60):
        assert coverage(made, None, made.duration, 900.0) == pytest.approx(1, abs=0.01)


def test_clocks_may_jitter():
    rng = np.random.default_rng(0)
    made = record(np.ones(2000), times=300.0 * np.arange(2000) + rng.uniform(-60, 60, 2000))
    assert coverage(made, None, made.duration, 60.0) > 0.99


def changing(*parts, apart=0.0):
    """Times of parts (days, step), one after the other."""
    times, begin = [], 0.0
    for days, step in parts:
        times.append(begin + np.arange(0, days * 86400, step))
        begin += days * 86400 + apart
    return np.concatenate(times)


@pytest.mark.parametrize("parts", [[(3, 900), (3, 300)], [(3, 300), (3, 900)], [(1, 60), (5, 900), (2, 300)], [(6, 900), (1, 60)]])
def test_devices_of_other_steps_on_one_clock_are_covered_all_along(parts):
    times = changing(*parts)
    made = record(np.ones(len(times)), times=times)
    days = sum(each for each, _ in parts)
    assert coverage(made, None, days * 86400.0, 60.0) == pytest.approx(1, abs=0.005)
    gap = changing(*parts, apart=86400.0)
    apart = record(np.ones(len(gap)), times=gap)
    assert coverage(apart, None, (days + len(parts) - 1) * 86400.0, 60.0) == pytest.approx(days / (days + len(parts) - 1), abs=0.005)
    first = times < parts[0][0] * 86400
    assert coverage(made, first, days * 86400.0, 60.0) == pytest.approx(parts[0][0] / days, abs=0.005)


def test_spot_checks_of_a_monitor_are_no_record():
    times = changing((2, 60), (2, 7200))
    assert coverage(record(np.ones(len(times)), times=times), None, 4 * 86400.0, 60.0) < 0.57


def test_rows_that_are_missing_are_gaps_as_empty_ones():
    rng = np.random.default_rng(0)
    kept = np.ones(5000, dtype=bool)
    for first in rng.integers(0, 4800, 12):
        kept[first : first + rng.integers(5, 200)] = False
    times = np.arange(5000) * 300.0
    span = 5000 * 300.0
    empty = coverage(record(np.where(kept, 1, np.nan), fs=1 / 300), None, span, 60.0)
    assert empty == pytest.approx(kept.mean())
    assert coverage(record(np.where(kept, 1, np.nan), times=times), None, span, 60.0) == pytest.approx(empty)
    assert coverage(record(np.ones(kept.sum()), times=times[kept]), None, span, 60.0) == pytest.approx(empty)


def test_any_channel_counts():
    values = np.array([[1, np.nan], [np.nan, 1], [np.nan, np.nan], [1, 1]])
    assert coverage(record(values), None, 240.0, 0.0) == pytest.approx(0.75)


def test_nothing_is_recorded_in_no_time():
    assert coverage(record([]), None, 60.0, 60.0) == 0
    assert coverage(record([1.0]), None, 0.0, 60.0) == 0
    assert coverage(record([1.0]), None, 60.0, 60.0) == 1


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 60), st.sampled_from([0.0, 60.0, 150.0, 900.0]), st.booleans())
def test_gaps_can_only_take_away(seed, n, epoch, irregular):
    rng = np.random.default_rng(seed)
    steps = np.concatenate([rng.choice([20, 60, 60, 60, 90, 600], n), rng.choice([300, 300, 900, 5000], n)])[rng.integers(0, n + 1) :][:n]
    times = np.cumsum(steps).astype(float) if irregular else None
    values = np.where(rng.random(n) < 0.2, np.nan, 1.0)
    whole = record(values, times=times)
    span = whole.duration * rng.uniform(0.5, 3)
    holed = record(np.where(rng.random(n) < 0.3, np.nan, values), times=times)
    before, after = coverage(whole, None, span, epoch), coverage(holed, None, span, epoch)
    assert 0 <= after <= before + 1e-9 <= 1 + 1e-9
