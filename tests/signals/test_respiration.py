"""Respiration: sines and simulated breaths of known rate and depth, pauses, and a real belt."""

import numpy as np
import pytest

from mmomics.devices.record import Record
from mmomics.signals import respiration

PARAMS = respiration.Params()


def record(values, fs=25.0):
    return Record(np.asarray(values, dtype=np.float32)[:, None], ("respiration",), ("",), fs)


def sine(rate, seconds=300, fs=25.0, height=2.0):
    return height / 2 * np.sin(2 * np.pi * rate / 60 * np.arange(int(seconds * fs)) / fs)


@pytest.mark.parametrize("rate", [8, 15, 24])
@pytest.mark.parametrize("fs", [4.0, 25.0, 125.0])
def test_the_rate_and_depth_of_a_sine_are_found(rate, fs):
    told = respiration.features(record(sine(rate, fs=fs), fs), PARAMS)
    assert told["rate"] == pytest.approx(rate, rel=0.02)
    assert told["depth"] == pytest.approx(2, rel=0.15)
    assert told["inspiration_share"] == pytest.approx(0.5, abs=0.05)
    assert told["interval_cv"] < 0.06 and told["pauses"] == 0


@pytest.mark.parametrize("rate", [12, 20])
def test_simulated_breaths_are_counted_as_by_neurokit(rate):
    import neurokit2 as nk

    signal = nk.rsp_simulate(duration=180, sampling_rate=50, respiratory_rate=rate, random_state=rate)
    peaks = nk.rsp_peaks(nk.rsp_clean(signal, sampling_rate=50), sampling_rate=50)[1]["RSP_Peaks"]
    told = respiration.features(record(signal, 50.0), PARAMS)
    assert told["rate"] == pytest.approx(60 * 50 / np.diff(peaks).mean(), rel=0.03)


def test_the_sensor_sets_the_depth_and_nothing_else():
    signal = sine(14) + np.random.default_rng(0).normal(0, 0.05, 7500)
    plain, scaled = respiration.features(record(signal), PARAMS), respiration.features(record(50 * signal + 7), PARAMS)
    assert scaled["depth"] == pytest.approx(50 * plain["depth"], rel=1e-3)
    for name in set(plain) - {"depth"}:
        assert scaled[name] == pytest.approx(plain[name], rel=1e-3), name


def test_pauses_are_counted():
    fs = 25.0
    signal = sine(15, 600)
    ripple = 0.01 * np.random.default_rng(0).normal(size=len(signal))
    for first in (100, 300, 500):
        signal[int(first * fs) : int((first + 16) * fs)] = 0
    told = respiration.features(record(signal + ripple), PARAMS)
    assert told["pauses"] == pytest.approx(3 * 6)
    assert told["rate_median"] == pytest.approx(15, rel=0.03)


def test_a_gap_is_no_long_breath():
    signal = sine(15, 600)
    signal[5000:9000] = np.nan
    told = respiration.features(record(signal), PARAMS)
    assert told["pauses"] == 0
    assert told["rate"] == pytest.approx(15, rel=0.02)


def test_breaths_of_a_real_record_follow_its_strongest_frequency(shared):
    import wfdb
    from scipy.signal import welch

    read = wfdb.rdrecord(str(shared / "device_formats" / "wfdb" / "03700181"), smooth_frames=False)
    values = read.e_p_signal[2]
    told = respiration.features(record(values, 125.0), PARAMS)
    frequencies, density = welch(np.nan_to_num(values), 125.0, nperseg=125 * 60)
    inside = (frequencies > 0.1) & (frequencies < 0.7)
    strongest = 60 * frequencies[inside][density[inside].argmax()]
    assert told["rate_median"] == pytest.approx(strongest, rel=0.15)
    assert told["interval_cv"] < 0.2
