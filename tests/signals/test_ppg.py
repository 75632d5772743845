"""Photoplethysmogram and arterial pressure: simulated pulses with known rate and height, and two sensors on one heart."""

import numpy as np
import pytest

from mmomics.devices.record import Record
from mmomics.signals import blood_pressure, ecg, ppg

FS = 125.0


def record(values, role="ppg", unit=""):
    return Record(np.asarray(values, dtype=np.float32)[:, None], (role,), (unit,), FS)


def pressure(seconds=120, low=80.0, high=120.0, rate=75.0):
    """A wave that rises for a quarter of a beat and falls for the rest, between two pressures (mmHg)."""
    phase = (np.arange(int(seconds * FS)) / FS * rate / 60) % 1
    rise, fall = np.sin(np.pi / 2 * phase / 0.25) ** 2, np.cos(np.pi / 2 * (phase - 0.25) / 0.75) ** 2
    return low + (high - low) * np.where(phase < 0.25, rise, fall)


@pytest.mark.parametrize("rate", [55, 75, 110])
def test_the_rate_of_simulated_pulses_is_found(rate):
    import neurokit2 as nk

    signal = nk.ppg_simulate(duration=60, sampling_rate=int(FS), heart_rate=rate, random_state=rate)
    told = ppg.features(record(signal), ppg.Params())
    assert told["rate_mean"] == pytest.approx(rate, rel=0.02)
    assert told["quality"] > 0.9


def test_amplitude_scales_and_nothing_else_does():
    signal = pressure() + np.random.default_rng(0).normal(0, 0.2, int(120 * FS))
    plain, scaled = ppg.features(record(signal), ppg.Params()), ppg.features(record(3 * signal), ppg.Params())
    assert scaled["amplitude"] == pytest.approx(3 * plain["amplitude"], rel=1e-3)
    assert plain["amplitude"] == pytest.approx(40, rel=0.15)
    for name in set(plain) - {"amplitude"}:
        assert scaled[name] == pytest.approx(plain[name], rel=1e-3, abs=1e-3, nan_ok=True), name
    turned = ppg.features(record(-signal), ppg.Params(inverted=True))
    assert turned == pytest.approx(plain, nan_ok=True)


def test_pulses_and_beats_of_one_heart_agree(shared):
    import wfdb

    read = wfdb.rdrecord(str(shared / "device_formats" / "wfdb" / "a103l"))
    lead = Record(read.p_signal[:, :1].astype(np.float32), ("ecg",), ("mV",), 250.0).between(0, 240)
    pulse = Record(read.p_signal[:, 2:].astype(np.float32), ("ppg",), ("",), 250.0).between(0, 240)
    told = ppg.features(pulse, ppg.Params())
    assert told["rate_mean"] == pytest.approx(ecg.features(lead, ecg.Params())["rate_mean"], rel=0.03)


def test_noise_has_pulses_that_are_not_alike():
    told = ppg.features(record(np.random.default_rng(0).normal(0, 1, 7500)), ppg.Params())
    assert not told["quality"] > 0.7


def test_pressures_are_those_of_the_wave():
    told = blood_pressure.features(record(pressure(), "pressure", "mmHg"), blood_pressure.Params())
    assert told["systolic"] == pytest.approx(120, abs=0.5)
    assert told["diastolic"] == pytest.approx(80, abs=0.5)
    assert told["mean_pressure"] == pytest.approx(100, abs=0.5)  # both limbs are symmetric about their middle
    assert told["pulse_pressure"] == pytest.approx(told["systolic"] - told["diastolic"])
    assert told["pulse_rate"] == pytest.approx(75, rel=0.01)
    assert told["systolic_arv"] < 0.5 and told["systolic_sd"] < 0.5


def test_alternating_pressures_vary_by_their_difference():
    beats = int(60 * 120 / 60)
    heights = np.where(np.arange(beats) % 2, 130.0, 120.0)
    wave = np.concatenate([pressure(1, 80, high, 60) for high in heights])
    told = blood_pressure.features(record(wave, "pressure", "mmHg"), blood_pressure.Params())
    assert told["systolic"] == pytest.approx(125, abs=0.5)
    assert told["systolic_arv"] == pytest.approx(10, abs=0.5)
    assert told["systolic_sd"] == pytest.approx(5, abs=0.5)


def test_a_flushed_line_is_a_gap():
    wave = pressure()
    wave[3000:6000] = 300.0
    told = blood_pressure.features(record(wave, "pressure", "mmHg"), blood_pressure.Params())
    assert told["systolic"] == pytest.approx(120, abs=3)
    on = blood_pressure.worn(record(wave, "pressure", "mmHg"), blood_pressure.Params())
    assert on.mean() == pytest.approx(0.8, abs=0.001)


def test_pressure_lies_between_the_extremes_of_a_real_record(shared):
    import wfdb

    read = wfdb.rdrecord(str(shared / "device_formats" / "wfdb" / "03700181"), smooth_frames=False)
    values = read.e_p_signal[1]
    told = blood_pressure.features(record(values, "pressure", "mmHg"), blood_pressure.Params())
    assert np.min(values) <= told["diastolic"] < told["mean_pressure"] < told["systolic"] <= np.max(values)
    assert told["mean_pressure"] == pytest.approx(values.mean(), rel=0.02)
    assert told["quality"] > 0.95
