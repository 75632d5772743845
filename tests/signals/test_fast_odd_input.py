"""Whatever is recorded, a fast signal is told or missing; nothing raises, warns or is infinite."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmomics import plugins
from mmomics.devices.record import Record

KINDS = {"ecg": 250.0, "ppg": 100.0, "blood_pressure": 100.0, "respiration": 25.0, "eeg": 100.0, "sleep": 1.0}


def told(kind, values, fs=None, times=None):
    module = plugins.load("signals", kind)
    names = tuple(module.ROLES)[:1]
    signal = np.asarray(values, dtype=np.float32)[:, None][:, : len(names)]
    units = tuple(module.ROLES[name].unit for name in names)
    record = Record(signal, names, units, None if times is not None else fs or KINDS[kind], times)
    params = module.Params()
    if hasattr(module, "worn"):
        worn = module.worn(record, params)
        assert worn.shape == (len(record),) and worn.dtype == bool
    found = module.features(record, params)
    assert list(found) == [feature.name for feature in module.FEATURES]
    assert not np.isinf(list(found.values())).any()
    assert all(isinstance(value, float) for value in found.values())
    return found


def shapes(n):
    rng = np.random.default_rng(0)
    pulse = np.zeros(n)
    pulse[:: max(n // 7, 1)] = 1
    yield "constant", np.full(n, 3.0)
    yield "missing", np.full(n, np.nan)
    yield "infinite", np.full(n, np.inf)
    yield "noise", rng.normal(size=n)
    yield "ramp", np.arange(n, dtype=float)
    yield "square", np.sign(np.sin(np.arange(n) / 7))
    yield "saturated", np.clip(10 * rng.normal(size=n), -1, 1)
    yield "spikes", pulse
    yield "one step", (np.arange(n) > n // 2).astype(float)
    yield "holes", np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n))
    yield "tiny", 1e-30 * rng.normal(size=n)
    yield "huge", 1e30 * rng.normal(size=n)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [0, 0.02, 1, 11, 45, 400])
def test_every_shape_and_length_is_told_or_missing(kind, seconds):
    n = int(np.ceil(seconds * KINDS[kind]))
    for _, values in shapes(n) if n else [("empty", np.empty(0))]:
        told(kind, values)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fs", [1 / 300, 0.9, 1.0, 7.0, 33.3, 59.94, 128.5])
def test_every_sampling_rate_is_told_or_missing(kind, fs):
    values = np.sin(np.arange(3000) / 5) + np.random.default_rng(1).normal(0, 0.1, 3000)
    told(kind, values, fs)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("sleep",)])
def test_nothing_recorded_says_nothing(kind):
    for values in (np.empty(0), np.full(5000, np.nan), np.zeros(5000)):
        found = told(kind, values)
        assert np.isnan([value for name, value in found.items() if name != "clean"]).all()


@pytest.mark.parametrize("kind", ["ecg", "ppg", "respiration"])
def test_irregular_steps_are_read_by_their_times(kind):
    fs = KINDS[kind]
    seconds = np.arange(0, 60, 1 / fs)
    rate = 0.3 if kind == "respiration" else 1.2
    values = np.exp(-0.5 * (((seconds * rate) % 1 - 0.5) / (0.15 if kind != "ecg" else 0.02)) ** 2)
    jitter = seconds + np.random.default_rng(0).uniform(0, 0.2 / fs, len(seconds))
    name = "rate" if kind == "respiration" else "rate_mean"
    assert told(kind, values, times=jitter)[name] == pytest.approx(60 * rate, rel=0.02)
    assert told(kind, values)[name] == pytest.approx(60 * rate, rel=0.02)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**16), gaps=st.integers(0, 6), scale=st.sampled_from([1e-6, 1.0, 1e6]), seconds=st.integers(10, 150))
def test_random_walks_with_gaps_are_told_or_missing(kind, seed, gaps, scale, seconds):
    rng = np.random.default_rng(seed)
    n = int(seconds * KINDS[kind])
    values = scale * np.cumsum(rng.normal(size=n) * rng.choice([0, 0.1, 1, 20], size=n))
    for first in rng.integers(0, n, gaps):
        values[first : first + rng.integers(1, n // 4)] = rng.choice([np.nan, values[first]])
    told(kind, values)
