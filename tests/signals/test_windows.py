"""Windows of a signal keep what is in the band, at its frequency and size, and say where nothing was recorded."""

import numpy as np
import pytest
from scipy.signal import resample

from mmomics.config.modality import Windows
from mmomics.devices.record import Record
from mmomics.errors import UserError
from mmomics.signals._windows import cut


def record(values, fs=250.0, times=None):
    signal = np.asarray(values, dtype=np.float32).reshape(len(values), np.shape(values)[1] if np.ndim(values) > 1 else 1)
    channels = tuple(f"c{place}" for place in range(signal.shape[1]))
    return Record(signal, channels, ("mV",) * len(channels), fs if times is None else None, times)


def tone(hertz, seconds=60.0, fs=250.0, phase=0.3):
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * fs)) / fs + phase)


def fitted(values, hertz, fs):
    """Amplitude of a tone by least squares, and what is left beside it (standard deviation)."""
    angle = 2 * np.pi * hertz * np.arange(len(values)) / fs
    basis = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    weights = np.linalg.lstsq(basis, values, rcond=None)[0]
    return np.hypot(*weights), np.std(values - basis @ weights)


@pytest.mark.parametrize("hertz", [1.0, 7.3, 20.0])
@pytest.mark.parametrize("rate", [128.0, 250.0, 333.3, 1000.0])
def test_a_tone_in_the_band_keeps_frequency_and_amplitude(hertz, rate):
    (found,) = cut(record(tone(hertz, fs=rate), rate), Windows(seconds=10, fs=100, low=0.3, high=35))
    amplitude, rest = fitted(found, hertz, 100)
    assert abs(amplitude - 1) < 0.02 and rest < 0.02


@pytest.mark.parametrize("hertz", [0.05, 80.0, 110.0])
def test_a_tone_outside_the_band_vanishes(hertz):
    found = cut(record(tone(hertz)), Windows(seconds=10, fs=250, low=1, high=35))
    assert np.abs(found).max() < 0.02


def test_what_the_new_rate_cannot_hold_does_not_fold_back():
    """40 and 61 Hz would show up as 10 and 11 Hz at 50 samples per second."""
    for hertz in (40.0, 61.0, 90.0):
        assert np.abs(cut(record(tone(hertz)), Windows(seconds=10, fs=50))).max() < 0.01


def test_resampling_agrees_with_the_fourier_method():
    rng = np.random.default_rng(0)
    slow = resample(rng.normal(size=400), 5000)  # 20 s at 250 Hz, nothing above 10 Hz
    (found,) = cut(record(slow), Windows(seconds=20, fs=100))
    np.testing.assert_allclose(found[200:-200], resample(slow, 2000)[200:-200], atol=0.02)


def test_a_later_signal_gives_a_later_window():
    rng = np.random.default_rng(1)
    long = rng.normal(size=6000)
    windows = Windows(seconds=6, fs=125, low=2, high=40)
    (early,), (late,) = cut(record(long[500:3500]), windows), cut(record(long[:3000]), windows)  # late by 500 samples = 250 new ones
    np.testing.assert_allclose(early[:-250], late[250:], atol=5e-3)


def test_the_scale_and_the_sum_of_signals_are_kept():
    rng = np.random.default_rng(2)
    one, other = rng.normal(size=(2, 5000))
    windows = Windows(seconds=5, fs=100, low=1, high=30)
    joint = cut(record(2 * one - other), windows)
    np.testing.assert_allclose(joint, 2 * cut(record(one), windows) - cut(record(other), windows), atol=1e-5)


ODD = [(62.4725, 100.0, 7.77), (1 / 300, 1 / 300, 86400), (256.0, 99.7, 3.3), (1000.0, 32.0, 1.0)]


@pytest.mark.parametrize(("rate", "fs", "seconds"), ODD)
@pytest.mark.parametrize("count", [1, 3])
def test_lengths_are_exact_and_the_windows_full(rate, fs, seconds, count):
    values = tone(rate / 50, seconds * count * 1.7, rate)
    found = cut(record(values, rate), Windows(seconds=seconds, fs=fs, count=count))
    assert found.shape == (1, count * round(seconds * fs)) and found.dtype == np.float32
    assert np.isfinite(found).all()


def test_a_short_record_is_filled_up_with_gaps():
    (found,) = cut(record(np.ones(500)), Windows(seconds=5, fs=100, count=2))
    assert np.isfinite(found[:200]).all() and np.isnan(found[200:]).all()
    np.testing.assert_allclose(found[:200], 1, atol=1e-3)
    for nothing in (np.empty(0), np.full(500, np.nan), np.ones(1)):
        shown = cut(record(nothing), Windows(seconds=5, fs=100, low=1))
        assert shown.shape == (1, 500) and np.isnan(shown).all()


def test_a_gap_stays_a_gap_and_what_is_beside_it_stays_what_it_was():
    values = tone(5, 10) + 100.0
    values[1000:1500] = np.nan
    (found,) = cut(record(values), Windows(seconds=10, fs=125, high=30))
    assert np.isnan(found[505:745]).all() and np.isfinite(found[:499]).all() and np.isfinite(found[752:]).all()
    expected = (tone(5, 10) + 100.0)[::2]
    np.testing.assert_allclose(found[:450], expected[:450], atol=0.06)


def test_windows_avoid_gaps_and_lie_in_order():
    """Time itself as the signal: a window shows where it was cut."""
    values = np.arange(10_000) / 100.0
    values[4000:6000] = np.nan
    (found,) = cut(record(values, 100.0), Windows(seconds=10, fs=100, count=4))
    assert np.isfinite(found).all()
    starts = found.reshape(4, 1000)[:, 0]
    assert (np.diff(starts) >= 10).all() and starts[1] < 40 <= 60 <= starts[2]
    (alone,) = cut(record(np.arange(10_000) / 100.0, 100.0), Windows(seconds=10, fs=100))
    np.testing.assert_allclose(alone[0], 45, atol=0.02)  # the middle


def test_a_single_lost_sample_is_bridged():
    values = tone(5, 10)
    values[::97] = np.nan
    (found,) = cut(record(values), Windows(seconds=10, fs=250, low=1))
    assert np.isfinite(found[1:-1]).all()
    assert fitted(found[250:-250], 5, 250)[0] == pytest.approx(1, abs=0.02)


def test_channels_do_not_touch_each_other():
    rng = np.random.default_rng(3)
    signal = rng.normal(size=(4000, 3))
    windows = Windows(seconds=5, fs=100, low=1, count=2)
    together = cut(record(signal), windows)
    for place in range(3):
        np.testing.assert_array_equal(together[place], cut(record(signal[:, place]), windows)[0])


def test_irregular_readings_are_averaged_per_step():
    rng = np.random.default_rng(4)
    times = np.sort(rng.uniform(0, 600, 6000))
    found = cut(record(np.sin(2 * np.pi * times / 60), times=times), Windows(seconds=600, fs=1))
    middle = np.sin(2 * np.pi * (np.arange(600) + 0.5 + times[0]) / 60)
    assert np.nanmax(np.abs(found[0] - middle)) < 0.12 and np.isfinite(found).mean() > 0.99


def test_a_slow_irregular_record_is_read_at_its_own_pace():
    """Glucose every five minutes or so, wanted every minute."""
    times = np.arange(288) * 300.0 + np.random.default_rng(5).uniform(-20, 20, 288)
    (found,) = cut(record(100 + 30 * np.sin(2 * np.pi * times / 86400), times=times), Windows(seconds=43200, fs=1 / 60))
    assert found.shape == (720,) and np.isfinite(found).all() and 69 < found.min() < found.max() < 131


def test_edges_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match=r"`low` \(30 Hz\) must be below `high` \(10 Hz\)"):
        Windows(seconds=1, fs=100, low=30, high=10)
    with pytest.raises(UserError, match="too few for a lower edge"):
        cut(record(tone(1, fs=10), 10.0), Windows(seconds=1, fs=10, low=8))
    assert np.isfinite(cut(record(tone(1, fs=10), 10.0), Windows(seconds=1, fs=10, high=8))).all()  # nothing to take away
