"""Readings are found again in files where they were interpolated."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmomics.config.modality import Device
from mmomics.devices import _cadence, timeseries
from mmomics.devices._cadence import native


def interpolated(readings, step, phase, n_times):
    """A line through whole-number readings at phase, phase + step, ... on a grid of one."""
    at = phase + step * np.arange(len(readings))
    grid = np.arange(n_times)
    return grid, np.interp(grid, at, readings, left=np.nan, right=np.nan).astype(np.float32), at


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    step=st.sampled_from([5, 15]),
    phase=st.integers(0, 14),
    n=st.integers(8, 80),
    scale=st.sampled_from([1, 0.1]),
)
def test_readings_come_back_whatever_the_phase(seed, step, phase, n, scale):
    random = np.random.default_rng(seed)
    readings = np.round(100 + np.cumsum(random.choice([-9, -4, 3, 7], n)) * 1.0) * scale
    times, values, at = interpolated(readings, step, phase, phase + step * n + 20)
    kept = native(times, values, step)
    assert kept.tolist() == at.tolist()
    np.testing.assert_allclose(values[kept], readings, rtol=1e-6)


def test_a_line_across_a_gap_is_no_reading():
    readings = np.array([100, 104, 101, 105, 99, 103], dtype=float)
    at = np.array([0, 15, 30, 45, 45 + 150, 60 + 150])
    times = np.arange(211)
    kept = native(times, np.interp(times, at, readings), 15)
    assert set(at) <= set(times[kept])
    assert np.allclose(np.interp(times[kept], at, readings) % 1, 0) and len(kept) < 9  # 105 to 99 in 150: whole every 25


def test_two_sensors_of_different_phase():
    first = interpolated(np.array([100.0, 104, 101, 107, 103]), 15, 0, 61)[1]
    second = interpolated(np.array([90.0, 94, 91, 97, 93]), 15, 4, 65)[1]
    values = np.r_[first, np.full(10, np.nan), second]
    kept = native(np.arange(len(values)), values, 15)
    assert kept.tolist() == [*range(0, 61, 15), *range(75, 140, 15)]


@pytest.mark.parametrize("values", [np.full(50, 90.0), np.arange(50.0), np.random.default_rng(0).normal(size=50)])
def test_what_cannot_be_told_is_thinned_from_the_first(values):
    assert native(np.arange(50), values, 5).tolist() == list(range(0, 50, 5))


def test_a_file_in_its_native_cadence_is_left_alone():
    values = np.random.default_rng(0).normal(size=50)
    values[7] = np.nan
    assert native(np.arange(50) * 5, values, 5).tolist() == [*range(7), *range(8, 50)]


@pytest.mark.parametrize(("channel", "step", "minutes"), [("Libre GL", "15 min", 15), ("Dexcom GL", "5 min", 5)])
@pytest.mark.parametrize("number", [1, 7, 15, 18, 26, 44])
def test_glucose_monitors_report_whole_numbers_at_their_cadence(shared, channel, step, minutes, number):
    path = shared / f"cgmacros/device/CGMacros-{number:03d}.csv.gz"
    (record,) = timeseries.read(path, Device(signal="cgm", files="x", channels={"glucose": channel}, step=step))
    assert record.channels == (channel,)
    assert np.abs(record.signal - np.round(record.signal)).max() < 1e-3
    steps = np.diff(record.seconds) / 60
    assert steps.min() >= 0.9 * minutes and np.median(steps) == minutes


@pytest.mark.parametrize("number", [1, 5, 14, 30])
def test_ten_days_of_a_sensor_are_its_readings(shared, number):
    """A sensor of ten days gives at most 2,880 readings; the minute file holds five times as many values."""
    path = shared / f"cgmacros/device/CGMacros-{number:03d}.csv.gz"
    (record,) = timeseries.read(path, Device(signal="cgm", files="x", channels={"glucose": "Dexcom GL"}, step="5 min"))
    assert 2800 < len(record) <= 2880


def test_what_was_interpolated_is_told_from_what_was_read(shared):
    (record,) = timeseries.read(shared / "cgmacros/device/CGMacros-007.csv.gz", Device(signal="generic", files="x"))
    steps = {
        name: _cadence.interpolated(record.seconds, record.signal[:, record.channels.index(name)])
        for name in ("Libre GL", "Dexcom GL", "HR")
    }
    assert steps == {"Libre GL": 900, "Dexcom GL": 300, "HR": None}
    path = shared / "device_formats/cgm/hall_2018_cgm.csv.gz"  # as the monitors wrote it
    for record in timeseries.read(path, Device(signal="generic", files="x", subject="id")):
        assert _cadence.interpolated(record.seconds, record.signal[:, 0]) is None
        rounded = np.round(record.signal[:, 0] / 18, 1)  # mmol/L: steps of one digit repeat
        assert _cadence.interpolated(record.seconds, rounded) is None


def test_a_file_in_the_step_of_its_device_was_not_interpolated():
    """Long straight stretches with bends next to one another: the step found is that of the file."""
    slopes = np.repeat(np.resize([1.0, -2.0, 3.0], 60), np.resize([12, 1, 1, 1], 60))
    assert _cadence.interpolated(np.arange(len(slopes)) * 300.0, 100 + np.cumsum(slopes)) is None
