"""Electroencephalogram: tones of known power, coloured noise, and a real night's EEG against scipy."""

import numpy as np
import pytest
from scipy.integrate import trapezoid
from scipy.signal import welch

from mmomics.devices.record import Record
from mmomics.signals import eeg

FS, PARAMS = 100.0, eeg.Params()
RHYTHMS = ("delta", "theta", "alpha", "sigma", "beta")


def record(*channels, fs=FS):
    names = tuple(eeg.ROLES)[: len(channels)]
    return Record(np.stack(channels, axis=1).astype(np.float32), names, ("uV",) * len(channels), fs)


def tone(frequency, amplitude=20.0, seconds=120, fs=FS):
    return amplitude * np.sin(2 * np.pi * frequency * np.arange(int(seconds * fs)) / fs)


def noise(exponent, seconds=600, seed=0):
    """Noise whose power falls with frequency to this exponent."""
    n = int(seconds * FS)
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(0, 20, n))
    frequencies = np.fft.rfftfreq(n, 1 / FS)
    spectrum[1:] *= frequencies[1:] ** (exponent / 2)
    spectrum[0] = 0
    return np.fft.irfft(spectrum, n)


@pytest.fixture(scope="module")
def psg(shared):
    import edfio

    read = edfio.read_edf(shared / "device_formats" / "edf" / "short_psg.edf")
    signals = {signal.label: signal.data for signal in read.signals}
    return record(signals["EEG Fpz-Cz"], signals["EEG Pz-Oz"])


@pytest.mark.parametrize(("name", "frequency"), [("delta", 2), ("theta", 6), ("alpha", 10), ("sigma", 14), ("beta", 22), ("gamma", 38)])
def test_a_tone_has_half_its_squared_amplitude_in_its_band(name, frequency):
    told = eeg.features(record(tone(frequency)), PARAMS)
    assert told[name] == pytest.approx(200, rel=0.01)
    if name != "gamma":
        assert told[f"{name}_share"] > 0.99
        assert told["edge"] == pytest.approx(frequency, abs=0.5)
        assert told["entropy"] < 0.3


def test_shares_of_the_rhythms_are_one_and_do_not_depend_on_the_amplifier():
    signal = noise(-1)
    told, scaled = eeg.features(record(signal), PARAMS), eeg.features(record(signal / 3), PARAMS)
    assert sum(told[f"{name}_share"] for name in RHYTHMS) == pytest.approx(1)
    for name in (*(f"{name}_share" for name in RHYTHMS), "edge", "entropy", "slope"):
        assert scaled[name] == pytest.approx(told[name], rel=1e-4), name
    assert scaled["alpha"] == pytest.approx(told["alpha"] / 9, rel=1e-4)


@pytest.mark.parametrize("exponent", [0, -1, -2])
def test_the_slope_is_the_exponent_of_coloured_noise(exponent):
    assert eeg.features(record(noise(exponent)), PARAMS)["slope"] == pytest.approx(exponent, abs=0.1)


def test_white_noise_has_the_highest_entropy():
    found = [eeg.features(record(noise(exponent)), PARAMS)["entropy"] for exponent in (0, -1, -2)]
    assert found[0] > 0.99
    assert found == sorted(found, reverse=True)


def test_the_alpha_peak_is_where_a_rhythm_stands_out():
    signal = noise(-1, 600) + tone(9.5, 20, 600)
    assert eeg.features(record(signal), PARAMS)["alpha_peak"] == pytest.approx(9.5, abs=0.25)


@pytest.mark.parametrize("channel", [0, 1])
def test_power_of_a_real_eeg_is_that_of_scipy(psg, channel):
    told = eeg.features(psg, PARAMS)
    prefix = ("", "posterior_")[channel]
    frequencies, density = welch(psg.signal[:, channel].astype(float), FS, nperseg=400)
    for name, (low, high) in eeg.BANDS.items():
        inside = (frequencies >= low) & (frequencies <= high)
        assert told[prefix + name] == pytest.approx(trapezoid(density[inside], frequencies[inside]), rel=0.03)
    assert told[f"{prefix}clean"] == 1


def test_sampling_rate_changes_nothing_that_both_can_tell():
    slow, fast = tone(10) + tone(3), tone(10, fs=250) + tone(3, fs=250)
    first, second = eeg.features(record(slow), PARAMS), eeg.features(record(fast, fs=250.0), PARAMS)
    for name in (*RHYTHMS, "edge"):
        assert second[name] == pytest.approx(first[name], rel=0.02, abs=0.1), name


def test_epochs_with_artefacts_are_dropped_whole():
    signal = noise(-1, 300)
    plain = eeg.features(record(signal), PARAMS)
    moved = signal.copy()
    moved[4000:4050] += 2000
    moved[9500:9800] = np.nan
    told = eeg.features(record(moved), PARAMS)
    assert told["clean"] == pytest.approx(0.8)
    kept = np.delete(signal.reshape(10, -1), [1, 3], axis=0).ravel()
    expected = eeg.features(record(kept), PARAMS)
    assert expected["clean"] == plain["clean"] == 1
    for name in RHYTHMS:
        assert told[name] == pytest.approx(expected[name], rel=1e-5)


def test_a_channel_that_is_not_there_is_missing():
    told = eeg.features(record(tone(10)), PARAMS)
    assert np.isnan([value for name, value in told.items() if name.startswith("posterior_")]).all()


def test_a_band_beyond_half_the_sampling_rate_is_missing():
    told = eeg.features(record(tone(10, fs=64), fs=64.0), PARAMS)
    assert np.isnan(told["gamma"]) and np.isfinite(told["beta"])
