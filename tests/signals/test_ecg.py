"""Electrocardiogram: beats against the annotations of cardiologists, simulated rates, and what must not change anything."""

import numpy as np
import pytest
from scipy.signal import resample_poly

from mmomics.devices.record import Record
from mmomics.signals import ecg
from mmomics.signals._stretches import events

PARAMS = ecg.Params()
FREE_OF_SCALE = [feature.name for feature in ecg.FEATURES if feature.name != "qrs_amplitude"]


def record(*leads, fs=250.0):
    names = tuple(ecg.ROLES)[: len(leads)]
    return Record(np.stack(leads, axis=1).astype(np.float32), names, ("mV",) * len(leads), fs)


@pytest.fixture(scope="module")
def simulated():
    """Three minutes at 72 beats per minute, 1000 Hz."""
    import neurokit2 as nk

    return nk.ecg_simulate(duration=180, sampling_rate=1000, heart_rate=72, noise=0.02, random_state=1)


@pytest.fixture(scope="module")
def mitbih(shared):
    """Record 100 with the beats of its annotations (s) and their kinds."""
    import wfdb

    path = str(shared / "device_formats" / "wfdb" / "100")
    read, notes = wfdb.rdrecord(path), wfdb.rdann(path, "atr")
    kinds = np.array(notes.symbol)
    beat = np.isin(kinds, ["N", "A", "V"])
    return record(*read.p_signal.T, fs=float(read.fs)), notes.sample[beat] / read.fs, kinds[beat]


def found_beats(of):
    lead = ecg.best_lead(of, PARAMS)
    return np.concatenate(events(lead.values, lead.fs, lead.where, ecg.r_peaks)) / lead.fs


@pytest.mark.parametrize("leads", [["ecg"], ["ecg_2"], ["ecg", "ecg_2"]])
def test_beats_of_record_100_are_those_of_its_annotations(mitbih, leads):
    from wfdb.processing import compare_annotations

    of, times, _ = mitbih
    assert len(times) == 2239 + 33 + 1
    found = np.round(found_beats(of.pick(leads)) * of.fs).astype(int)
    compared = compare_annotations(np.round(times * of.fs).astype(int), found, window_width=int(0.15 * of.fs))
    assert compared.sensitivity > 0.99
    assert compared.positive_predictivity > 0.99


def test_intervals_of_record_100_are_those_between_its_normal_beats(mitbih):
    of, times, kinds = mitbih
    normal = (kinds[1:] == "N") & (kinds[:-1] == "N")
    lengths = np.where(normal, 1000 * np.diff(times), np.nan)
    told = ecg.features(of, PARAMS)
    assert told["mean_nn"] == pytest.approx(np.nanmean(lengths), rel=0.001)
    assert told["sdnn"] == pytest.approx(np.nanstd(lengths, ddof=1), rel=0.03)
    assert told["rmssd"] == pytest.approx(np.sqrt(np.nanmean(np.diff(lengths) ** 2)), rel=0.05)
    assert told["abnormal_beats"] == pytest.approx(34 / 2273, rel=0.2)
    assert told["quality"] > 0.99


def test_heart_rate_is_the_pulse_rate_of_the_pressure_beside_it(shared):
    import wfdb

    from mmomics.signals import blood_pressure

    read = wfdb.rdrecord(str(shared / "device_formats" / "wfdb" / "03700181"), smooth_frames=False)
    told = ecg.features(record(read.e_p_signal[0], fs=500.0), PARAMS)
    pressure = Record(read.e_p_signal[1].astype(np.float32)[:, None], ("pressure",), ("mmHg",), 125.0)
    assert told["rate_mean"] == pytest.approx(blood_pressure.features(pressure, blood_pressure.Params())["pulse_rate"], rel=0.01)


@pytest.mark.parametrize("rate", [50, 90, 140])
def test_the_rate_of_a_simulated_heart_is_found(rate):
    import neurokit2 as nk

    signal = nk.ecg_simulate(duration=60, sampling_rate=250, heart_rate=rate, noise=0.05, random_state=rate)
    told = ecg.features(record(signal), PARAMS)
    assert told["rate_mean"] == pytest.approx(rate, rel=0.03)
    assert told["rate_min"] <= told["rate_mean"] <= told["rate_max"]


@pytest.mark.parametrize("scale", [0.1, 4.0])
def test_only_the_amplitude_depends_on_the_amplitude(simulated, scale):
    signal = simulated[::4]
    plain, scaled = ecg.features(record(signal), PARAMS), ecg.features(record(scale * signal), PARAMS)
    assert scaled["qrs_amplitude"] == pytest.approx(scale * plain["qrs_amplitude"], rel=1e-3)
    for name in FREE_OF_SCALE:
        assert scaled[name] == pytest.approx(plain[name], rel=1e-6, nan_ok=True), name


def test_a_lead_upside_down_says_the_same(mitbih):
    of = mitbih[0].between(0, 300).pick(["ecg"])
    turned = Record(-of.signal, of.channels, of.units, of.fs)
    assert ecg.features(turned, PARAMS) == pytest.approx(ecg.features(of, PARAMS), nan_ok=True)


def test_sampling_rate_changes_little(simulated):
    told = [ecg.features(record(resample_poly(simulated, 1, down), fs=1000 / down), PARAMS) for down in (1, 2, 4, 8)]
    for other in told[1:]:
        assert other["mean_nn"] == pytest.approx(told[0]["mean_nn"], rel=0.002)
        assert other["sdnn"] == pytest.approx(told[0]["sdnn"], abs=3)
        assert other["qrs_amplitude"] == pytest.approx(told[0]["qrs_amplitude"], rel=0.1)


def test_drift_and_mains_hum_change_little(simulated):
    signal = simulated[::4]
    seconds = np.arange(len(signal)) / 250
    noisy = signal + 2 * np.sin(2 * np.pi * 0.15 * seconds) + 0.05 * np.sin(2 * np.pi * 50 * seconds)
    plain, told = ecg.features(record(signal), PARAMS), ecg.features(record(noisy), PARAMS)
    assert told["mean_nn"] == pytest.approx(plain["mean_nn"], rel=0.005)
    assert told["rmssd"] == pytest.approx(plain["rmssd"], abs=5)


def test_the_best_of_several_leads_is_taken(simulated):
    good = simulated[::4]
    noise = np.random.default_rng(0).normal(0, 1, len(good))
    plain = ecg.features(record(good), PARAMS)
    for leads in ((noise, good), (np.zeros_like(good), noise, good), (np.where(np.arange(len(good)) < 5000, good, np.nan), good)):
        assert ecg.features(record(*leads), PARAMS) == pytest.approx(plain, nan_ok=True)


def test_noise_alone_has_a_low_quality():
    noise = np.random.default_rng(0).normal(0, 1, 60 * 250)
    assert ecg.features(record(noise), PARAMS)["quality"] < 0.7


@pytest.mark.parametrize("fill", [np.nan, 5.0])
def test_a_lead_that_comes_off_leaves_a_gap_and_no_long_interval(mitbih, fill):
    of, times, _ = mitbih
    of = of.pick(["ecg"]).between(0, 600)
    signal = of.signal.copy()
    signal[int(200 * of.fs) : int(260 * of.fs)] = fill
    told = ecg.features(Record(signal, of.channels, of.units, of.fs), PARAMS)
    inside = times[(times < 200) | ((times > 260) & (times < 600))]
    assert told["rate_min"] > 60
    assert told["mean_nn"] == pytest.approx(1000 * np.median(np.diff(inside)), rel=0.02)
    on = ecg.worn(Record(signal, of.channels, of.units, of.fs), PARAMS)
    assert on.mean() == pytest.approx(0.9, abs=1e-3)


def test_blocks_are_seamless(mitbih, monkeypatch):
    from mmomics.signals import _stretches

    of = mitbih[0].pick(["ecg"]).between(0, 400)
    whole = found_beats(of)
    monkeypatch.setattr(_stretches, "BLOCK", 37.0)
    pieces = found_beats(of)
    assert abs(len(pieces) - len(whole)) <= 1
    assert np.isin(np.round(pieces, 2), np.round(whole, 2)).mean() > 0.99
