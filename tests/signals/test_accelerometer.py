"""Acceleration: known forces and angles, wear against the loop of its paper, days, and the memory of long records."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from mmomics.devices.record import Record
from mmomics.signals import accelerometer

PARAMS = accelerometer.Params()
START = pd.Timestamp("2024-05-06")


def record(xyz, fs=20.0, start=START, times=None):
    return Record(np.asarray(xyz, dtype=np.float32), ("x", "y", "z"), ("g",) * 3, None if times is not None else fs, times, start)


def told(xyz, params=PARAMS, **more):
    return accelerometer.features(record(xyz, **more), params)


def along(z, n=None):
    """Acceleration along the z axis alone (g)."""
    z = np.asarray(z, dtype=float) if n is None else np.full(n, z)
    return np.column_stack([np.zeros_like(z), np.zeros_like(z), z])


@pytest.mark.parametrize(
    ("g", "name"), [(1.0, "inactive"), (0.5, "inactive"), (1.044, "inactive"), (1.05, "light"), (1.11, "moderate"), (1.5, "vigorous")]
)
def test_force_beyond_gravity_and_its_class(g, name):
    found = told(along(g, 20 * 300))
    assert found["enmo"] == pytest.approx(1000 * max(g - 1, 0), abs=0.01)
    classes = ("inactive", "light", "moderate", "vigorous")
    assert {each: found[each] for each in classes} == {each: float(each == name) for each in classes}


def test_the_angle_of_the_arm_does_not_depend_on_how_it_turns_about_it():
    tilt, turn = np.repeat([0.0, 60.0], 3000), np.repeat(np.random.default_rng(0).uniform(0, 2 * np.pi, 60), 100)
    tilt = np.radians(tilt)
    arm = np.column_stack([np.cos(tilt) * np.cos(turn), np.cos(tilt) * np.sin(turn), np.sin(tilt)])
    found = told(arm)
    assert found["angle_sd"] == pytest.approx(30 * np.sqrt(60 / 59), rel=1e-3)  # half of the epochs at 0, half at 60 degrees
    assert found["enmo"] == pytest.approx(0, abs=1e-3)


def loop(xyz, fs):
    """van Hees et al. 2013, window by window: quarters of an hour that lie in a still hour."""
    quarter = int(900 * fs)
    worn = np.ones(len(xyz), dtype=bool)
    for first in range(0, len(xyz) - 4 * quarter + 1, quarter):
        hour = xyz[first : first + 4 * quarter].astype(float)
        if (np.nanstd(hour, axis=0) < 0.013).sum() >= 2 or (np.nanmax(hour, axis=0) - np.nanmin(hour, axis=0) < 0.05).sum() >= 2:
            worn[first : first + 4 * quarter] = False
    return worn


def moving(hours, fs, seed=0):
    rng = np.random.default_rng(seed)
    n = int(hours * 3600 * fs)
    return along(1.0, n) + rng.normal(0, 0.1, (n, 3))


@pytest.mark.parametrize("still_axes", [(0, 1, 2), (0, 1), (2,)])
def test_hours_in_which_two_axes_are_still_are_not_worn(still_axes):
    fs = 1.0
    xyz = moving(10, fs)
    rng = np.random.default_rng(1)
    for axis in still_axes:
        xyz[10000:20000, axis] = (axis == 2) + rng.normal(0, 0.002, 10000)
    xyz[5000:5100] = np.nan
    found = accelerometer.worn(record(xyz, fs), PARAMS)
    np.testing.assert_array_equal(found, loop(xyz.astype(np.float32), fs))
    assert found.all() == (len(still_axes) < 2)
    assert accelerometer.worn(record(xyz, fs), accelerometer.Params(still_sd=0.0, still_range=0.0)).all()


def test_what_lies_on_a_table_counts_for_nothing():
    fs = 1.0
    xyz = moving(12, fs)
    base = told(xyz, fs=fs)
    off = np.concatenate([xyz, along(1.0, int(6 * 3600 * fs))])
    assert told(off, fs=fs)["enmo"] == pytest.approx(base["enmo"], rel=0.01)
    assert np.isnan(list(told(along(1.0, 7200), fs=fs).values())).all()


def test_days_have_their_most_and_least_active_hours():
    fs, days = 0.5, 3
    hour = np.arange(int(days * 86400 * fs)) / fs / 3600 % 24
    rng = np.random.default_rng(2)
    force = np.where((hour >= 9) & (hour < 19), 1.2, np.where((hour >= 23) | (hour < 4), 1.01, 1.05))
    xyz = along(force) + rng.normal(0, 0.02, (len(hour), 3))
    found = told(xyz, fs=fs)
    assert found["m10_onset"] == pytest.approx(9, abs=0.1) and found["l5_onset"] == pytest.approx(-1, abs=0.1)
    assert found["m10"] == pytest.approx(200, rel=0.02) and found["l5"] < 25 and found["interdaily_stability"] > 0.99
    adrift = told(xyz, fs=fs, start=None)
    assert adrift["m10"] == pytest.approx(found["m10"]) and np.isnan(adrift["m10_onset"])


def test_a_turned_monitor_moves_as_much():
    xyz = moving(2, 5.0)
    rotation, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    base, turned = told(xyz, fs=5.0), told(xyz @ rotation, fs=5.0)
    for name in ("enmo", "enmo_sd", "enmo_high", "inactive", "light", "moderate"):
        assert turned[name] == pytest.approx(base[name], rel=1e-3, abs=1e-4)


def test_times_and_steady_steps_and_any_order_of_axes_say_the_same():
    xyz = moving(3, 5.0)
    base = told(xyz, fs=5.0)
    assert told(xyz, times=np.arange(len(xyz)) / 5.0) == pytest.approx(base, nan_ok=True)
    mixed = Record(record(xyz).signal[:, [2, 0, 1]], ("z", "x", "y"), ("g",) * 3, 5.0, start=START)
    assert accelerometer.features(mixed, PARAMS) == pytest.approx(base, nan_ok=True)


def test_blocks_join_without_a_seam(monkeypatch):
    xyz = moving(2, 5.0)
    base = told(xyz, fs=5.0)
    monkeypatch.setattr(accelerometer, "BLOCK", 997)
    assert told(xyz, fs=5.0) == pytest.approx(base, nan_ok=True)


def test_memory_does_not_grow_with_the_record():
    n = 2_000_000
    signal = np.zeros((n, 3), dtype=np.float32)
    signal[:, 2] = 1 + np.resize(np.float32([0.0, 0.3]), n)
    long = record(signal, 50.0)
    tracemalloc.start()
    found = accelerometer.features(long, accelerometer.Params(still_sd=0.0, still_range=0.0))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found["enmo"] == pytest.approx(150, rel=1e-3)
    assert peak < 60e6  # times of every sample and a copy of the signal in double precision would be as much again
